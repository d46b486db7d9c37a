package registry

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/image-updater/image-updater/image"
)

// A list in the cache is, with numbers as unsigned varints:
//
//	version  1 byte, 1
//	dropped  number of tags that broke the grammar
//	count    number of tags
//	tags     sorted; each as the length of the beginning it shares with the one before, the length of the rest, the rest
//
// Sorted tags share long beginnings, so that this takes a third of the room of the tags, and no time.
const listVersion = 1

func encodeList(tags []string, dropped int) []byte {
	room := 1 + 2*binary.MaxVarintLen64
	for _, tag := range tags {
		room += 2 + len(tag)
	}
	data := append(make([]byte, 0, room), listVersion)
	data = binary.AppendUvarint(data, uint64(dropped))
	data = binary.AppendUvarint(data, uint64(len(tags)))
	before := ""
	for _, tag := range tags {
		n := shared(before, tag)
		data = binary.AppendUvarint(data, uint64(n))
		data = binary.AppendUvarint(data, uint64(len(tag)-n))
		data = append(data, tag[n:]...)
		before = tag
	}
	return data
}

// shared returns the length of the common beginning.
func shared(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

var errEntry = errors.New("entry of the cache is no tag list")

// decodeList reads what encodeList wrote, and nothing else: the tags are legal, sorted and distinct.
func decodeList(data []byte) (tags []string, dropped int, err error) {
	if len(data) == 0 || data[0] != listVersion {
		return nil, 0, errEntry
	}
	r := entryReader{data: data[1:]}
	dropped = r.number(maxTags)
	count := r.number(maxTags)
	if count > len(r.data)/3 { // each tag takes three bytes at least
		return nil, 0, errEntry
	}
	tags = make([]string, 0, count)
	before := ""
	for range count {
		n := r.number(len(before))
		tag := before[:n] + string(r.bytes(r.number(maxEntryTag)))
		if r.bad || !image.IsTag(tag) || tag <= before || shared(before, tag) != n {
			return nil, 0, errEntry
		}
		tags = append(tags, tag)
		before = tag
	}
	if r.bad || len(r.data) > 0 {
		return nil, 0, errEntry
	}
	return slices.Clip(tags), dropped, nil
}

// maxEntryTag is the length of the longest tag.
const maxEntryTag = 128

// entryReader reads numbers and bytes; after the first that is not there, or too large, it is bad.
type entryReader struct {
	data []byte
	bad  bool
}

func (r *entryReader) number(most int) int {
	n, size := binary.Uvarint(r.data)
	if r.bad || size <= 0 || n > uint64(most) || size > 1 && r.data[size-1] == 0 {
		r.bad = true
		return 0
	}
	r.data = r.data[size:]
	return int(n)
}

func (r *entryReader) bytes(n int) []byte {
	if r.bad || n > len(r.data) {
		r.bad = true
		return nil
	}
	text := r.data[:n]
	r.data = r.data[n:]
	return text
}
