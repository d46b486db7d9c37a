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
	like Hash // one before it of the same kind and length; zero = none
}

// maxWrittenChain is Git's own bound on the chains of deltas that it makes: whoever reads the last goes through all.
const maxWrittenChain = 50

// packWriter appends a pack to a buffer.
type packWriter struct {
	buf     *bytes.Buffer
	start   int
	deflate *zlib.Writer
	stored  *zlib.Writer // does not compress
	deltas  bool
	written map[Hash]written
}

// written is an object that stands in the pack.
type written struct {
	at, chain int
	data      []byte
}

// writePack appends a pack of objects to buf. With deltas, a tree that is made of another of the pack stands as what differs:
// in a chain of commits each has its root, and most of the folders on the way to a file, anew. Other deltas are not looked
// for, which would cost more than it saves.
func writePack(buf *bytes.Buffer, objects []object, deltas bool) error {
	w := packWriter{buf: buf, start: buf.Len(), deltas: deltas, written: make(map[Hash]written, len(objects))}
	var head [12]byte
	copy(head[:], "PACK")
	binary.BigEndian.PutUint32(head[4:], 2)
	binary.BigEndian.PutUint32(head[8:], uint32(len(objects)))
	buf.Write(head[:])
	var err error
	// Trees are ids for the most part, which nothing compresses: trying harder takes twice the time for a fiftieth.
	if w.deflate, err = zlib.NewWriterLevel(buf, zlib.BestSpeed); err != nil {
		return err
	}
	if w.stored, err = zlib.NewWriterLevel(buf, zlib.NoCompression); err != nil {
		return err
	}
	for _, o := range objects {
		if err := w.object(o); err != nil {
			return err
		}
	}
	sum := sha1.Sum(buf.Bytes()[w.start:])
	buf.Write(sum[:])
	return nil
}

func (w *packWriter) object(o object) error {
	at := w.buf.Len()
	if base, ok := w.written[o.like]; ok && w.deltas && base.chain < maxWrittenChain {
		if delta, ok := deltaOf(base.data, o.data); ok {
			w.written[o.id] = written{at, base.chain + 1, o.data}
			writeHead(w.buf, plumbing.OFSDeltaObject, len(delta))
			w.back(at - base.at)
			return compressed(w.stored, w.buf, delta)
		}
	}
	w.written[o.id] = written{at, 0, o.data}
	writeHead(w.buf, o.kind, len(o.data))
	return compressed(w.deflate, w.buf, o.data)
}

func compressed(by *zlib.Writer, buf *bytes.Buffer, data []byte) error {
	by.Reset(buf)
	if _, err := by.Write(data); err != nil {
		return err
	}
	return by.Close()
}

// writeHead writes the kind and the size of an object.
func writeHead(buf *bytes.Buffer, kind plumbing.ObjectType, size int) {
	b := byte(kind)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		buf.WriteByte(b | 0x80)
		b = byte(size & 0x7f)
	}
	buf.WriteByte(b)
}

// back writes how far back the base of a delta begins: see packReader.readBase.
func (w *packWriter) back(distance int) {
	digits := []byte{byte(distance & 0x7f)}
	for distance >>= 7; distance > 0; distance >>= 7 {
		distance--
		digits = append([]byte{byte(distance&0x7f) | 0x80}, digits...)
	}
	w.buf.Write(digits)
}

// Bounds of the instructions of a delta, and how many equal bytes are worth one.
const (
	maxCopied   = 0xffff
	maxInserted = 0x7f
	worthACopy  = 8
)

// deltaOf returns the instructions that make data of a base of the same length, in which bytes were replaced: see applyDelta.
func deltaOf(base, data []byte) ([]byte, bool) {
	if len(base) != len(data) {
		return nil, false
	}
	var delta []byte
	for range 2 {
		delta = binary.AppendUvarint(delta, uint64(len(data)))
	}
	inserted := 0 // data[inserted:at] is to be inserted
	for at := 0; at <= len(data); {
		same := at
		for same < len(data) && same-at < maxCopied && base[same] == data[same] {
			same++
		}
		if same-at < worthACopy && same < len(data) {
			at = same + 1
			continue
		}
		for piece := data[inserted:at]; len(piece) > 0; {
			n := min(len(piece), maxInserted)
			delta = append(append(delta, byte(n)), piece[:n]...)
			piece = piece[n:]
		}
		if same > at {
			delta = append(delta, 0x80|0x0f|0x30, byte(at), byte(at>>8), byte(at>>16), byte(at>>24), byte(same-at), byte((same-at)>>8))
		}
		if at, inserted = same, same; at == len(data) {
			break
		}
	}
	return delta, len(delta) < len(data)/2
}
