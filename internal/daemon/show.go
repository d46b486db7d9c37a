package daemon

import (
	"maps"
	"slices"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

const (
	showing = 15 * time.Second // at least between two statuses that differ in when images were looked at alone
	telling = time.Second      // at least between two others, passes apart
)

// fold takes over a status, to be shown soon.
func (l *loop) fold(s status.Status) { l.status, l.unshown, l.urgent = s, true, true }

// showNext returns when the status is to be shown.
func (l *loop) showNext() time.Time {
	if l.urgent {
		return l.shownAt.Add(telling)
	}
	return l.shownAt.Add(showing)
}

// looksTaken returns the status with what looks have found since.
func (l *loop) looksTaken() status.Status {
	if len(l.looks) == 0 {
		return l.status
	}
	looks := slices.Collect(maps.Values(l.looks))
	clear(l.looks)
	return l.status.Looks(l.now(), looks)
}

// folding shows what has changed, not too often.
func (l *loop) folding(now time.Time) {
	if len(l.looks) > 0 {
		l.unshown = true
	}
	if l.unshown && !now.Before(l.showNext()) {
		l.show(now)
	}
}

// show lets others see the status as it is now.
func (l *loop) show(now time.Time) {
	s := l.looksTaken()
	s.At = now
	s.Registries = l.registriesTold()
	s.Git = slices.Clone(s.Git)
	for i := range s.Git {
		if at := l.read[s.Git[i].Name]; s.Git[i].Error == "" && at.After(s.Git[i].Read) {
			s.Git[i].Read = at
		}
	}
	s.Config.Short = l.short()
	before := l.told
	l.status, l.told, l.shownAt, l.unshown, l.urgent = s, s, now, false, false
	l.mu.Lock()
	l.shown = s
	close(l.next)
	l.next = make(chan struct{})
	l.mu.Unlock()
	if l.o.Told != nil {
		l.o.Told(before, s)
	}
}

// short tells what the policies ask of registries and do not get.
func (l *loop) short() []string {
	var short []string
	for _, host := range slices.Sorted(maps.Keys(l.registries)) {
		for _, s := range l.registries[host].short {
			short = append(short, s.String())
		}
	}
	return short
}
