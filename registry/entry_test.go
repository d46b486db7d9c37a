package registry

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestListEntry(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tags := rapid.SliceOfDistinct(rapid.StringMatching(`[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}`), rapid.ID[string]).Draw(t, "tags")
		slices.Sort(tags)
		dropped := rapid.IntRange(0, maxTags).Draw(t, "dropped")
		got, gotDropped, err := decodeList(encodeList(tags, dropped))
		if err != nil || !slices.Equal(got, tags) || gotDropped != dropped {
			t.Fatalf("%q, %d come back as %q, %d, %v", tags, dropped, got, gotDropped, err)
		}
	})
}

func TestListEntryIsSmall(t *testing.T) {
	t.Parallel()
	tags := numbered(2000)
	for i := range tags {
		tags[i] = "release-" + tags[i] + "-344b590f"
	}
	if got, plain := len(encodeList(tags, 0)), len(strings.Join(tags, " ")); got > plain*2/3 {
		t.Errorf("%d bytes of tags take %d", plain, got)
	}
}

// FuzzEntry: nothing panics, and what is taken for a list is sorted, legal and encoded to the same bytes.
func FuzzEntry(f *testing.F) {
	f.Add(encodeList([]string{"1.0", "1.1", "latest"}, 2))
	f.Add(encodeList(nil, 0))
	f.Add([]byte{listVersion, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Add([]byte{listVersion, 0, 1, 0, 200})
	f.Fuzz(func(t *testing.T, data []byte) {
		tags, dropped, err := decodeList(data)
		if err != nil {
			return
		}
		if !slices.IsSorted(tags) || !bytes.Equal(encodeList(tags, dropped), data) {
			t.Errorf("decodeList(%x) = %q", data, tags)
		}
	})
}
