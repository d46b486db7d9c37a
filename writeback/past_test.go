package writeback_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

// gistOf leaves the first line of a message.
func gistOf(message string) string {
	subject, _, _ := strings.Cut(message, "\n")
	return subject
}

func read(t *testing.T, b *writeback.Branch, depth int) writeback.Log {
	t.Helper()
	log, err := b.History(t.Context(), depth)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// What one process has read of the history, or has written, the next one does not ask for.
func TestKeptHistory(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	for i := range 3 {
		k.commit(t, "main", gittest.Files{"other.txt": fmt.Sprint(i)})
	}
	history := func(what string, depth, wantCommits, wantCalls int) {
		t.Helper()
		_, calls := k.process(t, func(b *writeback.Branch, _ *edit.Scanner) {
			if got := read(t, b, depth); len(got.Commits) != wantCommits {
				t.Errorf("%s: %d commits, want %d", what, len(got.Commits), wantCommits)
			}
		})
		if calls != wantCalls {
			t.Errorf("%s: %d requests, want %d", what, calls, wantCalls)
		}
	}
	history("cold", 100, 4, 1)
	history("nothing new", 100, 4, 0)
	history("less deep", 2, 2, 0)
	history("as deep as ever", 100, 4, 0)
	k.commit(t, "main", gittest.Files{"other.txt": "x"})
	history("a commit of somebody else", 100, 5, 1)
	for _, r := range k.server.Requests() {
		if r.Out > 500 {
			t.Errorf("%d bytes were sent for one commit", r.Out)
		}
	}
	k.publish(t, "1.27.4", 3)
	history("after a push of ours that did not look", 100, 6, 0)
	k.commit(t, "main", gittest.Files{"teams/web/app-07/deploy.yaml": manifest("new", "nginx:1.27.4")})
	k.find(t, "a file of somebody else", 2)
	history("after a search that did not look", 100, 7, 0)
	k.commit(t, "main", gittest.Files{"other.txt": "y"})
	_, calls := k.process(t, func(b *writeback.Branch, s *edit.Scanner) {
		_, err := b.Publish(t.Context(), writeback.Publication{Scanner: s, Paths: teamPaths, Decide: bump("nginx", "1.27.5")})
		if got := read(t, b, 100); err != nil || len(got.Commits) != 9 {
			t.Errorf("%d commits, %v, want 9", len(got.Commits), err)
		}
	})
	if calls != 2 {
		t.Errorf("%d requests for a push with its history, want 2: what came since, and the files", calls)
	}
	history("after a push of ours", 100, 9, 0)
	k.fsck(t)
}

// chronicle writes random commits without files, with merges, into a repository.
type chronicle struct {
	*rapid.T
	site *site
	ids  []string // so far
}

func (c *chronicle) commit(t *testing.T) {
	var stream strings.Builder
	parents := rapid.SliceOfNDistinct(rapid.SampledFrom(c.ids), 1, min(3, len(c.ids)), rapid.ID[string]).Draw(c.T, "parents")
	// Times are no order: clocks differ.
	when := rapid.IntRange(1767225600, 1767225610).Draw(c.T, "when")
	name := rapid.SampledFrom([]string{"A", "B C", "É"}).Draw(c.T, "name")
	body := fmt.Sprintf("Change %d\n\nbody", len(c.ids))
	fmt.Fprintf(&stream, "commit refs/heads/new\nauthor %s <a@example.com> %d +0000\ncommitter %s <b@example.com> %d +0200\ndata %d\n%s\nfrom %s\n",
		name, when-5, name, when, len(body), body, parents[0])
	for _, parent := range parents[1:] {
		fmt.Fprintf(&stream, "merge %s\n", parent)
	}
	stream.WriteString("\n")
	if err := c.site.repo.Import([]byte(stream.String())); err != nil {
		t.Fatal(err)
	}
	c.ids = append(c.ids, c.site.tip(t, "new"))
	if _, err := c.site.repo.Git("update-ref", "-d", "refs/heads/new"); err != nil { // the next one may not follow this one
		t.Fatal(err)
	}
}

// TestKeptHistoryChangesNothing reads the history by one process after the other, while the branch goes on, forks, merges and
// is rewritten, with what was kept and without: both are the same.
func TestKeptHistoryChangesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, gittest.Files{"a.yaml": "x\n"})
	begin := s.tip(t, "main")
	rapid.Check(t, func(rt *rapid.T) {
		folder := t.TempDir()
		s.server.Set(rapid.SampledFrom([]gittest.Faults{{}, {}, {NoFilter: true}, {NoTreeFilter: true}, {Azure: true}}).Draw(rt, "server"))
		c := &chronicle{T: rt, site: s, ids: []string{begin}}
		for range rapid.IntRange(1, 3).Draw(rt, "processes") {
			for range rapid.IntRange(0, 3).Draw(rt, "commits") {
				c.commit(t)
			}
			tip := c.ids[len(c.ids)-1]
			if rapid.IntRange(0, 3).Draw(rt, "force") == 0 {
				tip = rapid.SampledFrom(c.ids).Draw(rt, "to")
			}
			if err := s.repo.SetTip("main", tip); err != nil {
				t.Fatal(err)
			}
			w := newWriter()
			w.Scans, w.Gist = folder, gistOf
			kept := mustOpen(t, w, s.target)
			if rapid.Bool().Draw(rt, "trees first") {
				searched(t, kept, newScanner(t, edit.Query{}), nil)
			}
			for _, depth := range rapid.SliceOfN(rapid.SampledFrom([]int{1, 2, 3, 4, 100}), 0, 2).Draw(rt, "depths") {
				knowsNothing := newWriter()
				knowsNothing.Gist = gistOf
				fresh := mustOpen(t, knowsNothing, s.target)
				if diff := cmp.Diff(read(t, fresh, depth), read(t, kept, depth)); diff != "" {
					rt.Fatalf("history of depth %d (-fresh +kept):\n%s", depth, diff)
				}
				mustClose(t, fresh)
			}
			mustClose(t, kept)
		}
	})
}
