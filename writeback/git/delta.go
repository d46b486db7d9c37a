package git

import (
	"errors"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
)

// maxChain is Git's own bound on a chain of deltas.
const maxChain = 4095

var errDelta = errors.New("a delta that cannot be applied")

// resolver finds the ids of the objects that stand as deltas in a pack.
type resolver struct {
	pack   *pack
	maker  maker
	limits packLimits
	made   int64             // bytes of all objects made so far
	behind map[int32][]int32 // deltas whose base, an entry, is not resolved yet
	absent map[Hash][]int32  // deltas whose base was not met yet
}

// resolve finds the id of every object that stands as a delta. Trees and commits become whole objects; blobs stay deltas,
// which is what keeps a tip that came with its blobs small. A delta whose base was dropped stays unresolved.
func (p *pack) resolve(limits packLimits) error {
	r := &resolver{pack: p, maker: maker{pack: p}, limits: limits, behind: map[int32][]int32{}, absent: map[Hash][]int32{}}
	for i := range p.entries {
		// Most have their base in front of them. The others wait for it, and are taken up when it is made.
		for work := []int32{int32(i)}; len(work) > 0; {
			next := work[len(work)-1]
			work = work[:len(work)-1]
			ok, err := r.entry(next)
			if err != nil {
				return err
			}
			if ok {
				id := p.entries[next].id
				work = append(append(work, r.behind[next]...), r.absent[id]...)
				delete(r.behind, next)
				delete(r.absent, id)
			}
		}
	}
	p.byOffset = nil
	return nil
}

// entry resolves one delta and reports whether it did.
func (r *resolver) entry(i int32) (bool, error) {
	e := &r.pack.entries[i]
	if e.resolved || e.data == nil {
		return false, nil
	}
	if e.base < 0 {
		base, ok := r.pack.byID[e.baseID]
		if !ok {
			r.absent[e.baseID] = append(r.absent[e.baseID], i)
			return false, nil
		}
		e.base = base
	}
	base := &r.pack.entries[e.base]
	if !base.resolved {
		r.behind[e.base] = append(r.behind[e.base], i)
		return false, nil
	}
	size, err := deltaSize(e.data)
	if err != nil {
		return false, err
	}
	if base.data == nil || size > r.limits.of(base.kind) {
		return false, nil // it stays unknown, and is asked for by itself
	}
	if r.made += size; r.made > maxMade {
		return false, errors.New("its objects are too large together")
	}
	data, err := r.maker.object(i)
	if err != nil {
		return false, err
	}
	e.kind, e.resolved = base.kind, true
	e.id = plumbing.ComputeHash(e.kind, data)
	r.pack.byID[e.id] = i
	if e.kind != plumbing.BlobObject {
		e.data, e.base = data, -1
	}
	return true, nil
}

// maxMadeKept bounds the bytes of the objects that a maker remembers.
const maxMadeKept = 2 << 20

// maker makes the objects of a pack. It remembers those that it has made of deltas, for many deltas of a pack build on
// each other: with every chain gone through from its beginning, one of fifty would cost fifty times as much.
type maker struct {
	pack  *pack
	made  map[int32][]byte
	bytes int // of those in made
}

// object returns the object of an entry. Its bytes must not be changed.
func (m *maker) object(i int32) ([]byte, error) {
	var chain []int32
	for m.pack.entries[i].base >= 0 && m.made[i] == nil {
		if chain = append(chain, i); len(chain) > maxChain {
			return nil, errDelta
		}
		i = m.pack.entries[i].base
	}
	data := m.made[i]
	if data == nil {
		data = m.pack.entries[i].data
	}
	for _, next := range slices.Backward(chain) {
		var err error
		if data, err = applyDelta(data, m.pack.entries[next].data); err != nil {
			return nil, err
		}
		m.remember(next, data)
	}
	return data, nil
}

// remember keeps an object. When there is no room left all others go: what follows in a pack builds on what is near.
func (m *maker) remember(i int32, data []byte) {
	if m.made == nil || m.bytes+len(data) > maxMadeKept {
		m.made, m.bytes = map[int32][]byte{}, 0
	}
	if len(data) <= maxMadeKept {
		m.made[i] = data
		m.bytes += len(data)
	}
}

// deltaSize reads the size of the object that a delta makes.
func deltaSize(delta []byte) (int64, error) {
	_, rest, err := deltaVarint(delta)
	if err != nil {
		return 0, err
	}
	size, _, err := deltaVarint(rest)
	return size, err
}

func deltaVarint(b []byte) (int64, []byte, error) {
	var v int64
	for i, c := range b {
		if i > 7 {
			break
		}
		v |= int64(c&0x7f) << (7 * i)
		if c&0x80 == 0 {
			return v, b[i+1:], nil
		}
	}
	return 0, nil, errDelta
}

// applyDelta makes an object from its base (gitformat-pack, "Deltified representation"): a byte with the high bit copies
// a piece of the base, any other takes so many bytes from the instructions.
func applyDelta(base, delta []byte) ([]byte, error) {
	from, rest, err := deltaVarint(delta)
	if err != nil || from != int64(len(base)) {
		return nil, errDelta
	}
	size, rest, err := deltaVarint(rest)
	if err != nil || size > maxTree {
		return nil, errDelta
	}
	out := make([]byte, 0, size)
	for len(rest) > 0 {
		op := rest[0]
		rest = rest[1:]
		var piece []byte
		if op&0x80 != 0 {
			if piece, rest, err = copied(base, op, rest); err != nil {
				return nil, err
			}
		} else {
			if op == 0 || int(op) > len(rest) {
				return nil, errDelta
			}
			piece, rest = rest[:op], rest[op:]
		}
		if len(out)+len(piece) > int(size) {
			return nil, errDelta
		}
		out = append(out, piece...)
	}
	if len(out) != int(size) {
		return nil, errDelta
	}
	return out, nil
}

// copied reads the offset and length of a copy, whose bytes are present where op has a bit.
func copied(base []byte, op byte, rest []byte) (piece, after []byte, err error) {
	var fields [7]int
	for i := range fields {
		if op&(1<<i) == 0 {
			continue
		}
		if len(rest) == 0 {
			return nil, nil, errDelta
		}
		fields[i] = int(rest[0])
		rest = rest[1:]
	}
	offset := fields[0] | fields[1]<<8 | fields[2]<<16 | fields[3]<<24
	length := fields[4] | fields[5]<<8 | fields[6]<<16
	if length == 0 {
		length = 0x10000
	}
	if offset > len(base) || length > len(base)-offset {
		return nil, nil, errDelta
	}
	return base[offset : offset+length], rest, nil
}
