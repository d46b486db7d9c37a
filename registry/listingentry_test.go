package registry

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/image"
)

// TestListingEntry: what is kept comes back, and what is cut does not.
func TestListingEntry(t *testing.T) {
	t.Parallel()
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		if micros := rapid.Int64Range(0, 1<<52).Draw(t, "micros"); micros > 0 {
			return time.UnixMicro(micros).UTC()
		}
		return time.Time{}
	})
	sets := rapid.SampledFrom([][]image.Platform{nil, {}, amd64, {{OS: "linux", Architecture: "arm", Variant: "v7"}, {OS: "windows", Architecture: "amd64"}}})
	rapid.Check(t, func(t *rapid.T) {
		want := listing{
			tags: []listed{}, facts: image.Facts(rapid.Byte().Draw(t, "facts")),
			dropped: rapid.IntRange(0, 9).Draw(t, "dropped"), slack: rapid.IntRange(-9, 9).Draw(t, "slack"), shown: moment.Draw(t, "shown"),
		}
		for i := range rapid.IntRange(0, 20).Draw(t, "tags") {
			tag := listed{Tag: Tag{
				Name: fmt.Sprintf("%d.%02d", 1+i/10, i), Pushed: moment.Draw(t, "pushed"), Created: moment.Draw(t, "created"), Platforms: sets.Draw(t, "platforms"),
			}}
			if tag.updated = tag.Pushed; rapid.Bool().Draw(t, "other update") {
				tag.updated = moment.Filter(func(t time.Time) bool { return !t.IsZero() }).Draw(t, "updated")
			}
			if rapid.Bool().Draw(t, "digest") {
				tag.Digest = image.Digest(fmt.Sprintf("sha256:%064x", rapid.Uint64().Draw(t, "hash")))
			}
			want.tags = append(want.tags, tag)
		}
		data := encodeListing(want)
		got, err := decodeListing(data)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(listing{}, listed{})); diff != "" || err != nil {
			t.Fatalf("%v (-want +got):\n%s", err, diff)
		}
		cut := rapid.IntRange(0, len(data)-1).Draw(t, "cut")
		if _, err := decodeListing(data[:cut]); err == nil {
			t.Fatalf("%d of %d bytes are an entry, too", cut, len(data))
		}
	})
}

// TestListingEntrySize: what is kept of a large repository fits into the cache.
func TestListingEntrySize(t *testing.T) {
	t.Parallel()
	l := listing{facts: hubFacts}
	for i, name := range numbered(9999) {
		pushed := noon.Add(time.Duration(i) * 1234567 * time.Microsecond)
		l.tags = append(l.tags, listed{Tag{Name: name, Digest: image.Digest(fmt.Sprintf("sha256:%064x", i)), Pushed: pushed, Platforms: amd64}, pushed})
	}
	if size := len(encodeListing(l)); size > 50*len(l.tags) {
		t.Errorf("%d tags take %d bytes", len(l.tags), size)
	}
}

// FuzzListingEntry: no entry makes the reader panic or take more room than it has, and what it reads is a list.
func FuzzListingEntry(f *testing.F) {
	f.Add(encodeListing(listing{}))
	f.Add(encodeListing(listing{facts: hubFacts, tags: []listed{{Tag{Name: "1.0", Pushed: noon, Platforms: amd64}, noon}, {Tag: Tag{Name: "1.1", Digest: image.Digest(fmt.Sprintf("sha256:%064x", 1))}}}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := decodeListing(data)
		if err != nil {
			return
		}
		for i, tag := range l.tags {
			if !image.IsTag(tag.Name) || i > 0 && tag.Name <= l.tags[i-1].Name {
				t.Errorf("tag %q at %d", tag.Name, i)
			}
		}
		again, err := decodeListing(encodeListing(l))
		if diff := cmp.Diff(l, again, cmp.AllowUnexported(listing{}, listed{})); diff != "" || err != nil {
			t.Errorf("%v (-first +second):\n%s", err, diff)
		}
	})
}
