package registry

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/image-updater/image-updater/image"
)

const (
	unreadBucket = "unread"
	unreadFor    = 24 * time.Hour
)

// unread is a manifest that could not be read, for a reason that lasts: it is not there, is no manifest of that digest
// or has no end. To ask again in each pass would cost a pull in each.
type unread struct {
	Status  int    `json:"status,omitempty"`
	Message string `json:"message"`
}

func (x reading) unreadKey(digest image.Digest) string {
	return x.host.keyOf(x.repository.String()+"@"+string(digest), x.credential)
}

// unread returns why the manifest was not read the last time, or nil when it may be asked for.
func (x reading) unread(digest image.Digest) error {
	entry, found := x.host.client.cache.Get(unreadBucket, x.unreadKey(digest))
	var u unread
	if !found || !young(entry.At, x.host.client.now(), unreadFor) || json.Unmarshal(entry.Value, &u) != nil {
		return nil
	}
	e := &Error{Status: u.Status, Message: u.Message}
	if u.Status == http.StatusNotFound {
		e.Err = ErrNoTag
	}
	return e
}

// keepUnread keeps why a manifest was not read, if it will be the same tomorrow.
func (x reading) keepUnread(digest image.Digest, err error) {
	var u unread
	if e, ok := errors.AsType[*Error](err); ok && (e.Status == http.StatusNotFound || errors.Is(err, errOtherContent)) {
		u = unread{e.Status, e.Message}
	} else if bound, ok := errors.AsType[*boundError](err); ok && !bound.slow {
		u = unread{Message: bound.text}
	} else {
		return
	}
	value, err := json.Marshal(u)
	if err == nil {
		err = x.host.client.cache.Put(unreadBucket, x.unreadKey(digest), value, x.host.client.now())
	}
	if err != nil {
		x.host.client.log.Debug("what could not be read is not kept", "digest", digest, "err", err)
	}
}
