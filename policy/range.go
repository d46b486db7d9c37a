package policy

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// versionRange is a range of versions, checked against the first three numbers. The nil range holds all.
//
// The library takes a microsecond to check one version. So it is asked only once about each place where a range can begin
// or end, which are few and follow from the versions written in it; between two such places its answer stays.
type versionRange struct {
	source string
	from   []release // ascending; the first is the lowest there is
	holds  []bool    // whether the range holds the versions from the same index on
}

// release is the first three numbers of a version.
type release [fullNumbers]uint64

func compareReleases(a, b release) int { return slices.Compare(a[:], b[:]) }

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
	r = &versionRange{source: source, from: edges(plain)}
	for _, p := range r.from {
		r.holds = append(r.holds, constraints.Check(semver.New(p[0], p[1], p[2], "", "")))
	}
	return r, cut, nil
}

// edges returns where a range may begin or end: at each version written in it, and where that one's patch, minor and
// major numbers begin and end.
func edges(source string) []release {
	found := []release{{}}
	for version := range strings.FieldsFuncSeq(source, func(c rune) bool { return c != '.' && (c < '0' || c > '9') }) {
		var at release
		for i, digits := range strings.SplitN(version, ".", fullNumbers+1) {
			if i < fullNumbers {
				at[i] = clamp(digits, math.MaxUint64)
			}
		}
		for i := range at {
			start := release{}
			copy(start[:], at[:i+1])
			end := start
			if end[i] < math.MaxUint64 {
				end[i]++
			}
			found = append(found, start, end)
		}
	}
	slices.SortFunc(found, compareReleases)
	return slices.Compact(found)
}

// has reports whether the first three numbers of v lie in the range. A missing number is zero, and one that is larger
// than the library knows is as large as it knows.
func (r *versionRange) has(v *version) bool {
	if r == nil {
		return true
	}
	var at release
	for i := range at {
		at[i] = clamp(v.number(i), math.MaxUint64)
	}
	i, exact := slices.BinarySearchFunc(r.from, at, compareReleases)
	if !exact {
		i--
	}
	return r.holds[i]
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
