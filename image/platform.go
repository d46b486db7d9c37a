package image

import (
	"fmt"
	"strings"
)

// Platform is what an image runs on, in the words of Go: linux/amd64, linux/arm/v7.
type Platform struct {
	OS           string
	Architecture string
	Variant      string // "" when none is meant
}

// ParsePlatform reads OS/ARCHITECTURE[/VARIANT].
func ParsePlatform(s string) (Platform, error) {
	parts := strings.Split(s, "/")
	if len(parts) != 2 && len(parts) != 3 {
		return Platform{}, fmt.Errorf("platform %q is not OS/ARCHITECTURE[/VARIANT]", s)
	}
	for _, part := range parts {
		if part == "" || !all(part, func(c byte) bool { return alphanumeric(c) || c == '_' || c == '.' || c == '-' }) {
			return Platform{}, fmt.Errorf("platform %q has the illegal part %q", s, part)
		}
	}
	p := Platform{OS: parts[0], Architecture: parts[1]}
	if len(parts) == 3 {
		p.Variant = parts[2]
	}
	return p, nil
}

// String returns OS/ARCHITECTURE[/VARIANT].
func (p Platform) String() string {
	if p.Variant == "" {
		return p.OS + "/" + p.Architecture
	}
	return p.OS + "/" + p.Architecture + "/" + p.Variant
}

// Offers reports whether an image made for p runs where want is asked for. A variant that want leaves open is met by
// any; one that the image leaves open is the architecture's usual one (arm64 means arm64/v8).
func (p Platform) Offers(want Platform) bool {
	if p.OS != want.OS || p.Architecture != want.Architecture {
		return false
	}
	return want.Variant == "" || p.usualVariant() == want.usualVariant()
}

func (p Platform) usualVariant() string {
	if p.Variant == "" && p.Architecture == "arm64" {
		return "v8"
	}
	return p.Variant
}
