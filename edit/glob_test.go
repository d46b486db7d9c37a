package edit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/edit"
)

func TestPaths(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		globs   edit.Paths
		path    string
		match   bool
		dir     string
		contain bool
	}{
		{nil, "a/b.yaml", true, "a", true},
		{edit.Paths{"apps/web/**"}, "apps/web/x/y.yaml", true, "apps/web/x", true},
		{edit.Paths{"apps/web/**"}, "apps/web.yaml", false, "apps", true},
		{edit.Paths{"apps/web/**"}, "x/apps/web/y", false, "x", false},
		{edit.Paths{"apps/web/**"}, "apps/api/y", false, "apps/api", false},
		{edit.Paths{"apps/*/deploy.yaml"}, "apps/web/deploy.yaml", true, "apps/web", true},
		{edit.Paths{"apps/*/deploy.yaml"}, "apps/web/x/deploy.yaml", false, "apps/web/x", false},
		{edit.Paths{"**/deploy.yaml"}, "deploy.yaml", true, "any/where", true},
		{edit.Paths{"a/**/b/*.yaml"}, "a/b/c.yaml", true, "a/x/y", true},
		{edit.Paths{"a/**/b/*.yaml"}, "b/b/c.yaml", false, "b", false},
		{edit.Paths{"{apps,infra/x}/*.yaml"}, "infra/x/a.yaml", true, "infra", true},
		{edit.Paths{"clusters/{a,b}/**"}, "clusters/a/x", true, "clusters/a", true},
		{edit.Paths{"clusters/{a,b}/**"}, "clusters/c/x", false, "other", false},
		{edit.Paths{"a.yaml"}, "a.yaml", true, "a", false},
		{edit.Paths{"a.yaml"}, "b/a.yaml", false, "b", false},
		{edit.Paths{"x/*", "y/*"}, "y/a", true, "y", true},
		{edit.Paths{`a\[1]/*`}, "a[1]/x", true, "a[1]", true},
		{edit.Paths{"a[0-9]/*"}, "a5/x", true, "b5", false},
		{edit.Paths{"x/**"}, "y", false, "", true},
		{edit.Paths{"x/**"}, "y", false, ".", true},
	} {
		if got := test.globs.Match(test.path); got != test.match {
			t.Errorf("%q.Match(%q) = %v", test.globs, test.path, got)
		}
		if got := test.globs.MayContain(test.dir); got != test.contain {
			t.Errorf("%q.MayContain(%q) = %v", test.globs, test.dir, got)
		}
		for _, glob := range test.globs {
			if err := edit.CheckGlob(glob); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestFolders(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		globs edit.Paths
		want  []string
	}{
		{nil, nil},
		{edit.Paths{"apps/web/**", "infra/x.yaml"}, []string{"apps/web", "infra"}},
		{edit.Paths{"apps/web/**", "apps/*/x.yaml", "apps-2/y/z*"}, []string{"apps", "apps-2/y"}},
		{edit.Paths{"apps/**", "apps/**"}, []string{"apps"}},
		{edit.Paths{"apps/**", "*.yaml"}, nil},
		{edit.Paths{"apps/**", "a.yaml"}, nil},
		{edit.Paths{"clusters/{a,b}/x/**", "clusters/prod-*/**"}, []string{"clusters"}},
	} {
		if diff := cmp.Diff(test.want, test.globs.Folders()); diff != "" {
			t.Errorf("folders of %q (-want +got):\n%s", test.globs, diff)
		}
	}
}

// A walk that passes by folders in which nothing can match misses nothing.
func TestNoFolderOfAMatchIsPassedBy(t *testing.T) {
	t.Parallel()
	part := rapid.SampledFrom([]string{"a", "b", "ab", "*", "**", "a*", "?", "[ab]", "{a,b}", "{a,b/a}", `\a`, "a.yaml"})
	rapid.Check(t, func(t *rapid.T) {
		glob := strings.Join(rapid.SliceOfN(part, 1, 4).Draw(t, "glob"), "/")
		folders := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", "aa"}), 1, 5).Draw(t, "path")
		paths := edit.Paths{glob}
		if !paths.Match(strings.Join(folders, "/")) {
			return
		}
		for i := range folders {
			if dir := strings.Join(folders[:i], "/"); !paths.MayContain(dir) {
				t.Fatalf("%q matches %q but is said to hold nothing below %q", glob, folders, dir)
			}
		}
	})
}

func TestGlobErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ glob, want string }{
		{"", "is empty"},
		{"/etc/*", "begins with a slash"},
		{"a/", `names a folder, want "a/**"`},
		{"a/../b", "leaves the repository"},
		{"..", "leaves the repository"},
		{"{a,..}/b", "leaves the repository"},
		{"a[", "malformed"},
		{"{a", "malformed"},
		{`a\`, "malformed"},
	} {
		if err := edit.CheckGlob(test.glob); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("CheckGlob(%q) = %v, want an error with %q", test.glob, err, test.want)
		}
	}
}

// The index of targets by folder finds what comparing with each glob finds.
func TestTargetsOfAFile(t *testing.T) {
	t.Parallel()
	part := rapid.SampledFrom([]string{"a", "b", "*", "**", "a*", "{a,b}", `\a`, "[ab]"})
	folder := rapid.SampledFrom([]string{"a", "b", "ab"})
	rapid.Check(t, func(t *rapid.T) {
		var q edit.Query
		for range rapid.IntRange(0, 5).Draw(t, "targets") {
			glob := strings.Join(rapid.SliceOfN(part, 1, 4).Draw(t, "glob"), "/")
			q.Targets = append(q.Targets, edit.Target{File: glob, Key: "$.a"})
		}
		s, err := edit.NewScanner(q)
		if err != nil {
			t.Fatal(err)
		}
		path := strings.Join(rapid.SliceOfN(folder, 1, 4).Draw(t, "path"), "/")
		var want, got []int
		for i, target := range q.Targets {
			if (edit.Paths{target.File}).Match(path) {
				want = append(want, i)
			}
		}
		for _, f := range s.Find(edit.File{Path: path, Data: []byte("b: 1")}).TargetFiles {
			got = append(got, f.Target)
		}
		if !slices.Equal(want, got) || s.Wants(path) != (len(want) > 0) {
			t.Fatalf("targets of %q are %v, want %v", path, got, want)
		}
	})
}
