package edit

import (
	"regexp"
	"strings"
)

// beside is a key for a digest next to a tag that is not the key digest: sha in the charts of Grafana, imageDigest beside
// imageTag. Charts read it in ways of their own, so it is never written unless a marker or target says how. A tag
// beside a digest that stays would be one image's tag with another's digest.
type beside struct {
	key   string
	value *node
	set   bool // it holds a digest
}

// digestLike matches a digest, with its algorithm or without.
var digestLike = regexp.MustCompile(`^(?:[a-z0-9]+:)?[0-9a-fA-F]{64}$`)

// digestBeside returns the key for a digest of the tag that stands under a key of a mapping, nil if there is none.
func digestBeside(n *node, tagKey string) *beside {
	n = n.resolved()
	if n == nil || n.kind != mapping {
		return nil
	}
	stem := tagKey
	for _, end := range []string{"Tag", "tag", "version"} {
		stem = strings.TrimSuffix(stem, end)
	}
	stems := []string{stem}
	if stem == "" || stem == "image" {
		stems = []string{"", "image"}
	}
	var empty *beside
	for i := 0; i+1 < len(n.content); i += 2 {
		key, value := n.content[i], n.content[i+1].resolved()
		if key.kind != scalar || value.kind != scalar || !isDigestKey(key.text, stems) {
			continue
		}
		b := &beside{key: key.text, value: value, set: digestLike.MatchString(value.text) || variableProblem(value.text) != ""}
		switch {
		case b.set:
			return b
		case (value.null || value.text == "") && key.text != "digest":
			empty = b
		}
	}
	return empty
}

func isDigestKey(key string, stems []string) bool {
	for _, stem := range stems {
		for _, end := range []string{"digest", "sha", "sha256"} {
			if strings.EqualFold(key, stem+end) {
				return true
			}
		}
	}
	return false
}

// writtenBeside reports whether some reference writes the value: then it is told what to put there.
func (s *search) writtenBeside(b *beside) bool {
	for _, r := range s.refs {
		if r.whole.resolved() == b.value || r.tag.resolved() == b.value || r.digest.resolved() == b.value {
			return true
		}
	}
	return false
}

const besideHint = "keep it under the key digest, or empty, or name tag and digest by markers"

// staysBeside refuses a change beside which a digest would stay that is not of the new tag.
func (p *place) staysBeside(c Change) refused {
	b := p.beside
	switch {
	case b == nil:
		return refused{}
	case b.set && (c.Tag != c.Site.Tag || c.Digest != c.Site.Digest && c.Digest != ""):
		return refused{`has a digest under the key "` + b.key + `", which would stay that of ` + c.Site.Tag, besideHint}
	case !b.set && c.Digest != "" && p.whole == nil && p.digest == nil:
		return refused{`its digest belongs under the key "` + b.key + `", which is not written`, besideHint}
	}
	return refused{}
}
