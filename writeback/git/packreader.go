package git

import (
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
)

// pack is a pack as it was read (gitformat-pack): the objects and the instructions of the deltas, inflated. What is over
// the limits was hashed and thrown away.
type pack struct {
	entries  []packEntry
	byID     map[Hash]int32
	byOffset map[int64]int32
	dropped  map[Hash]bool // whole objects that were too large
	full     bool          // there was no room for all objects
}

// packEntry is one object, whole or as a delta.
type packEntry struct {
	kind     plumbing.ObjectType // of a delta: that of the object it makes, once it is resolved
	base     int32               // the entry that a delta builds on; -1 for a whole object
	baseID   Hash                // the base, as a delta by reference names it
	data     []byte              // the object, or the instructions of a delta; nil when dropped
	id       Hash
	resolved bool
}

// packLimits bound what is kept of a pack.
type packLimits struct {
	blob int64 // bytes of one blob
	all  int64 // bytes of all objects
}

// packReader reads a pack from a stream.
type packReader struct {
	source *hashedReader
	zlib   io.ReadCloser
	limits packLimits
	kept   int64
	pack   *pack
}

// readPack reads a whole pack and resolves its deltas.
func readPack(r io.Reader, limits packLimits) (*pack, error) {
	p := &packReader{
		source: newHashedReader(r),
		limits: limits,
		pack: &pack{
			byID:     map[Hash]int32{},
			byOffset: map[int64]int32{},
			dropped:  map[Hash]bool{},
		},
	}
	if err := p.read(); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("reading a pack: %w", err)
	}
	if err := p.pack.resolve(limits); err != nil {
		return nil, fmt.Errorf("reading a pack: %w", err)
	}
	return p.pack, nil
}

func (p *packReader) read() error {
	var head [12]byte
	if _, err := io.ReadFull(p.source, head[:]); err != nil {
		return err
	}
	version, count := binary.BigEndian.Uint32(head[4:]), binary.BigEndian.Uint32(head[8:])
	if string(head[:4]) != "PACK" || (version != 2 && version != 3) {
		return fmt.Errorf("%q is not the beginning of one", head[:8])
	}
	if count > maxObjects {
		return fmt.Errorf("it has %d objects", count)
	}
	for range count {
		if err := p.readEntry(); err != nil {
			return err
		}
	}
	return p.source.checkTrailer()
}

func (p *packReader) readEntry() error {
	offset := p.source.offset()
	kind, size, err := p.readHead()
	if err != nil {
		return err
	}
	entry := packEntry{kind: kind, base: -1}
	switch kind {
	case plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject:
	case plumbing.OFSDeltaObject:
		if entry.base, err = p.readBase(offset); err != nil {
			return err
		}
	case plumbing.REFDeltaObject:
		if _, err := io.ReadFull(p.source, entry.baseID[:]); err != nil {
			return err
		}
	default:
		return fmt.Errorf("an object of the unknown kind %d", kind)
	}
	if err := p.inflate(&entry, size); err != nil {
		return err
	}
	at := int32(len(p.pack.entries))
	p.pack.byOffset[offset] = at
	if entry.resolved && entry.data != nil {
		p.pack.byID[entry.id] = at
	}
	p.pack.entries = append(p.pack.entries, entry)
	return nil
}

// readHead reads the kind and the inflated size of an object: three bits of kind, then the size, low bits first.
func (p *packReader) readHead() (plumbing.ObjectType, int64, error) {
	b, err := p.source.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	kind, size := plumbing.ObjectType(b>>4&7), int64(b&15)
	for shift := 4; b&0x80 != 0; shift += 7 {
		if b, err = p.source.ReadByte(); err != nil {
			return 0, 0, err
		}
		if shift > 53 {
			return 0, 0, errors.New("an object of impossible size")
		}
		size |= int64(b&0x7f) << shift
	}
	return kind, size, nil
}

// readBase reads how far back the base of a delta begins, and finds its entry.
func (p *packReader) readBase(offset int64) (int32, error) {
	b, err := p.source.ReadByte()
	if err != nil {
		return 0, err
	}
	back := int64(b & 0x7f)
	for b&0x80 != 0 {
		if b, err = p.source.ReadByte(); err != nil {
			return 0, err
		}
		if back > 1<<53 {
			break
		}
		back = (back+1)<<7 | int64(b&0x7f)
	}
	base, ok := p.pack.byOffset[offset-back]
	if !ok {
		return 0, errors.New("a delta without its base")
	}
	return base, nil
}

// inflate reads the data of an entry and keeps it when it is within the limits. An object that is not kept is hashed
// all the same: its id tells which one was too large.
func (p *packReader) inflate(entry *packEntry, size int64) error {
	if err := p.resetZlib(); err != nil {
		return err
	}
	delta := entry.kind.IsDelta()
	if size <= p.limits.of(entry.kind) && p.kept+size <= p.limits.all {
		entry.data = make([]byte, size)
		p.kept += size
		if _, err := io.ReadFull(p.zlib, entry.data); err != nil {
			return err
		}
		if !delta {
			entry.id, entry.resolved = plumbing.ComputeHash(entry.kind, entry.data), true
		}
		return p.endOfObject()
	}
	hasher := plumbing.NewHasher(entry.kind, size)
	n, err := io.Copy(hasher, io.LimitReader(p.zlib, size))
	if err != nil {
		return err
	}
	if n != size {
		return io.ErrUnexpectedEOF
	}
	if !delta {
		entry.id, entry.resolved = hasher.Sum(), true
	}
	// What only did not fit beside the others is not too large: it may be asked for again.
	switch tooLarge := size > p.limits.of(entry.kind); {
	case !tooLarge:
		p.pack.full = true
	case !delta:
		p.pack.dropped[entry.id] = true
	}
	return p.endOfObject()
}

// endOfObject reads the checksum of the zlib stream, which must end here.
func (p *packReader) endOfObject() error {
	var b [1]byte
	if n, err := p.zlib.Read(b[:]); n != 0 || err != io.EOF {
		if err == nil || err == io.EOF {
			err = errors.New("an object is larger than its head says")
		}
		return err
	}
	return nil
}

func (p *packReader) resetZlib() error {
	if p.zlib == nil {
		var err error
		p.zlib, err = zlib.NewReader(p.source)
		return err
	}
	return p.zlib.(zlib.Resetter).Reset(p.source, nil)
}

// of returns the largest size that is kept of an object of this kind. A delta counts as what it most likely is.
func (l packLimits) of(kind plumbing.ObjectType) int64 {
	if kind == plumbing.BlobObject || kind.IsDelta() {
		return l.blob
	}
	return maxTree
}
