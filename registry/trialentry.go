package registry

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

const (
	refusedBucket = "refused"
	refusedRounds = 100_000 // some hundredths of a second, and only where a credential was refused
)

// refusedCredential is what the next process has to know of a credential that was refused: how often, and which it was,
// so that another one is tried at once. The file of the cache is private, but a copy of it may not be, so the
// credential is in it as a salted hash that is slow to compute.
type refusedCredential struct {
	Salt    []byte    `json:"salt"`
	Hash    []byte    `json:"hash"`
	Refused int       `json:"refused"`
	Until   time.Time `json:"until,omitzero"`
}

// hashOf returns the hash of a credential. Each part is preceded by its length, so that no two credentials are one text.
func hashOf(c credential, salt []byte) ([]byte, error) {
	var text strings.Builder
	for _, part := range []string{c.username, c.password, c.identityToken, c.registryToken} {
		text.WriteString(strconv.Itoa(len(part)) + ":" + part)
	}
	return pbkdf2.Key(sha256.New, text.String(), salt, refusedRounds, sha256.Size)
}

// remember returns what earlier processes learned of the credential; t.mu is held.
func (t *trials) remember(c credential) (refused, rejected int, locked time.Time) {
	t.record = nil
	h := t.host
	entry, found := h.client.cache.Get(refusedBucket, t.key(c))
	if !found || c == (credential{}) {
		return 0, 0, time.Time{}
	}
	var r refusedCredential
	if json.Unmarshal(entry.Value, &r) != nil || len(r.Salt) == 0 {
		return 0, 0, time.Time{}
	}
	hash, err := hashOf(c, r.Salt)
	if err != nil || !hmac.Equal(hash, r.Hash) {
		return 0, 0, time.Time{} // it was changed since
	}
	t.record = &r
	return r.Refused, r.Refused, r.Until
}

// keep writes down that the credential was refused; t.mu is held.
func (t *trials) keep() {
	h := t.host
	if t.record == nil {
		salt := make([]byte, 16)
		rand.Read(salt) // never fails
		hash, err := hashOf(t.credential, salt)
		if err != nil {
			h.client.log.Warn("a refused credential is not remembered", "registry", h.entry.Host, "err", err)
			return
		}
		t.record = &refusedCredential{Salt: salt, Hash: hash}
	}
	t.record.Refused, t.record.Until = t.rejected, t.locked
	value, err := json.Marshal(t.record)
	if err == nil {
		err = h.client.cache.Put(refusedBucket, t.key(t.credential), value, h.client.now())
	}
	if err != nil {
		h.client.log.Warn("a refused credential is not remembered", "registry", h.entry.Host, "err", err)
	}
}

// forget drops what was written down of the credential; t.mu is held.
func (t *trials) forget() {
	if t.record == nil {
		return
	}
	t.record = nil
	if err := t.host.client.cache.Delete(refusedBucket, t.key(t.credential)); err != nil {
		t.host.client.log.Debug("a refused credential is not forgotten", "registry", t.host.entry.Host, "err", err)
	}
}

func (t *trials) key(c credential) string { return t.host.place() + t.at + " " + c.identity() }
