package registry

import (
	"context"
	"errors"
	"time"

	"github.com/image-updater/image-updater/image"
)

// Anonymous is the account of those who show no credential: registries count them by their address.
const Anonymous = "anonymous"

func accountName(identity string) string {
	if identity == "" {
		return Anonymous
	}
	return identity
}

// probe is what Docker Hub keeps for asking what is left.
const (
	probePath = "ratelimitpreview/test"
	probeTag  = "latest"
)

// Quota is what is known about the pulls of one account at a registry.
type Quota struct {
	Registry string
	Account  string // the user name, or Anonymous
	Source   string // whom the registry counts, in its words: an address or the number of a user; "" = not told
	Metered  bool   // the registry counts pulls
	Assumed  bool   // it has not said how many it allows: Allowance and Window are the least that is known of one

	Allowance int // pulls in the window
	Window    time.Duration
	Remaining int       // as the registry said, less what was spent since; -1 = it has not said so within the window
	At        time.Time // when it did
	Reserve   int       // pulls that are left to others
	Spent     int       // by this program, in the window
	Left      int       // pulls that may be spent now

	Until     time.Time // no pull is spent before; zero = one may be
	Paused    time.Time // the registry asked to be left alone, whatever for, until then
	TagsPause time.Time // the same for the tag API beside it, as Docker Hub has one
	Parked    error     // why the credential is not sent any more; nil = it is
}

// Quota returns what is known about the pulls at a registry. Where they are counted the registry is asked what is left,
// by a HEAD that costs no pull; what was known before is returned beside the error when it does not answer.
func (c *Client) Quota(ctx context.Context, registry string) (Quota, error) {
	repository := image.Repository{Host: registry, Path: probePath}
	const op = "asking for the quota"
	ctx, h, end, err := c.begin(ctx, op, repository)
	if err != nil {
		return Quota{}, err
	}
	defer end()
	credential, err := h.keys.get(ctx)
	if err != nil {
		return Quota{}, h.wrap(op, repository, err)
	}
	if h.ledger.meters(credential) {
		h.tokens.expect(h.path(repository))
		_, err = h.headManifest(ctx, repository, probeTag)
		if errors.Is(err, ErrNoTag) {
			err = nil // a mirror, which need not have it
		}
	}
	q := h.paused(ctx, h.ledger.quota(credential, h.path(repository)))
	if err != nil {
		return q, h.wrap(op, repository, explain(err, h.entry.Host, credential))
	}
	return q, nil
}

// quota sums up the account of a credential. What a repository says that is not metered holds for the account as far as
// nothing else was ever said: so it is for accounts that pay.
func (l *ledger) quota(c credential, path string) Quota {
	l.mu.Lock()
	defer l.mu.Unlock()
	name, now := c.identity(), l.host.client.now()
	t, percent := l.tally(name), l.reserve()
	q := Quota{Registry: l.host.entry.Host, Account: accountName(name), Source: t.Source, Remaining: -1, Until: t.blocked(now)}
	if !l.host.habits.metered && !t.Metered || t.heard[path].free {
		return q
	}
	q.Until = l.closed(t, now)
	q.Metered, q.Assumed = true, t.Allowance == 0
	q.Allowance, q.Window, q.Reserve = t.allowance(), t.window(), t.reserved(percent)
	q.Spent, q.Remaining, q.At = t.spent(now), t.remaining(now), t.At
	if q.Until.IsZero() {
		q.Left = q.Allowance - q.Reserve - q.Spent
		if q.Remaining >= 0 {
			q.Left = min(q.Left, q.Remaining-q.Reserve)
		}
	}
	return q
}
