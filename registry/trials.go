package registry

import (
	"context"
	"sync"
)

// maxRefusals is how often a credential may be refused before it is not sent any more: registries lock accounts and
// addresses that go on (Docker Hub, GitLab).
const maxRefusals = 5

// trials count how often the credential was refused, and let so few requests with it be under way at a time that the
// limit holds for concurrent ones too.
type trials struct {
	mu       sync.Mutex
	changed  chan struct{} // closed, and made anew, when a trial ended
	underway int
	refused  int  // in a row
	accepted bool // when it was last judged
}

// verdict is how a trial ended.
type verdict int

const (
	unjudged verdict = iota // no answer, or one that says nothing of the credential
	accepted
	denied // refused, if the credential was not accepted before; else it has no right to this repository
	refused
)

func (t *trials) init() { t.changed = make(chan struct{}) }

// enter waits until a request with the credential may be made, with at most limit of them at a time; 0 is no limit once
// the credential was accepted. The function it returns must be called with the verdict.
func (t *trials) enter(ctx context.Context, limit int) (leave func(verdict), err error) {
	for {
		t.mu.Lock()
		if t.refused >= maxRefusals {
			t.mu.Unlock()
			return nil, &Error{Message: "the credential was refused too often and is not sent any more"}
		}
		free := limit == 0 && t.accepted
		if free || (limit == 0 || t.underway < limit) && t.underway+t.refused < maxRefusals {
			t.underway++
			t.mu.Unlock()
			return t.leave, nil
		}
		changed := t.changed
		t.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (t *trials) leave(v verdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.underway--
	switch {
	case v == accepted:
		t.refused, t.accepted = 0, true
	case v == refused || v == denied && !t.accepted:
		t.refused++
		t.accepted = false
	}
	close(t.changed)
	t.changed = make(chan struct{})
}

// clear begins anew, with another credential.
func (t *trials) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused, t.accepted = 0, false
}
