package writeback_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

func TestFind(t *testing.T) {
	t.Parallel()
	nginx := manifest("x", "nginx:1.25.3")
	s := newSite(t, gittest.Files{"seed": "x"})
	_, err := s.repo.CommitEntries("main", "Fill", []gittest.Entry{
		{Path: "b.d/x.yaml", Mode: "100644", Data: nginx},
		{Path: "b.yaml", Mode: "100755", Data: nginx},
		{Path: "b/x.yaml", Mode: "100644", Data: nginx}, // the same blob under another name
		{Path: "broken.yaml", Mode: "100644", Data: "image: nginx:1.25.3\n  - x: : :\n"},
		{Path: "chart/Chart.yaml", Mode: "100644", Data: "apiVersion: v2\nname: web\n"},
		{Path: "chart/ci/test.yaml", Mode: "100644", Data: "image:\n  repository: nginx\n  tag: 1.25.3\n"},
		{Path: "nochart/ci/test.yaml", Mode: "100644", Data: "image:\n  repository: nginx\n  tag: 1.25.3\n"},
		{Path: "large.yaml", Mode: "100644", Data: "#" + strings.Repeat("x", 8<<20)},
		{Path: "large-with-references.yaml", Mode: "100644", Data: nginx + "#" + strings.Repeat("x", 1<<20)},
		{Path: "lfs.yaml", Mode: "100644", Data: "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("ab", 32) + "\nsize 100\n"},
		{Path: "link.yaml", Mode: "120000", Data: "b.yaml"},
		{Path: "link.txt", Mode: "120000", Data: "b.yaml"},
		{Path: "sub.yaml", Mode: "160000", Data: strings.Repeat("ab", 20)},
		{Path: "vendor/sub", Mode: "160000", Data: strings.Repeat("ab", 20)},
		{Path: "notes.txt", Mode: "100644", Data: "nginx:1.25.3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	repository, err := image.ParseRepository("nginx")
	if err != nil {
		t.Fatal(err)
	}
	scanner := newScanner(t, edit.Query{Images: []image.Repository{repository}})
	for _, faults := range []gittest.Faults{{}, {NoFilter: true}} {
		s.server.Set(faults)
		b := open(t, newWriter(), s.target)
		found, err := b.Find(t.Context(), scanner, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"b.d/x.yaml nginx 1.25.3", "b.yaml nginx 1.25.3", "b/x.yaml nginx 1.25.3", "chart/ci/test.yaml nginx 1.25.3"}
		if diff := cmp.Diff(want, places(found)); diff != "" {
			t.Errorf("found (-want +got):\n%s", diff)
		}
		wantNotes := []string{
			"large.yaml: is larger than 8 MiB and was not looked at", "lfs.yaml: is a Git LFS pointer",
			"link.yaml: is a symbolic link", "sub.yaml: is a submodule, which belongs to another repository",
			"vendor/sub: is a submodule, which belongs to another repository",
		}
		if diff := cmp.Diff(wantNotes, notes(found.Notes)); diff != "" {
			t.Errorf("notes (-want +got):\n%s", diff)
		}
		var refused []string
		for _, r := range found.Refused {
			refused = append(refused, r.Path)
		}
		if diff := cmp.Diff([]string{"broken.yaml", "large-with-references.yaml"}, refused); diff != "" {
			t.Errorf("refused (-want +got):\n%s", diff)
		}
		found, err = b.Find(t.Context(), scanner, edit.Paths{"b/**", "vendor/**"})
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Sites) != 1 || len(found.Notes) != 1 {
			t.Errorf("with paths: %v, %v", places(found), notes(found.Notes))
		}
	}
}

// TestFindRemembers counts the requests of a search that follows another.
func TestFindRemembers(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	b := open(t, newWriter(), s.target)
	scanner := newScanner(t, edit.Query{})
	find := func(s2 *edit.Scanner, sites int) {
		t.Helper()
		found, err := b.Find(t.Context(), s2, nil)
		if err != nil || len(found.Sites) != sites {
			t.Errorf("found %v, %v", places(found), err)
		}
	}
	requests := func(want int) {
		t.Helper()
		if got := len(s.server.Requests()); got != want {
			t.Errorf("%d requests, want %d", got, want)
		}
		s.server.Forget()
	}
	requests(1) // the refs
	find(scanner, 4)
	requests(2) // the trees and the blobs
	find(scanner, 4)
	find(newScanner(t, edit.Query{}), 4)
	requests(0)
	if moved, err := b.Refresh(t.Context()); moved || err != nil {
		t.Errorf("moved %v, %v", moved, err)
	}
	requests(1)
	s.commit(t, "main", gittest.Files{"apps/new/deploy.yaml": manifest("new", "nginx:1.26.0")})
	if moved, err := b.Refresh(t.Context()); !moved || err != nil || b.Tip() != s.tip(t, "main") {
		t.Errorf("moved %v, %v", moved, err)
	}
	requests(1)
	find(scanner, 5)
	requests(2)
	found, err := b.Find(t.Context(), scanner, nil)
	if err != nil {
		t.Fatal(err)
	}
	preview, err := b.Preview(t.Context(), []writeback.Commit{{Changes: to(found, "nginx", "1.27.4")}})
	if err != nil || len(preview.Files) != 3 || len(preview.Applied) != 3 {
		t.Errorf("preview of %d files, %v", len(preview.Files), err)
	}
	requests(0)
	if got := s.subjects(t, "main"); len(got) != 2 {
		t.Errorf("a preview has committed: %q", got)
	}
}

// TestFindInChunks asks for many small files and for large ones, of which fewer come at a time.
func TestFindInChunks(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		size, requests int
	}{
		{"small", 0, 2},
		{"large", 20_000, 1 + 2}, // of 500, and then of two hundred at most
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := gittest.Files{}
			for i := range 850 {
				files[fmt.Sprintf("apps/%04d.yaml", i)] = manifest(fmt.Sprint(i), "nginx:1.25.3") + strings.Repeat("#", test.size)
			}
			s := newSite(t, files)
			b := open(t, newWriter(), s.target)
			found, err := b.Find(t.Context(), newScanner(t, edit.Query{}), nil)
			if err != nil || len(found.Sites) != len(files) {
				t.Errorf("%d sites, %v", len(found.Sites), err)
			}
			if _, calls := s.server.Count(gittest.UploadPack); calls != 1+test.requests {
				t.Errorf("%d requests, want %d and one for the trees", calls, test.requests)
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	for _, name := range []string{"release/main", "maintenance", "other"} {
		if _, err := s.repo.Git("branch", name, "main"); err != nil {
			t.Fatal(err)
		}
	}
	empty := newSite(t, nil)
	tests := []struct {
		name   string
		change func(t *writeback.Target)
		want   string
	}{
		{name: "no such branch", change: func(t *writeback.Target) { t.Branch = "mian" }, want: `branch "mian" does not exist (did you mean main, release/main?)`},
		{name: "nothing like it", change: func(t *writeback.Target) { t.Branch = "zzzzzzzzzz" }, want: `branch "zzzzzzzzzz" does not exist`},
		{name: "empty", change: func(t *writeback.Target) { t.URL = empty.target.URL }, want: "the repository is empty: it needs a first commit"},
		{name: "no URL", change: func(t *writeback.Target) { t.URL = "" }, want: "no URL"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target := s.target
			test.change(&target)
			_, err := newWriter().Open(t.Context(), target)
			if err == nil || !strings.HasSuffix(err.Error(), test.want) {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
	t.Run("default branch", func(t *testing.T) {
		target := s.target
		target.Branch = ""
		if b := open(t, newWriter(), target); b.Name() != "main" {
			t.Errorf("branch %q", b.Name())
		}
		if _, err := s.repo.Git("symbolic-ref", "HEAD", "refs/heads/none"); err != nil {
			t.Fatal(err)
		}
		_, err := newWriter().Open(t.Context(), target)
		if err == nil || !strings.HasSuffix(err.Error(), "names no default branch: name one of main, maintenance, other, release/main") {
			t.Errorf("error %v", err)
		}
	})
}
