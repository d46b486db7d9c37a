package edit

import (
	"fmt"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// reference is an image reference of a file before it is known whether anybody looks for it, and whether it can be
// written. Its nodes may be aliases; what is written is what they stand for.
type reference struct {
	format    Format
	names     []spelling // how its name may be read, the likeliest first; never empty
	whole     *node      // holds all of it, or else:
	raw       *span      // a part of a text that no parser knows does, or else:
	tag       *node      // holds TAG or TAG@DIGEST; nil if there is none
	digest    *node      // nil if there is none
	parts     []*node    // what is read and never written: its name
	via       []*node    // the aliases on the way to it
	behind    *node      // the value behind which a key for a tag may be put in
	hit       *hit       // what a regexp has led to, if it is a scalar
	beside    *beside    // a key for a digest that is not written
	entryName string     // of an entry of Kustomize images: what kustomize replaces

	oldTag    string
	oldDigest image.Digest
	lacks     string // why a tag cannot be added where there is none
	lacksHint string
	problem   string // why it cannot be edited at all
	hint      string
	variable  bool // the problem is a variable in the text

	named  bool // by a marker or target, for an image:
	image  image.Repository
	policy string
	target *target
	gone   bool // refused by a marker already
}

// spelling is a way to read a name.
type spelling struct {
	text       string
	repository image.Repository
	suffix     string // what is known of the name when a variable stands in front of it: "acme/api"
}

// name says that a marker or target of a policy names the reference.
func (r *reference) name(policy string, i image.Repository) {
	r.named, r.policy, r.image = true, policy, i
}

// mayName reports whether the reference may be one to an image.
func (r *reference) mayName(i image.Repository) bool {
	_, found := r.spelled(i)
	return found
}

// spelled returns the spelling under which the reference is one to an image.
func (r *reference) spelled(i image.Repository) (spelling, bool) {
	for _, s := range r.names {
		if s.names(i) {
			return s, true
		}
	}
	return spelling{}, false
}

// names reports whether the name read so is, or may be, that of an image.
func (s spelling) names(i image.Repository) bool {
	return s.repository == i || s.suffix != "" && strings.HasSuffix("/"+i.String(), "/"+s.suffix)
}

// sought returns the image that the reference is looked for as, and how it is spelled.
func (s *screen) sought(r *reference) (i image.Repository, as spelling, found bool) {
	if r.named {
		as, _ = r.spelled(r.image)
		return r.image, as, s.seeks(r.image)
	}
	if s.everything() {
		if s.known != nil {
			if i, as, found := s.known.sought(r); found {
				return i, as, true
			}
		}
		return r.names[0].repository, r.names[0], true
	}
	for _, name := range r.names {
		if s.images[name.repository] {
			return name.repository, name, true
		}
		for _, i := range s.byBase[name.suffix[strings.LastIndexByte(name.suffix, '/')+1:]] {
			if name.names(i) {
				return i, name, true
			}
		}
	}
	return image.Repository{}, spelling{}, false
}

// read takes the text of a whole reference. It reports whether it is one. A variable is never edited; what it stands for
// where nobody sets it tells which image may be meant.
func (r *reference) read(text string) bool {
	if r.problem = variableProblem(text); r.problem == "" {
		ref, err := image.ParseReference(text)
		if err != nil {
			return false
		}
		r.names = append(r.names, spelling{text: ref.Name, repository: ref.Repository})
		r.oldTag, r.oldDigest = ref.Tag, ref.Digest
		return true
	}
	r.variable = true
	if own := defaulted.ReplaceAllString(text, "$1"); own != text {
		r.readName(nameIn(own))
	}
	r.readName(nameIn(text))
	return len(r.names) > 0
}

// nameIn returns what stands for the name in a reference with variables.
func nameIn(text string) string {
	name, _, _ := strings.Cut(variable.ReplaceAllString(text, mask), "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i]
	}
	return name
}

// readName adds a way to read the name. It reports whether it is one. Of a name that begins with a variable the rest
// is kept: enough to say that it could be a sought one, and too little to edit it.
func (r *reference) readName(text string) bool {
	text = variable.ReplaceAllString(text, mask)
	i := strings.LastIndex(text, mask)
	if i < 0 {
		repository, err := image.ParseRepository(text)
		if err == nil {
			r.names = append(r.names, spelling{text: text, repository: repository})
		}
		return err == nil
	}
	suffix := strings.TrimLeft(text[i+1:], "/")
	if suffix == "" {
		return false
	}
	r.names = append(r.names, spelling{text: strings.ReplaceAll(text, mask, "*"), suffix: suffix})
	return true
}

// readParts takes the values of the keys for a tag and a digest; nil are keys that are not there.
func (r *reference) readParts(tag, digest *node) {
	if n := tag.resolved(); n != nil {
		switch reason := notScalar(n); {
		case n.null:
			r.lacks = "its tag is null"
			r.lacksHint = `write "" for the tag, or the tag itself`
			r.parts = append(r.parts, tag)
		case reason != "":
			r.problem = "tag " + reason
		default:
			r.tag = tag
			r.readTag(n.text)
		}
	}
	if n := digest.resolved(); n != nil && !n.null {
		if reason := notScalar(n); reason != "" {
			r.problem = "digest " + reason
			return
		}
		r.digest = digest
		if n.text != "" {
			r.readDigest(n.text)
		}
	}
}

// readTag takes the text of a tag, which may have a digest behind it.
func (r *reference) readTag(text string) {
	tag, digest, hasDigest := strings.Cut(text, "@")
	if r.problem == "" {
		r.problem = variableProblem(text)
	}
	if r.problem == "" && tag != "" && !image.IsTag(tag) {
		r.problem = fmt.Sprintf("%.60q is no tag", tag)
	}
	r.oldTag = tag
	if hasDigest {
		r.readDigest(digest)
	}
}

// readDigest takes the text of a digest.
func (r *reference) readDigest(text string) {
	if r.problem == "" {
		r.problem = variableProblem(text)
	}
	parsed, err := image.ParseDigest(text)
	if err != nil && r.problem == "" {
		r.problem = err.Error()
	}
	r.oldDigest = parsed
}

// notScalar says why a node is no text to edit, or returns "".
func notScalar(n *node) string {
	switch {
	case n.kind == mapping:
		return "is a mapping, not a single value"
	case n.kind == sequence:
		return "is a list, not a single value"
	case n.null:
		return "is null, with no text to replace"
	}
	return ""
}
