package policy

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// versionRange is a range of versions, checked against the first three numbers. The nil range holds all.
type versionRange struct {
	source      string
	constraints *semver.Constraints
	bounds      []bound // the same, nil where they cannot say it
}

// newVersionRange compiles a range. Pre-release parts are cut off, as guard.prerelease alone decides on pre-releases;
// cut is what was cut, "" if there was nothing or only the "-0" by which others ask for pre-releases.
func newVersionRange(source string) (r *versionRange, cut string, err error) {
	if strings.TrimSpace(source) == "" {
		return nil, "", errors.New("is empty")
	}
	plain, cut := cutPrereleases(source)
	constraints, err := semver.NewConstraint(plain)
	if err != nil {
		return nil, "", fmt.Errorf("%q is not a range of versions, want one like %q", source, ">=1.25 <2")
	}
	if strings.TrimSpace(plain) == "*" {
		return nil, cut, nil
	}
	return &versionRange{source: source, constraints: constraints, bounds: plainBounds(plain)}, cut, nil
}

// bound is the simplest part of a range: at least some version, or below it.
type bound struct {
	below   bool
	numbers [fullNumbers]uint64
}

var plainBound = regexp.MustCompile(`^(>=|<)([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?$`)

// plainBounds reads a range that is nothing but such bounds, as most are, so that a version can be checked without the
// library, which makes a text of each one. It returns nil for all others.
func plainBounds(source string) []bound {
	var bounds []bound
	for _, term := range strings.FieldsFunc(source, func(c rune) bool { return c == ' ' || c == ',' }) {
		match := plainBound.FindStringSubmatch(term)
		if match == nil {
			return nil
		}
		b := bound{below: match[1] == "<"}
		for i, digits := range match[2:] {
			b.numbers[i] = uint64(small(digits))
		}
		bounds = append(bounds, b)
	}
	return bounds
}

// holds reports whether the first three numbers of v lie in the range. A missing number is zero, and one that is larger
// than the library knows is as large as it knows.
func (r *versionRange) holds(v *version) bool {
	if r == nil {
		return true
	}
	var numbers [fullNumbers]uint64
	for i := range numbers {
		numbers[i] = clamp(v.number(i), math.MaxUint64)
	}
	if r.bounds == nil {
		return r.constraints.Check(semver.New(numbers[0], numbers[1], numbers[2], "", ""))
	}
	for _, b := range r.bounds {
		if below := slices.Compare(numbers[:], b.numbers[:]) < 0; below != b.below {
			return false
		}
	}
	return true
}

// cutPrereleases removes everything from the dash on of each version of a range. The dash of a range "1.2 - 1.4" stands
// between spaces.
func cutPrereleases(source string) (plain, cut string) {
	var kept strings.Builder
	for rest := source; rest != ""; {
		dash := dashBehindVersion(rest)
		if dash < 0 {
			kept.WriteString(rest)
			break
		}
		end := dash + 1
		for end < len(rest) && !strings.ContainsRune(" ,|<>=!~^\t", rune(rest[end])) {
			end++
		}
		kept.WriteString(rest[:dash])
		if part := rest[dash:end]; part != "-0" && cut == "" {
			cut = part
		}
		rest = rest[end:]
	}
	return kept.String(), cut
}

func dashBehindVersion(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] == '-' && (charClasses[s[i-1]] == digitChar || charClasses[s[i-1]] == letterChar || s[i-1] == '*') {
			return i
		}
	}
	return -1
}
