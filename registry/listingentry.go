package registry

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/image-updater/image-updater/image"
)

// A listing in the cache is, with numbers as unsigned varints:
//
//	version    1 byte, 1
//	facts      1 byte
//	dropped    number of tags that broke the grammar
//	slack      signed varint
//	shown      as microseconds since 1970, 0 for none
//	count      number of sets of platforms
//	platforms  each set as a length and a text, "linux/amd64,linux/arm64"
//	count      number of tags
//	tags       sorted; each as the length of the beginning it shares with the one before, the length of the rest, the rest,
//	           a byte that says what follows, and of what follows: the digest (its 32 bytes), the four times as
//	           microseconds since 1970, the number of its set of platforms
//
// Beside the digest, in which nothing can be saved, a tag takes about twenty bytes.
const listingVersion = 1

// What a tag of an entry has.
const (
	hasDigest = 1 << iota
	hasPushed
	hasCreated
	hasUpdated // other than pushed
	hasPlatforms
	hasAll = 1<<iota - 1
)

// maxPlatformText is far above what any platform is called.
const maxPlatformText = 64

func encodeListing(l listing) []byte {
	data := append(make([]byte, 0, 64+64*len(l.tags)), listingVersion, byte(l.facts))
	data = binary.AppendUvarint(data, uint64(l.dropped))
	data = binary.AppendVarint(data, int64(l.slack))
	data = binary.AppendUvarint(data, uint64(max(0, l.shown.UnixMicro())))
	sets, texts := platformSets(l.tags)
	data = binary.AppendUvarint(data, uint64(len(texts)))
	for _, text := range texts {
		data = binary.AppendUvarint(data, uint64(len(text)))
		data = append(data, text...)
	}
	data = binary.AppendUvarint(data, uint64(len(l.tags)))
	before := ""
	for _, tag := range l.tags {
		n := shared(before, tag.Name)
		data = binary.AppendUvarint(data, uint64(n))
		data = binary.AppendUvarint(data, uint64(len(tag.Name)-n))
		data = append(data, tag.Name[n:]...)
		data = appendFacts(data, tag, sets)
		before = tag.Name
	}
	return data
}

// platformSets numbers the distinct sets of platforms of the tags.
func platformSets(tags []listed) (numbers map[string]int, texts []string) {
	numbers = make(map[string]int)
	for _, tag := range tags {
		if tag.Platforms == nil {
			continue
		}
		text := platformText(tag.Platforms)
		if _, found := numbers[text]; !found {
			numbers[text] = len(texts)
			texts = append(texts, text)
		}
	}
	return numbers, texts
}

func platformText(platforms []image.Platform) string {
	texts := make([]string, len(platforms))
	for i, p := range platforms {
		texts[i] = p.String()
	}
	return strings.Join(texts, ",")
}

func appendFacts(data []byte, tag listed, sets map[string]int) []byte {
	at := len(data)
	data = append(data, 0)
	if raw := rawDigest(tag.Digest); raw != nil {
		data[at] |= hasDigest
		data = append(data, raw...)
	}
	for _, t := range []struct {
		bit byte
		at  time.Time
	}{{hasPushed, tag.Pushed}, {hasCreated, tag.Created}, {hasUpdated, tag.updated}} {
		if t.at.UnixMicro() <= 0 || t.bit == hasUpdated && t.at.Equal(tag.Pushed) {
			continue
		}
		data[at] |= t.bit
		data = binary.AppendUvarint(data, uint64(t.at.UnixMicro()))
	}
	if tag.Platforms != nil {
		data[at] |= hasPlatforms
		data = binary.AppendUvarint(data, uint64(sets[platformText(tag.Platforms)]))
	}
	return data
}

// rawDigest returns the bytes of a SHA-256; another digest is not kept, and asked for when it is needed.
func rawDigest(d image.Digest) []byte {
	text, found := strings.CutPrefix(string(d), "sha256:")
	raw, err := hex.DecodeString(text)
	if !found || err != nil || len(raw) != 32 {
		return nil
	}
	return raw
}

var errListing = errors.New("entry of the cache is no tag list with details")

// decodeListing reads what encodeListing wrote.
func decodeListing(data []byte) (listing, error) {
	if len(data) < 2 || data[0] != listingVersion {
		return listing{}, errListing
	}
	l := listing{facts: image.Facts(data[1])}
	r := entryReader{data: data[2:]}
	l.dropped = r.number(maxTags)
	l.slack = r.signed(maxTags)
	l.shown = r.time()
	sets := make([][]image.Platform, r.count(1))
	for i := range sets {
		sets[i] = r.platforms()
	}
	l.tags = make([]listed, 0, r.count(3))
	before := ""
	for range cap(l.tags) {
		n := r.number(len(before))
		tag := listed{Tag: Tag{Name: before[:n] + string(r.bytes(r.number(maxEntryTag)))}}
		r.facts(&tag, sets)
		if r.bad || !image.IsTag(tag.Name) || tag.Name <= before {
			return listing{}, errListing
		}
		l.tags = append(l.tags, tag)
		before = tag.Name
	}
	if r.bad || len(r.data) > 0 {
		return listing{}, errListing
	}
	return l, nil
}

// count reads how many things follow, each of which takes at least so many bytes.
func (r *entryReader) count(each int) int {
	n := r.number(maxTags)
	if n > len(r.data)/each {
		r.bad = true
		return 0
	}
	return n
}

func (r *entryReader) signed(most int) int {
	n, size := binary.Varint(r.data)
	if r.bad || size <= 0 || n > int64(most) || n < -int64(most) {
		r.bad = true
		return 0
	}
	r.data = r.data[size:]
	return int(n)
}

func (r *entryReader) time() time.Time {
	n, size := binary.Uvarint(r.data)
	if r.bad || size <= 0 || n > 1<<58 { // in the year 11103
		r.bad = true
		return time.Time{}
	}
	r.data = r.data[size:]
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(n)).UTC()
}

func (r *entryReader) platforms() []image.Platform {
	text := string(r.bytes(r.number(maxPlatforms * (maxPlatformText + 1))))
	platforms := []image.Platform{}
	if text == "" {
		return platforms
	}
	for part := range strings.SplitSeq(text, ",") {
		p, err := image.ParsePlatform(part)
		if err != nil {
			r.bad = true
			return nil
		}
		platforms = append(platforms, p)
	}
	return platforms
}

func (r *entryReader) facts(tag *listed, sets [][]image.Platform) {
	has := r.bytes(1)
	if len(has) == 0 || has[0] > hasAll {
		r.bad = true
		return
	}
	if has[0]&hasDigest != 0 {
		tag.Digest = image.Digest("sha256:" + hex.EncodeToString(r.bytes(32)))
	}
	if has[0]&hasPushed != 0 {
		tag.Pushed = r.time()
	}
	if has[0]&hasCreated != 0 {
		tag.Created = r.time()
	}
	tag.updated = tag.Pushed
	if has[0]&hasUpdated != 0 {
		tag.updated = r.time()
	}
	if has[0]&hasPlatforms == 0 {
		return
	}
	if n := r.number(len(sets)); n < len(sets) {
		tag.Platforms = sets[n]
	} else {
		r.bad = true
	}
}
