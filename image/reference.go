package image

import (
	"fmt"
	"strings"
)

// Reference is an image as it stands in a file or on a command line.
type Reference struct {
	Repository Repository // what it names
	Name       string     // how the repository was spelled: "nginx"
	Tag        string     // "" when it has none
	Digest     Digest     // "" when it has none
}

// ParseReference reads NAME[:TAG][@DIGEST]. A reference without a tag has an empty one: latest is not made up.
func ParseReference(s string) (Reference, error) {
	rest, digest, hasDigest := strings.Cut(s, "@")
	name, tag, hasTag := cutTag(rest)
	repository, err := parseName(name)
	if err != nil {
		return Reference{}, fmt.Errorf("reference %q: %w", s, err)
	}
	ref := Reference{Repository: repository, Name: name, Tag: tag}
	if hasTag {
		if err := CheckTag(tag); err != nil {
			return Reference{}, fmt.Errorf("reference %q: %w", s, err)
		}
	}
	if hasDigest {
		if ref.Digest, err = ParseDigest(digest); err != nil {
			return Reference{}, fmt.Errorf("reference %q: %w", s, err)
		}
	}
	return ref, nil
}

// String returns the reference in the spelling it was read in.
func (r Reference) String() string {
	s := r.Name
	if r.Tag != "" {
		s += ":" + r.Tag
	}
	if r.Digest != "" {
		s += "@" + string(r.Digest)
	}
	return s
}

// cutTag splits NAME:TAG at the colon that is not a port's: the last one, after the last slash.
func cutTag(s string) (name, tag string, found bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.Contains(s[i:], "/") {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
