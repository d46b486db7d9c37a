package image

import (
	"errors"
	"fmt"
	"strings"
)

// maxTag is the longest tag of the OCI distribution specification v1.1.
const maxTag = 128

// CheckTag reports why s is no tag of the OCI distribution specification: [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}.
func CheckTag(s string) error {
	switch {
	case s == "":
		return errors.New("tag is empty")
	case len(s) > maxTag:
		return fmt.Errorf("tag %q... is longer than %d characters", s[:32], maxTag)
	case s[0] == '.' || s[0] == '-':
		return fmt.Errorf("tag %q begins with %q", s, s[:1])
	}
	for i := range len(s) {
		if !tagByte(s[i]) {
			return fmt.Errorf("tag %q has the illegal character %q", s, []rune(s[i:])[0])
		}
	}
	return nil
}

// IsTag reports whether s is a tag. It is [CheckTag] without the reason, and without an allocation.
func IsTag(s string) bool {
	return s != "" && len(s) <= maxTag && s[0] != '.' && s[0] != '-' && all(s, tagByte)
}

// IsArtifactTag reports whether s is the tag under which a signature, an attestation or a bill of materials is stored
// beside an image: sha256-<64 hex digits>, alone or with a suffix such as .sig, .att or .sbom (the fallback scheme of
// the OCI referrers API and of cosign).
func IsArtifactTag(s string) bool {
	rest, found := strings.CutPrefix(s, "sha256-")
	if !found || len(rest) < 64 || !all(rest[:64], hexByte) {
		return false
	}
	return len(rest) == 64 || rest[64] == '.'
}

func tagByte(c byte) bool {
	return alphanumeric(c) || c >= 'A' && c <= 'Z' || c == '_' || c == '.' || c == '-'
}
