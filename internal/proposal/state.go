package proposal

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/image-updater/image-updater/internal/plan"
)

// State is what a pull request says in the part of its body that readers do not see.
type State struct {
	Group   string // its key
	Tip     string // id of the commit that we pushed last
	Text    string // hash of what title and body say
	Changes Changes
}

// Changes is a set of exact changes, by their hashes. The zero value is that of a pull request that we have closed
// ourselves: it stands for nothing.
type Changes struct {
	moves  bool   // the hashes do not tell files apart
	width  int    // of each hash, in characters
	hashes string // sorted, one behind the other
}

// The widths of hashes in characters of six bits: 48 bits tell any changes apart that come together in a pull request, and
// 24 bits still do mostly.
const (
	wideHash   = 8
	narrowHash = 4
)

// Hash returns a short hash of an exact change: file, image, both tags and both digests.
func Hash(t plan.Trailer) string {
	return digest(t.Path, t.Image.String(), t.From, t.FromDigest.String(), t.To, t.ToDigest.String())
}

func digest(texts ...string) string {
	sum := sha256.New()
	for _, text := range texts {
		sum.Write([]byte(strconv.Itoa(len(text)) + " " + text))
	}
	return base64.RawStdEncoding.EncodeToString(sum.Sum(nil))[:wideHash]
}

// NewChanges returns the set of changes in at most most characters. Where they do not fit they are told less exactly: the
// same step of the same image is then one change in all files, and with many steps the hashes become shorter. What does
// not fit even so is left out, so that it would be proposed again.
func NewChanges(changes []plan.Trailer, most int) Changes {
	for _, c := range []Changes{{width: wideHash}, {width: wideHash, moves: true}, {width: narrowHash, moves: true}} {
		hashes := make([]string, len(changes))
		for i, change := range changes {
			hashes[i] = c.hash(change)
		}
		slices.Sort(hashes)
		hashes = slices.Compact(hashes)
		if len(hashes)*c.width <= most || c.width == narrowHash {
			c.hashes = strings.Join(hashes[:min(len(hashes), max(most, 0)/c.width)], "")
			if c.hashes == "" {
				return Changes{}
			}
			return c
		}
	}
	return Changes{}
}

func (c Changes) hash(t plan.Trailer) string {
	if c.moves {
		t.Path = ""
	}
	return Hash(t)[:c.width]
}

// Has reports whether a change is in the set.
func (c Changes) Has(t plan.Trailer) bool {
	if c.width == 0 {
		return false
	}
	hash := c.hash(t)
	at := func(i int) string { return c.hashes[i*c.width : (i+1)*c.width] }
	n := len(c.hashes) / c.width
	i := sort.Search(n, func(i int) bool { return at(i) >= hash })
	return i < n && at(i) == hash
}

// Empty reports whether there is no change in the set.
func (c Changes) Empty() bool { return c.hashes == "" }

// kind tells in a character what the hashes are of.
func (c Changes) kind() string {
	if c.moves {
		return "m"
	}
	return "e"
}

// Format returns the state as one line, without the marks that hide it. It holds no quotes and no two dashes beside each
// other.
func (s State) Format() string {
	line := "image-updater:v1 group=" + escapeKey(s.Group) + " tip=" + s.Tip + " text=" + s.Text +
		" changes=" + s.Changes.kind() + strconv.Itoa(s.Changes.width) + ":" + s.Changes.hashes
	return line + " sum=" + digest(line)
}

var stateLine = regexp.MustCompile(
	`(image-updater:v1 group=([\w./%-]*) tip=([0-9a-f]*) text=([\w+/]*) changes=([em])([048]):([\w+/]*)) sum=([\w+/]{8})`)

// Parse returns the last state in the body of a pull request that is whole and of the group given. Whatever else people
// or other programs have written there is passed over, and so is a state of which a part was changed or has got lost.
func Parse(body, group string) (State, bool) {
	all := stateLine.FindAllStringSubmatch(body, -1)
	for _, found := range slices.Backward(all) {
		width, _ := strconv.Atoi(found[6])
		s := State{Group: group, Tip: found[3], Text: found[4],
			Changes: Changes{moves: found[5] == "m", width: width, hashes: found[7]}}
		if found[2] == escapeKey(group) && found[8] == digest(found[1]) && s.Changes.sound() {
			return s, true
		}
	}
	return State{}, false
}

// sound reports whether the hashes are as many as they seem.
func (c Changes) sound() bool {
	if c.width == 0 {
		return c.hashes == ""
	}
	return c.hashes != "" && len(c.hashes)%c.width == 0
}

// escapeKey writes the key of a group so that it ends at a space and ends no HTML comment.
func escapeKey(key string) string {
	var b strings.Builder
	for i := range len(key) {
		switch c := key[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '/',
			c == '-' && i > 0 && key[i-1] != '-':
			b.WriteByte(c)
		default:
			b.WriteString("%" + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
		}
	}
	return b.String()
}

var saidLine = regexp.MustCompile(`image-updater:said ([\w./%-]+)`)

// Said reports whether the text of a comment is the one that was made with the key.
func Said(text, key string) bool {
	for _, found := range saidLine.FindAllStringSubmatch(text, -1) {
		if found[1] == escapeKey(key) {
			return true
		}
	}
	return false
}
