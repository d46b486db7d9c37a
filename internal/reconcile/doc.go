// Package reconcile is one pass over everything the policy files name, told in order:
//
//	open      each Git repository's branch is read: its tip, its trees, and the references in its files
//	observe   each image that was found is listed once in its registry, whatever the number of policies, unless they all
//	          follow the digest of one tag and its age does not matter or is in no list
//	decide    package plan turns both into changes, what is held, problems, and what is missing; that is looked up, and
//	          the plan made again, until nothing is missing
//	look back only where something would change: the branch's commits tell what a person has taken back, and that is held
//	publish   the changes become commits on the branch, or are only shown ([Reconciler.Plan])
//
// A failure belongs to the policy, image or Git repository it happened to; the others are done all the same, and the
// [Report] tells both. [Reconciler.Decide] goes the same way for one policy alone.
//
// The package knows registries only through [Source]. It starts goroutines in one place (fanout.go) and has none left
// when a pass returns.
package reconcile
