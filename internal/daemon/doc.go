// Package daemon keeps the policies looked after for months: it says when a registry is asked for the tags of an image,
// and when a pass decides and writes.
//
// A look asks a registry what one image has. A pass reads Git, decides and writes, as package reconcile tells it, by the
// lists at hand: it lists nothing itself ([reconcile.ErrUnlisted]). So
//
//	look       each image that Git refers to, by package schedule: once in an interval, first after a push event, never
//	           more than the registry's rate allows, and again soon where it failed
//	pass       of the Git repositories and policies concerned, and only for a cause: something new in a registry, a branch
//	           that has moved, a time that has come (an age, a window, a quota), a failure to try again, a reload. Causes
//	           gather for some seconds, so that one push has them all
//	reload     the policy files are read again when they change, or when told to; files with an error keep those of before
//	watchdog   a look or pass that does not go on is cut off, and told
//
// # The loop
//
// One goroutine, [Daemon.Run], holds all that changes. It starts a goroutine for each look, for the pass (there is one at a
// time) and for what else waits for somebody, and each ends with a function that the loop calls. Run returns when its context
// has ended and none of them is left.
//
// What others see is a [status.Status], a value that is never changed: [Daemon.Status] returns the latest, and
// [Daemon.Changed] a channel that is closed at the next.
package daemon
