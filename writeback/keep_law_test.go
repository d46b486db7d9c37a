package writeback_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

// The places and contents of the histories of TestKeptScansChangeNothing.
var (
	lawFolders = []string{"", "a/", "a/b/", "a/b/c/", "a/x/", "b/", "b/b/"}
	lawNames   = []string{"deploy.yaml", "values.yaml", "ci.yaml", "Dockerfile", "Chart.yaml", "notes.txt"}
	lawData    = []string{
		manifest("one", "nginx:1.25.3"), manifest("two", "nginx:1.26.0") + "---\n" + manifest("three", "redis:7"),
		"image:\n  repository: nginx\n  tag: 1.25.3\n", "FROM nginx:1.25.3\n", "image: nginx:1.25.3\n  - x: : :\n", "nothing\n",
		"# image-updater: web:tag\ntag: 1.25.3\n", "",
	}
)

// history writes random commits into a repository.
type history struct {
	*rapid.T
	site *site
	tips []string // so far
}

func (h *history) path(what string) string {
	return rapid.SampledFrom(lawFolders).Draw(h.T, what+" folder") + rapid.SampledFrom(lawNames).Draw(h.T, what)
}

// commit changes some files, and sometimes moves a folder or puts something else in its place.
func (h *history) commit(t *testing.T) {
	var stream strings.Builder
	fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter A <a@example.com> %d +0000\ndata 0\nfrom refs/heads/main^0\n", 1767225600+len(h.tips))
	for range rapid.IntRange(1, 3).Draw(h.T, "changes") {
		file, data := h.path("file"), rapid.SampledFrom(lawData).Draw(h.T, "data")
		switch rapid.SampledFrom([]string{"file", "file", "file", "program", "link", "submodule", "delete", "move", "folder"}).Draw(h.T, "change") {
		case "file":
			fmt.Fprintf(&stream, "M 100644 inline %s\ndata %d\n%s\n", file, len(data), data)
		case "program":
			fmt.Fprintf(&stream, "M 100755 inline %s\ndata %d\n%s\n", file, len(data), data)
		case "link":
			fmt.Fprintf(&stream, "M 120000 inline %s\ndata 1\nx\n", file)
		case "submodule":
			fmt.Fprintf(&stream, "M 160000 %s %s\n", strings.Repeat("ab", 20), file)
		case "delete":
			fmt.Fprintf(&stream, "D %s\n", file)
		case "move":
			fmt.Fprintf(&stream, "M 100644 inline elsewhere/deploy.yaml\ndata %d\n%s\nR elsewhere a/moved\n", len(data), data)
		case "folder": // takes the place of what was there
			fmt.Fprintf(&stream, "M 100644 inline b/%s/deploy.yaml\ndata %d\n%s\n", rapid.SampledFrom(lawNames).Draw(h.T, "name"), len(data), data)
		}
	}
	if err := h.site.repo.Import([]byte(stream.String())); err != nil {
		t.Fatal(err)
	}
	h.tips = append(h.tips, h.site.tip(t, "main"))
}

// TestKeptScansChangeNothing runs one process after the other on random histories, with kept scans and without, and beside
// them a branch that stays open: all find the same, and what they write is the same to the last bit.
func TestKeptScansChangeNothing(t *testing.T) {
	t.Parallel()
	nginx, err := image.ParseRepository("nginx")
	if err != nil {
		t.Fatal(err)
	}
	queries := []edit.Query{
		{}, {Images: []image.Repository{nginx}},
		{Images: []image.Repository{nginx}, Markers: map[string]image.Repository{"web": nginx},
			Targets: []edit.Target{{Policy: "web", Image: nginx, File: "a/**/*.txt", Regexp: "nginx:(.*)"}}},
	}
	s := newSite(t, gittest.Files{"a/b/deploy.yaml": lawData[0], "b/values.yaml": lawData[2], "a/b/c/ci.yaml": lawData[2]})
	begin := s.tip(t, "main")
	folder := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		if err := s.repo.SetTip("main", begin); err != nil {
			t.Fatal(err)
		}
		faults := rapid.SampledFrom([]gittest.Faults{{}, {}, {NoTreeFilter: true}, {NoFilter: true}, {Azure: true}}).Draw(rt, "server")
		s.server.Set(faults)
		h := &history{T: rt, site: s, tips: []string{begin}}
		scanner := newScanner(t, rapid.SampledFrom(queries).Draw(rt, "query"))
		paths := rapid.SampledFrom([]edit.Paths{nil, {"a/**"}, {"a/b/*", "b/**"}, {"*/b/**", "a/b/c/ci.yaml"}, {"a/b/c/**"}}).Draw(rt, "paths")
		var stays *writeback.Branch
		if rapid.Bool().Draw(rt, "stays") {
			stays = mustOpen(t, newWriter(), s.target)
			defer mustClose(t, stays)
		}
		for range rapid.IntRange(1, 2).Draw(rt, "steps") {
			if rapid.IntRange(0, 3).Draw(rt, "force") == 0 {
				if err := s.repo.SetTip("main", rapid.SampledFrom(h.tips).Draw(rt, "back to")); err != nil {
					t.Fatal(err)
				}
			}
			if rapid.IntRange(0, 4).Draw(rt, "still") > 0 {
				h.commit(t)
			}
			fresh := mustOpen(t, newWriter(), s.target)
			want := searched(t, fresh, scanner, paths)
			mustClose(t, fresh)
			if stays != nil {
				if _, err := stays.Refresh(t.Context()); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, searched(t, stays, scanner, paths), ignorePlace); diff != "" {
					rt.Fatalf("a branch that stays open finds (-fresh +it):\n%s", diff)
				}
			}
			w := newWriter()
			w.Scans = folder
			b := mustOpen(t, w, s.target)
			if diff := cmp.Diff(want, searched(t, b, scanner, paths), ignorePlace); diff != "" {
				rt.Fatalf("with a kept scan one finds (-fresh +kept):\n%s", diff)
			}
			if rapid.Bool().Draw(rt, "publish") {
				publishBoth(t, rt, s, b, scanner, paths, fmt.Sprintf("1.30.%d", rapid.IntRange(0, 3).Draw(rt, "tag")))
				h.tips = append(h.tips, s.tip(t, "main"))
			}
			mustClose(t, b)
		}
	})
	s.fsck(t)
}

// mustOpen is open for branches of which there are too many to leave open until the end.
func mustOpen(t *testing.T, w *writeback.Writer, target writeback.Target) *writeback.Branch {
	t.Helper()
	b, err := w.Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustClose(t *testing.T, b *writeback.Branch) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func searched(t *testing.T, b *writeback.Branch, scanner *edit.Scanner, paths edit.Paths) edit.Found {
	t.Helper()
	found, err := b.Find(t.Context(), scanner, paths)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// publishBoth writes a tag to main with what was kept, and the same to another branch without.
func publishBoth(t *testing.T, rt *rapid.T, s *site, kept *writeback.Branch, scanner *edit.Scanner, paths edit.Paths, tag string) {
	t.Helper()
	if err := s.repo.SetTip("plain", s.tip(t, "main")); err != nil {
		t.Fatal(err)
	}
	target := s.target
	target.Branch = "plain"
	publish := func(b *writeback.Branch) writeback.Published {
		published, err := b.Publish(t.Context(), writeback.Publication{Scanner: scanner, Paths: paths, Decide: bump("nginx", tag)})
		if err != nil {
			t.Fatal(err)
		}
		return published
	}
	fresh := mustOpen(t, newWriter(), target)
	defer mustClose(t, fresh)
	plain, withScan := publish(fresh), publish(kept)
	if s.tip(t, "plain") != s.tip(t, "main") || len(plain.Commits) != len(withScan.Commits) {
		rt.Fatalf("with a kept scan main is at %s, without at %s", s.tip(t, "main"), s.tip(t, "plain"))
	}
	withScan.Branch = plain.Branch
	if diff := cmp.Diff(plain.Preview, withScan.Preview, ignorePlace); diff != "" {
		rt.Fatalf("published (-fresh +kept):\n%s", diff)
	}
	if !slices.Contains([]int{0, 1}, withScan.Attempts) {
		rt.Fatalf("%d attempts", withScan.Attempts)
	}
}
