package policy_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Masterminds/semver/v3"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/policy"
)

// A range holds what it holds for the library, whichever way it is checked.
func TestRangeIsTheLibrarys(t *testing.T) {
	t.Parallel()
	number := rapid.SampledFrom([]string{"0", "1", "2", "3", "10"})
	term := rapid.Custom(func(t *rapid.T) string {
		numbers := rapid.SliceOfN(number, 1, 3).Draw(t, "numbers")
		return rapid.SampledFrom([]string{">=", "<", ">=", "<", ">", "<=", "=", "~", "^", "!="}).Draw(t, "operator") + strings.Join(numbers, ".")
	})
	rapid.Check(t, func(t *rapid.T) {
		source := strings.Join(rapid.SliceOfN(term, 1, 3).Draw(t, "terms"), rapid.SampledFrom([]string{" ", ",", ", "}).Draw(t, "and"))
		constraints, err := semver.NewConstraint(source)
		if err != nil {
			t.Fatal(err)
		}
		p, err := policy.New(policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: source}})
		if err != nil {
			t.Fatal(err)
		}
		tag := fmt.Sprintf("%s.%s.%s", number.Draw(t, "major"), number.Draw(t, "minor"), number.Draw(t, "patch"))
		held := p.Choose(policy.Current{}, []policy.Candidate{{Tag: tag}}, time.Time{}).Chosen == tag
		if want := constraints.Check(semver.MustParse(tag)); held != want {
			t.Errorf("%s in %q: got %t, want %t", tag, source, held, want)
		}
	})
}
