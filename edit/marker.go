package edit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"strings"
)

// The words by which a marker is seen in the bytes of a file.
var (
	ownMarker  = []byte("image-updater:")
	fluxMarker = []byte(`$imagepolicy`)
)

func hasMarker(data []byte) bool {
	return bytes.Contains(data, ownMarker) || bytes.Contains(data, fluxMarker)
}

// marker is a comment that says whose image the value on its line is.
type marker struct {
	line   int
	alone  bool // nothing else is on its line: the value is below
	flux   bool
	policy string
	part   part
	wrong  string // why it cannot be read
}

type part string

const (
	wholePart  part = ""
	tagPart    part = "tag"
	namePart   part = "name"
	digestPart part = "digest"
)

// ownForm is "# image-updater: POLICY[:PART]".
var ownForm = regexp.MustCompile(`^#+[ \t]*image-updater:[ \t]*(\S*)[ \t]*(.*)$`)

// policyName is the grammar of the names of policies.
var policyName = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)

// markers returns the markers of a file, in its order.
func (t *tree) markers() []marker {
	if !hasMarker(t.data) {
		return nil
	}
	var all []marker
	quoted := t.extents()
	for i, start := range t.starts {
		line := t.data[start:lineEnd(t.data, start)]
		for at := range commentStarts(line) {
			if quoted.contain(start + at) {
				continue
			}
			if m, found := parseMarker(string(bytes.TrimRight(line[at:], " \t"))); found {
				m.line, m.alone = i+1, len(bytes.TrimLeft(line[:at], " \t")) == 0
				all = append(all, m)
			}
			break // all behind it is comment
		}
	}
	return all
}

// commentStarts yields where in a line a comment with a marker may begin: at each # that stands before one of the
// marker's words and begins a comment unless it is quoted.
func commentStarts(line []byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		from := 0
		for range maxWords {
			word, between := nextWord(line[from:])
			if word < 0 {
				return
			}
			before := bytes.TrimRight(line[:from+word], between)
			at := len(bytes.TrimRight(before, "#"))
			if at < len(before) && (at == 0 || line[at-1] == ' ' || line[at-1] == '\t') && !yield(at) {
				return
			}
			from += word + 1
		}
	}
}

// maxWords is how often a line may hold a marker's word before the rest of it is passed by.
const maxWords = 16

// nextWord returns where the next marker's word is, and what may stand between it and the #.
func nextWord(line []byte) (at int, between string) {
	own, flux := bytes.Index(line, ownMarker), bytes.Index(line, fluxMarker)
	if flux < 0 || own >= 0 && own < flux {
		return own, " \t"
	}
	return flux, "{\" \t"
}

// parseMarker reads a comment. A comment that only speaks of markers is none.
func parseMarker(comment string) (_ marker, found bool) {
	if m := ownForm.FindStringSubmatch(comment); m != nil {
		parsed := cutMarker(m[1])
		if m[2] != "" {
			parsed.wrong = fmt.Sprintf("has the text %.40q behind the policy", m[2])
		}
		return parsed, true
	}
	var flux struct {
		Policy *string `json:"$imagepolicy"`
	}
	body := strings.TrimLeft(comment, "# \t")
	if !strings.HasPrefix(body, "{") || json.Unmarshal([]byte(body), &flux) != nil || flux.Policy == nil {
		return marker{}, false
	}
	_, name, _ := strings.Cut(*flux.Policy, ":")
	parsed := cutMarker(name)
	parsed.flux = true
	return parsed, true
}

// cutMarker reads POLICY[:PART].
func cutMarker(text string) marker {
	name, rest, _ := strings.Cut(text, ":")
	m := marker{policy: name, part: part(rest)}
	switch {
	case !policyName.MatchString(name):
		m.wrong = fmt.Sprintf("names %.80q, which is no name of a policy", name)
	case m.part != wholePart && m.part != tagPart && m.part != namePart && m.part != digestPart || strings.HasSuffix(text, ":"):
		m.wrong = fmt.Sprintf("has the unknown part %.80q, want tag, name or digest", rest)
	}
	return m
}

// valuesOf returns the values that a marker may belong to, of which there must be one: those on its line or, if it
// stands alone, on the line below. One comment may stand between.
func (t *tree) valuesOf(m marker, byLine map[int][]*node) (values []*node, refusal string) {
	line, where := m.line, "on its line"
	if m.alone {
		line, where = line+1, "on the line below"
		if t.isComment(line) {
			line++
		}
	}
	values = byLine[line]
	switch len(values) {
	case 0:
		return nil, "has no value " + where
	case 1:
		return values, ""
	}
	return values, fmt.Sprintf("has %d values %s, want one", len(values), where)
}

// isComment reports whether nothing but a comment is on a line.
func (t *tree) isComment(line int) bool {
	if line > len(t.starts) {
		return false
	}
	start := t.starts[line-1]
	return bytes.HasPrefix(bytes.TrimLeft(t.data[start:], " \t"), []byte("#"))
}

// valuesByLine returns the values that begin on each line: scalars and aliases, but neither keys nor what is left out.
func (t *tree) valuesByLine() map[int][]*node {
	values := map[int][]*node{}
	for _, n := range t.nodes {
		if n.kind == alias || n.kind == scalar && !n.isKey && !(n.null && n.text == "") {
			values[int(n.line)] = append(values[int(n.line)], n)
		}
	}
	return values
}
