package policy

import (
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"
	"pgregory.net/rapid"
)

// A range holds what the library says that it holds.
func TestRangeIsTheLibrarys(t *testing.T) {
	t.Parallel()
	number := rapid.SampledFrom([]string{"0", "0", "1", "2", "3", "9", "10", "11", "18446744073709551614", "18446744073709551615"})
	dotted := func(t *rapid.T, least int) string {
		return strings.Join(rapid.SliceOfN(number, least, 3).Draw(t, "numbers"), ".")
	}
	one := rapid.Custom(func(t *rapid.T) string {
		version := rapid.SampledFrom([]string{"", "", "v"}).Draw(t, "v") + dotted(t, 1) + rapid.SampledFrom([]string{"", "", "", ".x", ".*"}).Draw(t, "wildcard")
		if rapid.IntRange(0, 5).Draw(t, "hyphen?") == 0 {
			return version + " - " + dotted(t, 1)
		}
		return rapid.SampledFrom([]string{"", "=", "!=", ">", "<", ">=", "<=", "~", "~>", "^", "=>", "=<"}).Draw(t, "operator") + version
	})
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(one, 1, 3).Draw(t, "parts")
		source := strings.Join(parts, rapid.SampledFrom([]string{" ", ", ", " || "}).Draw(t, "joined by"))
		constraints, err := semver.NewConstraint(source)
		r, _, ours := newVersionRange(source)
		if (err == nil) != (ours == nil) {
			t.Fatalf("%q: library %v, ours %v", source, err, ours)
		}
		if err != nil {
			return
		}
		for range 20 {
			text := dotted(t, 3)
			v, f := newParser().parse(text)
			if f != noFault {
				t.Fatalf("%s: fault %d", text, f)
			}
			if want := constraints.Check(semver.MustParse(text)); r.has(v) != want {
				t.Fatalf("%q holds %s: %v, the library says %v", source, text, !want, want)
			}
		}
	})
}
