package git

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"

	"github.com/go-git/go-git/v5/plumbing"
)

// object is one that does not exist on the server yet.
type object struct {
	kind plumbing.ObjectType
	id   Hash
	data []byte
}

// writePack appends a pack of whole objects to buf. They are a handful: looking for deltas would cost more than it saves.
func writePack(buf *bytes.Buffer, objects []object) error {
	start := buf.Len()
	var head [12]byte
	copy(head[:], "PACK")
	binary.BigEndian.PutUint32(head[4:], 2)
	binary.BigEndian.PutUint32(head[8:], uint32(len(objects)))
	buf.Write(head[:])
	// Trees are ids for the most part, which nothing compresses: trying harder takes twice the time for a fiftieth.
	deflate, err := zlib.NewWriterLevel(buf, zlib.BestSpeed)
	if err != nil {
		return err
	}
	for _, o := range objects {
		writeObjectHead(buf, o)
		deflate.Reset(buf)
		if _, err := deflate.Write(o.data); err != nil {
			return err
		}
		if err := deflate.Close(); err != nil {
			return err
		}
	}
	sum := sha1.Sum(buf.Bytes()[start:])
	buf.Write(sum[:])
	return nil
}

func writeObjectHead(buf *bytes.Buffer, o object) {
	size := len(o.data)
	b := byte(o.kind)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		buf.WriteByte(b | 0x80)
		b = byte(size & 0x7f)
	}
	buf.WriteByte(b)
}
