package edit_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/edit"
)

// A Matcher says what the globs say one by one.
func TestMatcherIsPaths(t *testing.T) {
	t.Parallel()
	part := rapid.SampledFrom([]string{"a", "b", "ab", "*", "**", "a*", "?", "[ab]", "{a,b}", "{a,b/a}", `\a`, "a.yaml"})
	rapid.Check(t, func(t *rapid.T) {
		var paths edit.Paths
		for range rapid.IntRange(0, 4).Draw(t, "globs") {
			paths = append(paths, strings.Join(rapid.SliceOfN(part, 1, 4).Draw(t, "glob"), "/"))
		}
		m := paths.Matcher()
		path := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", "aa", "a.yaml"}), 1, 5).Draw(t, "path"), "/")
		if got, want := m.Match(path), paths.Match(path); got != want {
			t.Errorf("%q: Match(%q) = %v, want %v", paths, path, got, want)
		}
		for _, dir := range []string{path, "", "."} {
			if got, want := m.MayContain(dir), paths.MayContain(dir); got != want {
				t.Errorf("%q: MayContain(%q) = %v, want %v", paths, dir, got, want)
			}
		}
	})
}

// BenchmarkMatcher is the paths of ten thousand policies, each with a folder of its own.
func BenchmarkMatcher(b *testing.B) {
	var paths edit.Paths
	for i := range 10_000 {
		paths = append(paths, fmt.Sprintf("apps/app-%05d/**", i))
	}
	m := paths.Matcher()
	for b.Loop() {
		if m.MayContain("apps/other") || !m.Match("apps/app-09999/deploy.yaml") {
			b.Fatal("wrong")
		}
	}
}
