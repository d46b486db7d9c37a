// Package daemon keeps the policies looked after for months: it says when a registry is asked for the tags of an image,
// and when a pass decides and writes.
//
// A look asks a registry what one image has. A pass reads Git, decides and writes, as package reconcile tells it, by the
// lists at hand: it lists nothing itself ([reconcile.ErrUnlisted]). So
//
//	look       each image that Git refers to, by package schedule: once in an interval, first after a push event, never
//	           more than the registry's rate allows, and again soon where it failed
//	pass       of one Git repository and the policies concerned, and only for a cause: something new in a registry, a branch
//	           that has moved, a time that has come (an age, a window, a quota), a failure to try again, a reload. Causes
//	           gather for some seconds, so that one push has them all
//	reload     the policy files are read again when they change, or when told to; files with an error keep those of before.
//	           What goes on has three seconds to end, is then ended, and is done again by what was read
//	watchdog   a look or pass that does not go on is cut off, and told
//
// # The loop
//
// One goroutine, [Daemon.Run], holds all that changes. It starts a goroutine for each look, for each pass (there is one at a
// time of a Git repository) and for what else waits for somebody, and each ends with a function that the loop calls. Run
// returns when its context has ended and none of them is left.
//
// Nothing that hangs outside holds up anything else: of each kind so many go on at the same time, and those do not count
// that have been silent for some seconds.
//
// What others see is a [status.Status], a value that is never changed: [Daemon.Status] returns the latest, and
// [Daemon.Changed] a channel that is closed at the next.
package daemon
