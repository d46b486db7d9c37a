package image

import (
	"fmt"
	"strings"
)

// Digest is the content address of a manifest: "sha256:" and 64 hex digits, or "sha512:" and 128. Empty is none.
type Digest string

// ParseDigest reads a digest of one of the two algorithms registered by the OCI image specification v1.1.
func ParseDigest(s string) (Digest, error) {
	algorithm, hex, found := strings.Cut(s, ":")
	if !found {
		return "", fmt.Errorf("digest %q lacks its algorithm, such as sha256", s)
	}
	length, known := map[string]int{"sha256": 64, "sha512": 128}[algorithm]
	if !known {
		return "", fmt.Errorf("digest %q has the unknown algorithm %q", s, algorithm)
	}
	if len(hex) != length || !all(hex, hexByte) {
		return "", fmt.Errorf("digest %q is not %s: and %d lower-case hex digits", s, algorithm, length)
	}
	return Digest(s), nil
}

// String returns the digest as it is written in a reference.
func (d Digest) String() string { return string(d) }

// Short returns the algorithm and the first 12 hex digits, for people.
func (d Digest) Short() string {
	algorithm, hex, found := strings.Cut(string(d), ":")
	if !found || len(hex) <= 12 {
		return string(d)
	}
	return algorithm + ":" + hex[:12]
}
