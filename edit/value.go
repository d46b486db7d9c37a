package edit

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// valueTemplate is the value of a target: text with {tag}, {digest} and {image} in it.
type valueTemplate struct {
	text    string
	reading *regexp.Regexp // what the template wrote before, with a group for each of the three
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// What each placeholder stands for when a written value is read back. Only a name may need many characters that could
// also be text of the template; the parser of its grammar decides about it afterwards.
var placeholders = map[string]string{
	"{tag}":    `(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127})`,
	"{digest}": `(?P<digest>sha(?:256|512):[0-9a-f]+)`,
	"{image}":  `(?P<image>[^\s@]+?)`,
}

func parseValue(text string) (valueTemplate, error) {
	if text == "" {
		text = "{tag}"
	}
	var reading strings.Builder
	reading.WriteString(`^`)
	seen, end := map[string]bool{}, 0
	for _, at := range placeholder.FindAllStringIndex(text, -1) {
		name := text[at[0]:at[1]]
		pattern, known := placeholders[name]
		if !known {
			return valueTemplate{}, fmt.Errorf("value %q holds %s, want {tag}, {digest} or {image}", text, name)
		}
		if seen[name] {
			return valueTemplate{}, fmt.Errorf("value %q holds %s twice", text, name)
		}
		seen[name] = true
		reading.WriteString(regexp.QuoteMeta(text[end:at[0]]) + pattern)
		end = at[1]
	}
	if !seen["{tag}"] && !seen["{digest}"] {
		return valueTemplate{}, fmt.Errorf("value %q holds neither {tag} nor {digest}", text)
	}
	reading.WriteString(regexp.QuoteMeta(text[end:]) + `$`)
	return valueTemplate{text, regexp.MustCompile(reading.String())}, nil
}

// Shown returns what the site holds once a tag and a digest are written to it: a target may hold only one of them.
func (s Site) Shown(tag string, digest image.Digest) (string, image.Digest) {
	if s.at == nil || s.at.target == nil {
		return tag, digest
	}
	if !s.at.target.value.wants("{tag}") {
		tag = ""
	}
	if !s.at.target.value.wants("{digest}") {
		digest = ""
	}
	return tag, digest
}

// read takes a value apart that the template wrote, or, if the template has a name in it, any reference. A value of
// another shape yields nothing: a target is written whatever stood there before.
func (v valueTemplate) read(value string) (name, tag string, digest image.Digest) {
	m := v.reading.FindStringSubmatch(value)
	if m == nil {
		ref, err := image.ParseReference(value)
		if err != nil || !v.wants("{image}") {
			return "", "", ""
		}
		return ref.Name, ref.Tag, ref.Digest
	}
	for i, group := range v.reading.SubexpNames() {
		switch group {
		case "tag":
			tag = m[i]
		case "digest":
			digest, _ = image.ParseDigest(m[i])
		case "image":
			name = m[i]
		}
	}
	return name, tag, digest
}

// write returns the value for a tag and digest.
func (v valueTemplate) write(name, tag string, digest image.Digest) string {
	return strings.NewReplacer("{tag}", tag, "{digest}", string(digest), "{image}", name).Replace(v.text)
}

func (v valueTemplate) wants(placeholder string) bool { return strings.Contains(v.text, placeholder) }
