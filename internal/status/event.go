package status

import "time"

// Event is something that people want to be told, made by [Watch.Events].
type Event struct {
	Kind EventKind
	When time.Time
	// Policies are the names of those it is about, sorted; none = it is about no single ones.
	Policies []string
	// Image is as people write it, "" where the policies have several.
	Image                string
	Registry             string
	Git, Branch          string
	From, To             string // tags; To is "" where the one that waits is not known
	FromDigest, ToDigest string
	Places               int    // how many references were changed
	Title                string // of the pull request; of what has failed, where that is no policy
	Why                  Reason
	Link                 Link // the commit or pull request
}

// EventKind says what has happened, as policy files call it.
type EventKind string

// The kinds of events, the one that asks most for a person first.
const (
	EventFailed      EventKind = "failed"       // something works no longer
	EventHeld        EventKind = "held"         // a newer tag is kept back until somebody does something
	EventQuota       EventKind = "quota"        // few of the pulls are left that a registry allows
	EventWaiting     EventKind = "waiting"      // a newer tag has waited for long
	EventRecovered   EventKind = "recovered"    // what was told to have failed works again
	EventPullRequest EventKind = "pull-request" // one was opened
	EventUpdated     EventKind = "updated"      // a change was written
)

// EventKinds are all of them in that order.
var EventKinds = []EventKind{EventFailed, EventHeld, EventQuota, EventWaiting, EventRecovered, EventPullRequest, EventUpdated}

// Watch says of what somebody wants to be told.
type Watch struct {
	// Kinds are told, none = all of them.
	Kinds []EventKind
	// Channel is who wants to know: of the policies that name it, and of their registries and Git repositories; "" = of all.
	Channel string
	// WaitingAfter is how long a tag must have waited to be told.
	WaitingAfter time.Duration
}

// Events returns what of a Status was not told yet, and what has been told once these are. Nothing is told before the
// program is ready. It changes neither of its arguments.
func (w Watch) Events(told Told, now Status) ([]Event, Told) {
	if !now.Ready {
		return nil, told
	}
	o := newObserver(w, told, now)
	o.failures()
	o.policies()
	o.registries()
	o.proposals()
	o.changes()
	return o.wanted(), o.told
}
