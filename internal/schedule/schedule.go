package schedule

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"github.com/image-updater/image-updater/image"
)

// Settle is how long after a look a push event does not lead to the next: publishers push in bursts, and a hook may be
// flooded.
const Settle = time.Minute

// Registry is what one registry allows.
type Registry struct {
	Host        string
	PerSecond   float64   // requests; 0 = as many as one likes
	PullsPerDay float64   // counted pulls that may be spent, the reserve taken off; 0 = they are not counted
	Free        time.Time // when the looks that were planned before leave the rate free again, [Plan.Free]
}

// Repository is one repository of the registry, as far as it is known.
type Repository struct {
	Image    image.Repository
	Interval time.Duration // the shortest of its policies; less than a minute counts as a minute
	Steady   bool          // it is asked in every interval, however long nothing changed

	Requests float64 // that one look costs on the wire; 0 counts as 1
	Pulls    float64 // counted pulls of one look

	Looked  time.Time // the last look; zero = never
	Changed time.Time // the last look that found something new; zero = not known, as good as just now
	Pushed  time.Time // the last push event; zero = none
}

// Plan is what to do at one registry in the time it was made for.
type Plan struct {
	Looks []Look    // in the order in which they begin
	Free  time.Time // for Registry.Free of the next plan
	Next  time.Time // when to plan again if there is no push event before; zero = there is no repository
	Short []Shortage
}

// Look is one repository to look at.
type Look struct {
	Index  int       // of the repository among those that were given
	At     time.Time // not to begin before
	Pushed bool      // for a push event
}

// Make plans the looks that begin from now on and before until, each repository once at most: until is best a minute or
// so ahead.
func Make(r Registry, repositories []Repository, now, until time.Time) Plan {
	pace := newPace(r, repositories)
	coming, next := pace.turns(repositories, now, until)
	plan := Plan{Free: latest(now, r.Free), Next: next, Short: pace.short}
	var waiting queue
	for {
		at := plan.Free
		if len(waiting) == 0 && len(coming) > 0 {
			at = latest(at, coming[0].due)
		}
		for len(coming) > 0 && !coming[0].due.After(at) {
			heap.Push(&waiting, coming[0])
			coming = coming[1:]
		}
		if len(waiting) == 0 {
			return plan
		}
		if !at.Before(until) {
			plan.Next = until
			return plan
		}
		first := heap.Pop(&waiting).(turn)
		plan.Looks = append(plan.Looks, Look{Index: first.index, At: at, Pushed: first.pushed})
		plan.Free = at.Add(pace.cost(repositories[first.index]))
		plan.Next = until // or later; but by then it will be due again
	}
}

// turns returns those that are due before until, in the order in which they are, and when the first of the others is.
func (p pace) turns(repositories []Repository, now, until time.Time) (coming []turn, next time.Time) {
	for i, repository := range repositories {
		t := p.turn(i, repository, now)
		switch {
		case t.due.Before(until):
			coming = append(coming, t)
		case next.IsZero() || t.due.Before(next):
			next = t.due
		}
	}
	slices.SortFunc(coming, func(a, b turn) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.index, b.index)) })
	return coming, next
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// turn is a repository in the queue.
type turn struct {
	index  int
	due    time.Time // from then on it is looked at
	pushed bool
	late   time.Time // when its last look is two intervals ago
}

// queue is a heap of those that are due, the most urgent first.
type queue []turn

func (q queue) Len() int           { return len(q) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool { return q[i].compare(q[j]) < 0 }

// Push and Pop are for package heap.
func (q *queue) Push(t any) { *q = append(*q, t.(turn)) }

// Pop takes the last, where package heap has put the first.
func (q *queue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	*q = (*q)[:last]
	return t
}

func (t turn) compare(other turn) int {
	if t.pushed != other.pushed {
		if t.pushed {
			return -1
		}
		return 1
	}
	return cmp.Or(t.late.Compare(other.late), cmp.Compare(t.index, other.index))
}

// Due returns when each repository is due. What is due and not looked at yet was due then.
func Due(r Registry, repositories []Repository, now time.Time) []time.Time {
	pace := newPace(r, repositories)
	due := make([]time.Time, len(repositories))
	for i, repository := range repositories {
		due[i] = latest(pace.turn(i, repository, now).due, r.Free)
		if repository.sound(now).Looked.IsZero() {
			due[i] = latest(now, r.Free)
		}
	}
	return due
}
