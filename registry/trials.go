package registry

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	// maxRefusals is how often a credential may be refused before it is not sent any more: registries lock accounts and
	// addresses that go on (Docker Hub, GitLab).
	maxRefusals = 5

	// lockedFor is how long a credential is not sent after the registry said that there were too many failed logins.
	// They may have been somebody else's, at the same address, so it is tried again: a login a day keeps no lock shut.
	lockedFor = 24 * time.Hour
)

// trials count how often the credential was refused, by this process and by those before it, and let so few requests
// with it be under way at a time that the limit holds for concurrent ones too. A credential that was refused too often
// is parked: only another one, from the policy file or wherever secrets are, is sent again.
type trials struct {
	host *host
	at   string // where beside the registry itself

	mu         sync.Mutex
	changed    chan struct{} // closed, and made anew, when a trial ended
	credential credential    // the one on trial
	underway   int
	refused    int       // in a row
	rejected   int       // those of them that are kept for the next process
	locked     time.Time // it is not sent until then
	accepted   bool      // when it was last judged
	record     *refusedCredential
}

// verdict is how a trial ended.
type verdict int

const (
	unjudged verdict = iota // no answer, or one that says nothing of the credential
	accepted
	denied    // refused, if the credential was not accepted before; else it has no right to this repository
	refused   // it is wrong
	lockedOut // there were too many wrong ones
)

func (t *trials) init(h *host) { t.host, t.changed = h, make(chan struct{}) }

// enter waits until a request with the credential may be made, with at most limit of them at a time; 0 is no limit once
// the credential was accepted. The function it returns must be called with the verdict.
func (t *trials) enter(ctx context.Context, limit int) (leave func(verdict), err error) {
	for {
		t.mu.Lock()
		if err := t.closedNow(); err != nil {
			t.mu.Unlock()
			return nil, err
		}
		free := limit == 0 && t.accepted
		if free || (limit == 0 || t.underway < limit) && t.underway+t.refused < maxRefusals {
			t.underway++
			c := t.credential
			t.mu.Unlock()
			return func(v verdict) { t.leave(c, v) }, nil
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

// parked returns why the credential of the registry is not sent any more, or nil. It asks nothing of the registry.
func (h *host) parked(ctx context.Context) error {
	if _, err := h.keys.get(ctx); err != nil {
		return err
	}
	return h.trials.closed()
}

// closed returns why the credential is not sent, or nil.
func (t *trials) closed() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closedNow()
}

// closedNow is closed while t.mu is held.
func (t *trials) closedNow() error {
	now := t.host.client.now()
	switch {
	case t.refused >= maxRefusals:
		return &Error{Message: "the credential was refused too often and is not sent any more until it is changed"}
	case t.locked.After(now) && t.locked.Before(now.Add(lockedFor+time.Minute)):
		return &Error{
			Status:     http.StatusTooManyRequests,
			Message:    fmt.Sprintf("%s met too many failed logins: until it is changed, the credential is not sent", t.host.entry.Host),
			Until:      t.locked,
			RetryAfter: t.locked.Sub(now),
		}
	}
	return nil
}

// leave ends a trial of the credential.
func (t *trials) leave(c credential, v verdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.underway--
	if c == t.credential {
		t.judge(v)
	}
	close(t.changed)
	t.changed = make(chan struct{})
}

func (t *trials) judge(v verdict) {
	switch {
	case v == accepted:
		t.refused, t.rejected, t.accepted, t.locked = 0, 0, true, time.Time{}
		t.forget()
		return
	case v == lockedOut:
		t.locked = pauseEnd(t.host.client.now(), lockedFor)
	case v == refused || v == denied && !t.accepted:
	default:
		return
	}
	t.refused++
	t.accepted = false
	if v != denied { // which may be mended at the registry, with the credential as it is
		t.rejected++
		t.keep()
	}
}

// begin puts another credential on trial.
func (t *trials) begin(c credential) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.credential, t.accepted = c, false
	t.refused, t.rejected, t.locked = t.remember(c)
}
