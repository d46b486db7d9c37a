package git

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-git/go-git/v5/plumbing"
	"pgregory.net/rapid"
)

// testPack builds packs entry by entry.
type testPack struct {
	buf     bytes.Buffer
	offsets []int
}

func (p *testPack) add(kind plumbing.ObjectType, size int, reference, data []byte) {
	if len(p.offsets) == 0 {
		p.buf.Write(make([]byte, 12))
	}
	p.offsets = append(p.offsets, p.buf.Len())
	writeHead(&p.buf, kind, size)
	p.buf.Write(reference)
	z := zlib.NewWriter(&p.buf)
	_, _ = z.Write(data)
	_ = z.Close()
}

func (p *testPack) whole(kind plumbing.ObjectType, data string) Hash {
	p.add(kind, len(data), nil, []byte(data))
	return plumbing.ComputeHash(kind, []byte(data))
}

// near adds a delta against the n-th entry, by how far back that begins.
func (p *testPack) near(n int, delta []byte) {
	back := p.buf.Len() - p.offsets[n]
	reference := []byte{byte(back & 0x7f)}
	for back >>= 7; back > 0; back >>= 7 {
		back--
		reference = append([]byte{byte(back&0x7f) | 0x80}, reference...)
	}
	p.add(plumbing.OFSDeltaObject, len(delta), reference, delta)
}

func (p *testPack) far(base Hash, delta []byte) {
	p.add(plumbing.REFDeltaObject, len(delta), base[:], delta)
}

func (p *testPack) bytes() []byte {
	b := p.buf.Bytes()
	copy(b, "PACK")
	binary.BigEndian.PutUint32(b[4:], 2)
	binary.BigEndian.PutUint32(b[8:], uint32(len(p.offsets)))
	sum := sha1.Sum(b)
	return append(bytes.Clone(b), sum[:]...)
}

func varint(n int) []byte {
	var b []byte
	for ; n > 0x7f; n >>= 7 {
		b = append(b, byte(n&0x7f)|0x80)
	}
	return append(b, byte(n))
}

// appending is a delta that copies a base of n bytes and adds more.
func appending(n int, more string) []byte {
	delta := append(varint(n), varint(n+len(more))...)
	delta = append(delta, 0x80|0x10|0x20|0x40, byte(n), byte(n>>8), byte(n>>16))
	return append(append(delta, byte(len(more))), more...)
}

var generous = packLimits{blob: 1 << 20, all: 1 << 24}

func TestReadPackDeltas(t *testing.T) {
	t.Parallel()
	blob := func(s string) Hash { return BlobID([]byte(s)) }
	var p testPack
	p.far(blob("one two"), appending(7, " three")) // its base is the delta that follows
	p.far(blob("one"), appending(3, " two"))       // its base comes whole, later
	p.whole(plumbing.BlobObject, "one")
	p.near(2, appending(3, "!"))
	p.near(3, appending(4, "?"))
	p.far(blob("nowhere"), appending(3, "x"))
	p.whole(plumbing.BlobObject, "")
	for _, chunked := range []bool{false, true} {
		var r io.Reader = bytes.NewReader(p.bytes())
		if chunked {
			r = iotest.OneByteReader(r)
		}
		got, err := readPack(r, generous)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"one", "one two", "one two three", "one!", "one!?", ""} {
			i, ok := got.byID[blob(want)]
			if !ok {
				t.Errorf("%q is missing", want)
				continue
			}
			if data, err := (&maker{pack: got}).object(i); err != nil || string(data) != want {
				t.Errorf("got %q, %v, want %q", data, err, want)
			}
		}
		if len(got.byID) != 6 {
			t.Errorf("%d objects, want 6", len(got.byID))
		}
	}
}

func TestReadPackLimits(t *testing.T) {
	t.Parallel()
	var p testPack
	small := p.whole(plumbing.BlobObject, "small")
	large := p.whole(plumbing.BlobObject, strings.Repeat("x", 200))
	tree := p.whole(plumbing.TreeObject, "100644 "+strings.Repeat("n", 200)+"\x00"+strings.Repeat("i", 20))
	many := append(varint(5), varint(150)...) // small instructions, but what they make is over the limit
	for range 30 {
		many = append(many, 0x90, 5)
	}
	p.near(0, many)
	p.near(1, append(append(varint(200), 3), 3, 'a', 'b', 'c')) // a small blob out of a dropped one
	last := p.whole(plumbing.BlobObject, "last")
	got, err := readPack(bytes.NewReader(p.bytes()), packLimits{blob: 130, all: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]Hash{"small": small, "tree": tree, "last": last} {
		if _, ok := got.byID[id]; !ok {
			t.Errorf("%s was not kept", name)
		}
	}
	if got.full || !got.dropped[large] || len(got.byID) != 3 || len(got.dropped) != 1 {
		t.Errorf("dropped %v, kept %v", got.dropped, got.byID)
	}

	got, err = readPack(bytes.NewReader(p.bytes()), packLimits{blob: 130, all: 6})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := got.byID[small]; !ok || !got.full || len(got.byID) != 1 || len(got.dropped) != 1 {
		t.Errorf("with room for 6 bytes: dropped %v, kept %v", got.dropped, got.byID)
	}
}

func TestReadPackErrors(t *testing.T) {
	t.Parallel()
	var good testPack
	good.whole(plumbing.BlobObject, "hello")
	good.near(0, appending(5, " world"))
	intact := good.bytes()
	change := func(at int, b byte) []byte {
		c := bytes.Clone(intact)
		c[at] ^= b
		return c
	}
	build := func(add func(p *testPack)) []byte {
		var p testPack
		add(&p)
		return p.bytes()
	}
	hello := func(p *testPack) { p.whole(plumbing.BlobObject, "hello") }
	tests := []struct {
		name string
		in   []byte
		want string
	}{
		{name: "empty", in: nil, want: "unexpected EOF"},
		{name: "cut", in: intact[:len(intact)-30], want: "unexpected EOF"},
		{name: "no trailer", in: intact[:len(intact)-20], want: "unexpected EOF"},
		{name: "magic", in: change(0, 1), want: `is not the beginning of one`},
		{name: "version", in: change(7, 8), want: `is not the beginning of one`},
		{name: "too many", in: change(8, 0x7f), want: "objects"},
		{name: "trailer", in: change(len(intact)-1, 1), want: "its checksum is wrong"},
		{name: "kind", in: change(12, 0x60), want: "unknown kind"},
		{name: "larger than it says", in: build(func(p *testPack) { p.add(plumbing.BlobObject, 3, nil, []byte("hello")) }), want: "larger than its head says"},
		{name: "smaller than it says", in: build(func(p *testPack) { p.add(plumbing.BlobObject, 7, nil, []byte("hello")) }), want: "unexpected EOF"},
		{name: "large and smaller than it says", in: build(func(p *testPack) { p.add(plumbing.BlobObject, 2<<20, nil, []byte("hello")) }), want: "unexpected EOF"},
		{name: "no base", in: build(func(p *testPack) { p.add(plumbing.OFSDeltaObject, 1, []byte{1}, []byte{1}) }), want: "without its base"},
		{name: "base of another size", in: build(func(p *testPack) { hello(p); p.near(0, appending(6, "!")) }), want: "cannot be applied"},
		{name: "copy beyond the base", in: build(func(p *testPack) { hello(p); p.near(0, []byte{5, 9, 0x90, 9}) }), want: "cannot be applied"},
		{name: "copy without arguments", in: build(func(p *testPack) { hello(p); p.near(0, []byte{5, 9, 0x91, 0}) }), want: "cannot be applied"},
		{name: "insert beyond the end", in: build(func(p *testPack) { hello(p); p.near(0, []byte{5, 9, 9, 'x'}) }), want: "cannot be applied"},
		{name: "reserved", in: build(func(p *testPack) { hello(p); p.near(0, []byte{5, 0, 0}) }), want: "cannot be applied"},
		{name: "too little", in: build(func(p *testPack) { hello(p); p.near(0, []byte{5, 9, 1, 'x'}) }), want: "cannot be applied"},
		{name: "too much", in: build(func(p *testPack) { hello(p); p.near(0, []byte{5, 1, 2, 'x', 'y'}) }), want: "cannot be applied"},
		{name: "empty delta", in: build(func(p *testPack) { hello(p); p.near(0, nil) }), want: "cannot be applied"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := readPack(bytes.NewReader(test.in), generous)
			if err == nil || !strings.HasPrefix(err.Error(), "reading a pack: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, error %v, want %s", got, err, test.want)
			}
		})
	}
	boom := errors.New("boom")
	if _, err := readPack(iotest.ErrReader(boom), generous); !errors.Is(err, boom) {
		t.Errorf("error %v, want boom", err)
	}
}

// TestWritePackReadsBack is the law that what is written is what is read.
func TestWritePackReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var objects []object
		for _, data := range rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 5000)).Draw(t, "blobs") {
			objects = append(objects, object{kind: plumbing.BlobObject, id: BlobID(data), data: data})
			for like := objects[len(objects)-1]; len(data) > 0 && rapid.IntRange(0, 2).Draw(t, "more") > 0; {
				data = slices.Clone(data)
				for _, at := range rapid.SliceOf(rapid.IntRange(0, len(data)-1)).Draw(t, "replaced") {
					data[at]++
				}
				like = object{kind: plumbing.BlobObject, id: BlobID(data), data: data, like: like.id}
				objects = append(objects, like)
			}
		}
		var buf bytes.Buffer
		if err := writePack(&buf, objects, rapid.Bool().Draw(t, "deltas")); err != nil {
			t.Fatal(err)
		}
		p, err := readPack(&buf, generous)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			i, ok := p.byID[o.id]
			if !ok {
				t.Fatalf("blob of %d bytes is missing", len(o.data))
			}
			if data, err := (&maker{pack: p}).object(i); err != nil || !bytes.Equal(data, o.data) {
				t.Fatalf("blob of %d bytes is read as %d bytes, %v", len(o.data), len(data), err)
			}
		}
	})
}

// TestDeltaOf is the law that a delta makes what it was made of, and is given only where it is worth it.
func TestDeltaOf(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := bytes.Repeat([]byte("0123456789abcdef"), rapid.SampledFrom([]int{0, 1, 2, 100, 5000, 9000}).Draw(t, "size"))
		data := slices.Clone(base)
		for range rapid.IntRange(0, 5).Draw(t, "replacements") {
			if len(data) > 0 {
				at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
				copy(data[at:], rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(t, "by"))
			}
		}
		delta, ok := deltaOf(base, data)
		if !ok {
			if len(base) > 8000 {
				t.Fatalf("no delta for %d bytes of %d", len(data), len(base))
			}
			return
		}
		if made, err := applyDelta(base, delta); err != nil || !bytes.Equal(made, data) {
			t.Fatalf("%d bytes of %d, %v", len(made), len(data), err)
		}
	})
}

// A chain of commits is written as what differs, in chains that a reader can follow.
func TestWritePackBoundsChains(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("0123456789abcdef"), 100)
	var objects []object
	var like Hash
	for i := range 3 * maxWrittenChain {
		data = slices.Clone(data)
		data[i]++
		objects = append(objects, object{kind: plumbing.BlobObject, id: BlobID(data), data: data, like: like})
		like = objects[i].id
	}
	var buf bytes.Buffer
	if err := writePack(&buf, objects, true); err != nil {
		t.Fatal(err)
	}
	whole := 0
	p := &packReader{source: newHashedReader(&buf), limits: generous, pack: &pack{
		byID: map[Hash]int32{}, byOffset: map[int64]int32{}, dropped: map[Hash]bool{}}}
	if err := p.read(); err != nil {
		t.Fatal(err)
	}
	for _, e := range p.pack.entries {
		if e.kind == plumbing.BlobObject {
			whole++
		}
	}
	if whole != 3 {
		t.Errorf("%d whole objects of %d, want 3", whole, len(objects))
	}
}

func FuzzReadPack(f *testing.F) {
	var p testPack
	p.whole(plumbing.BlobObject, "hello")
	p.near(0, appending(5, " world"))
	p.far(BlobID([]byte("hello")), appending(5, "!"))
	f.Add(p.bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		// The checksum would turn nearly all inputs away.
		if len(data) > 20 {
			sum := sha1.Sum(data[:len(data)-20])
			copy(data[len(data)-20:], sum[:])
		}
		got, err := readPack(bytes.NewReader(data), packLimits{blob: 1 << 16, all: 1 << 18})
		if err != nil {
			return
		}
		for id, i := range got.byID {
			data, err := (&maker{pack: got}).object(i)
			if err != nil || plumbing.ComputeHash(got.entries[i].kind, data) != id {
				t.Errorf("object %s reads as %q, %v", id, data, err)
			}
		}
	})
}

func FuzzEntries(f *testing.F) {
	f.Add([]byte("100644 a\x0011111111111111111111" + "40000 b\x0022222222222222222222"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		at := 0
		for e := range entries(raw) {
			if e.err != nil {
				return
			}
			if e.at <= at || e.at+20 > len(raw) {
				t.Fatalf("id at %d after %d of %d", e.at, at, len(raw))
			}
			at = e.at + 19
		}
		if len(raw) > 0 && at != len(raw)-1 {
			t.Errorf("ended at %d of %d without an error", at, len(raw))
		}
	})
}
