package daemon

import (
	"encoding/binary"
	"hash/maphash"
	"time"

	"github.com/image-updater/image-updater/policy"
)

var seed = maphash.MakeSeed()

// sumOf returns a number that is another one when something is new that a decision may go by: in a list, or of tags that
// are followed. The digest of a listed tag without a push time is left out, for it may be one that a pass has looked up
// since.
func sumOf(listed, followed []policy.Candidate) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	moment := func(t time.Time) {
		var b [8]byte
		if !t.IsZero() {
			binary.LittleEndian.PutUint64(b[:], uint64(t.UnixNano()))
		}
		h.Write(b[:])
	}
	text := func(s string) {
		h.WriteString(s)
		h.WriteByte(0)
	}
	for _, c := range listed {
		text(c.Tag)
		moment(c.Pushed)
		moment(c.Created)
		if !c.Pushed.IsZero() {
			text(string(c.Digest))
		}
	}
	for _, c := range followed {
		text(c.Tag)
		text(string(c.Digest))
	}
	return h.Sum64()
}
