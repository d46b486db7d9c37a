package policy

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// scale is how one kind of policy reads texts, what it holds against them, and how it orders them.
type scale interface {
	// read reads the text of a candidate.
	read(p *parser, text string, c *Candidate) (*version, fault)
	// judge returns the first rule that is against moving to a version, of those between not-a-version and min-age. Of
	// a lower version than the current one it is RuleOlder.
	judge(r *round, to *version) Rule
	// compare orders two versions, the better one being the larger. Ties are for others to break.
	compare(a, b *version) int
}

// compareEntries orders two candidates: by their versions, then by the rules for ties.
func (r *round) compareEntries(a, b *entry) int {
	if c := r.policy.scale.compare(a.version, b.version); c != 0 {
		return c
	}
	if a.tag == r.current.Tag || b.tag == r.current.Tag {
		return compareBool(a.tag == r.current.Tag, b.tag == r.current.Tag)
	}
	return cmp.Or(
		cmp.Compare(a.version.numbers, b.version.numbers),
		compareBool(b.version.marked, a.version.marked),
		cmp.Compare(len(b.tag), len(a.tag)),
		strings.Compare(b.tag, a.tag),
	)
}

// newScale compiles what a policy selects.
func newScale(s Spec, wrong *faults) (scale, []string) {
	if s.Select == (Select{}) {
		return &versionScale{guard: s.Guard}, nil
	}
	kind := s.Select.Kind
	if kind == "" {
		kind = Semver
	}
	field := "select." + string(kind)
	made, warnings, err := compileSelect(kind, s)
	wrong.add(field, err)
	if kind == Numeric || kind == Alphabetical || kind == Newest || kind == FollowDigest {
		refuseVersionGuards(s.Guard, kind, wrong)
	}
	if s.Guard.Downgrade && kind != Semver {
		wrong.addf("guard.downgrade", "needs select.semver, whose range says when to move down")
	}
	return made, warnings
}

func compileSelect(kind Kind, s Spec) (made scale, warnings []string, err error) {
	arg := s.Select.Arg
	switch kind {
	case Semver:
		within, cut, err := newVersionRange(arg)
		if cut != "" {
			warnings = append(warnings, fmt.Sprintf("select.semver: %q in %q is not looked at: guard.prerelease alone decides on pre-releases", cut, arg))
		}
		return &versionScale{guard: s.Guard, within: within}, warnings, err
	case Calver:
		format, err := newFormat(arg)
		return &versionScale{guard: s.Guard, format: format}, nil, err
	case Numeric:
		descending, err := direction(arg)
		return &numericScale{descending: descending}, nil, err
	case Alphabetical:
		descending, err := direction(arg)
		return &alphabeticalScale{descending: descending}, withoutMatch(s), err
	case Newest:
		return newNewestScale(arg, s)
	case FollowDigest:
		return nil, nil, image.CheckTag(arg)
	}
	return nil, nil, fmt.Errorf("unknown kind %q, want semver, calver, numeric, alphabetical, newest or digest", kind)
}

// direction reads the argument of a kind that can be turned round.
func direction(arg string) (descending bool, err error) {
	switch arg {
	case "ascending":
		return false, nil
	case "descending":
		return true, nil
	case "":
		return false, errors.New("is empty, want ascending or descending")
	}
	return false, fmt.Errorf("unknown order %q, want ascending or descending", arg)
}

// withoutMatch warns of a kind that takes whatever there is: one odd tag is enough to win.
func withoutMatch(s Spec) []string {
	if s.Match != "" {
		return nil
	}
	return []string{fmt.Sprintf("select.%s: without tags.match every tag of the image is a candidate", s.Select.Kind)}
}
