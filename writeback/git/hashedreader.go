package git

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"hash"
	"io"
)

// hashedReader reads a stream by bytes or in pieces and hashes what was taken from it. Package flate takes no byte more
// than an object has from a reader of bytes.
type hashedReader struct {
	r       io.Reader
	sum     hash.Hash
	buf     []byte
	from    int // buf[from:at] was taken and is not hashed yet
	at, end int // buf[at:end] waits
	before  int64
}

func newHashedReader(r io.Reader) *hashedReader {
	return &hashedReader{r: r, sum: sha1.New(), buf: make([]byte, 32<<10)}
}

// offset is the number of bytes taken so far.
func (h *hashedReader) offset() int64 { return h.before + int64(h.at) }

func (h *hashedReader) ReadByte() (byte, error) {
	if h.at == h.end {
		if err := h.fill(); err != nil {
			return 0, err
		}
	}
	h.at++
	return h.buf[h.at-1], nil
}

func (h *hashedReader) Read(p []byte) (int, error) {
	if h.at == h.end {
		if err := h.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, h.buf[h.at:h.end])
	h.at += n
	return n, nil
}

func (h *hashedReader) fill() error {
	h.hash()
	h.before += int64(h.end)
	h.from, h.at, h.end = 0, 0, 0
	for {
		n, err := h.r.Read(h.buf)
		h.end = n
		if n > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (h *hashedReader) hash() {
	h.sum.Write(h.buf[h.from:h.at])
	h.from = h.at
}

// checkTrailer reads the checksum at the end of a pack.
func (h *hashedReader) checkTrailer() error {
	h.hash()
	want := h.sum.Sum(nil)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(h, got); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return errors.New("its checksum is wrong")
	}
	return nil
}
