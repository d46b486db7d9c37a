package registry

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	maxDenials    = 5                // repositories refused in a row, until all others are believed to be
	maxDeniedSome = 20               // the same, where some were answered lately
	denialsAge    = 10 * time.Minute // after it they are asked again: there may be other rights by now

	answeredBucket = "answered"
	answeredLately = 24 * time.Hour
	answeredKept   = time.Hour // how old what is kept of it may become
)

// denials notice a registry that refuses every repository, be it for want of rights or because it takes none of the
// tokens that it grants. Such a one is not asked for two thousand of them, pass by pass: after some refusals in a row, by
// whatever answer of 401 or 403, the others get the same error without being asked. Repositories that are another's stop
// nobody, for the next that is answered ends the row; where the registry answered some for this credential in the last
// day, by whatever process, the row may be longer. And so that it ends also where the refused ones came first, some of
// the others are still asked, at growing distances.
type denials struct {
	host *host

	mu       sync.Mutex
	identity string          // of the credential
	answered time.Time       // when a repository was, last
	kept     time.Time       // what the cache has of it
	row      map[string]bool // paths refused, with none answered between
	last     time.Time       // when the last of them was
	status   int             // and how
	skip     int             // how many are still to be turned away until one is asked
	gap      int             // how many were the last time; 0 = none yet
}

// begin forgets the refusals of another credential.
func (d *denials) begin(c credential) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.end()
	d.identity, d.answered = c.identity(), time.Time{}
	if entry, found := d.host.client.cache.Get(answeredBucket, d.key()); found {
		d.answered = entry.At
	}
	d.kept = d.answered
}

func (d *denials) key() string { return d.host.place() + " " + d.identity }

// admit returns why the call's repository is not asked for, or nil.
func (d *denials) admit(c *call) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.host.client.now().Sub(d.last) > denialsAge {
		d.end()
	}
	switch {
	case d.gap == 0 || c.probe:
		return nil
	case d.skip == 0:
		d.gap *= 2
		d.skip = d.gap
		c.probe = true
		return nil
	}
	d.skip--
	return &Error{
		Status:  d.status,
		Message: fmt.Sprintf("not asked, since the last %d repositories were refused one after the other", len(d.row)),
		unasked: true,
	}
}

// note takes note of how a request for the repository ended.
func (d *denials) note(path string, resp *http.Response, err error) {
	status := 0
	if e, ok := errors.AsType[*Error](err); ok && !e.unasked {
		status = e.Status
	} else if err == nil {
		status = resp.StatusCode
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		d.denied(path, status)
	case err == nil && status == http.StatusOK && path != "":
		d.end()
		d.keep()
	}
}

// denied lengthens the row; d.mu is held.
func (d *denials) denied(path string, status int) {
	now := d.host.client.now()
	if d.row == nil {
		d.row = make(map[string]bool)
	}
	d.row[path] = true
	d.last, d.status = now, status
	most := maxDenials
	if young(d.answered, now, answeredLately) {
		most = maxDeniedSome
	}
	if len(d.row) >= most && d.gap == 0 {
		d.gap, d.skip = most, most
	}
}

// end ends a row; d.mu is held.
func (d *denials) end() { d.row, d.skip, d.gap = nil, 0, 0 }

// keep notes that a repository was answered, for the next process now and then; d.mu is held.
func (d *denials) keep() {
	d.answered = d.host.client.now()
	if age := d.answered.Sub(d.kept); age >= 0 && age < answeredKept {
		return
	}
	d.kept = d.answered
	if err := d.host.client.cache.Put(answeredBucket, d.key(), nil, d.answered); err != nil {
		d.host.client.log.Debug("that a registry answers is not kept", "registry", d.host.entry.Host, "err", err)
	}
}
