package git_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback/git"
)

// logOf reads the history of branches; the first one is looked at, without what the others have.
func logOf(t *testing.T, remote *git.Remote, depth int, branches ...string) (subjects []string, cut bool) {
	t.Helper()
	refs, err := remote.Refs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var tips []git.Hash
	for _, name := range branches {
		tip, ok := refs.Tip("refs/heads/" + name)
		if !ok {
			t.Fatalf("no %s among %v", name, refs.Branches())
		}
		tips = append(tips, tip)
	}
	log, err := remote.Log(t.Context(), tips, depth, git.Hash{})
	if err != nil {
		t.Fatal(err)
	}
	commits, cut := log.Back(tips[0], tips[1:]...)
	for _, c := range commits {
		subject, _, _ := strings.Cut(c.Message, "\n")
		subjects = append(subjects, subject)
	}
	return subjects, cut
}

// The commits come by one request, without a tree or a file, and stop where they were told to.
func TestLogIsCommitsAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		faults gittest.Faults
		depth  int
		most   int64 // bytes
		want   []string
		cut    bool
	}{
		{name: "whole", depth: 100, most: 1000, want: []string{"Two", "One", "Begin"}},
		{name: "cut", depth: 2, most: 1000, want: []string{"Two", "One"}, cut: true},
		{name: "no filter", faults: gittest.Faults{NoFilter: true}, depth: 2, most: 100_000, want: []string{"Two", "One"}, cut: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, many(500))
			for _, message := range []string{"One\n\nbody", "Two"} {
				if _, err := s.repo.Commit("main", message, gittest.Files{"other.txt": message}); err != nil {
					t.Fatal(err)
				}
			}
			s.server.Set(test.faults)
			got, cut := logOf(t, open(t, git.Options{URL: s.url}), test.depth, "main")
			if diff := cmp.Diff(test.want, got); diff != "" || cut != test.cut {
				t.Errorf("cut %v, want %v; log (-want +got):\n%s", cut, test.cut, diff)
			}
			if bytes := answered(s.server); bytes > test.most {
				t.Errorf("%d bytes were sent, want at most %d", bytes, test.most)
			}
			if _, calls := s.server.Count(gittest.UploadPack); calls != 1 {
				t.Errorf("%d requests, want 1", calls)
			}
		})
	}
}

// What was merged is among the history, by its time, and never in front of what it was built on.
func TestLogOfMerges(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	var stream strings.Builder
	commit := func(branch, message string, when int, parents ...int) {
		mark := strings.Count(stream.String(), "\nmark ") + 1
		fmt.Fprintf(&stream, "commit refs/heads/%s\nmark :%d\nauthor An Author <a@example.com> 5 +0200\ncommitter A Person <p@example.com> %d +0000\ndata %d\n%s\n",
			branch, mark, when, len(message), message)
		for i, parent := range parents {
			fmt.Fprintf(&stream, "%s :%d\n", []string{"from", "merge"}[min(i, 1)], parent)
		}
		fmt.Fprintf(&stream, "M 100644 inline %s\ndata 1\nx\n\n", strings.ReplaceAll(message, " ", "-"))
	}
	commit("main", "root", 100)
	commit("main", "main 1", 200, 1)
	commit("side", "side 1", 150, 1)
	commit("side", "side by a late clock", 900, 3)
	commit("main", "merge", 300, 2, 4)
	commit("main", "main 2", 400, 5)
	commit("image-updater/web", "ours", 450, 6)
	if err := s.repo.Import([]byte(stream.String())); err != nil {
		t.Fatal(err)
	}
	remote := open(t, git.Options{URL: s.url})
	got, cut := logOf(t, remote, 100, "main")
	if diff := cmp.Diff([]string{"main 2", "merge", "side by a late clock", "main 1", "side 1", "root"}, got); diff != "" || cut {
		t.Errorf("cut %v, log (-want +got):\n%s", cut, diff)
	}
	if got, _ := logOf(t, remote, 100, "image-updater/web", "main"); !cmp.Equal(got, []string{"ours"}) {
		t.Errorf("on a branch and not on main: %q", got)
	}
	if got, cut := logOf(t, remote, 100, "main", "image-updater/web"); len(got) > 0 || cut {
		t.Errorf("on main and not on what is built on it: %q", got)
	}
}

func TestLoggedPerson(t *testing.T) {
	t.Parallel()
	c := git.Logged{Author: "A > Person <a@example.com> 1 +0000", Committer: "B <b@example.com> 1767225600 +0200"}
	if c.AuthorName() != "A > Person" || c.When().Format("2006-01-02 15:04 MST") != "2026-01-01 00:00 UTC" {
		t.Errorf("%q, %v", c.AuthorName(), c.When())
	}
	for _, committer := range []string{"", "B <b@example.com>", "B <b@example.com> soon +0000"} {
		if c := (git.Logged{Committer: committer}); !c.When().IsZero() {
			t.Errorf("%q: %v", committer, c.When())
		}
	}
}

// A commit is told by who made it what it is, with the addresses of others and without.
func TestLoggedMaker(t *testing.T) {
	t.Parallel()
	we := git.Signature{Name: "image-updater", Email: "bot@acme.example"}
	const ours, later, ann = "image-updater <bot@acme.example> 1 +0000", "image-updater <bot@acme.example> 2 +0000", "Ann <ann@acme.example> 2 +0000"
	for _, test := range []struct {
		author, committer, maker string
		made                     bool
	}{
		{ours, ours, "image-updater", true},
		{ours, later, "image-updater", false},
		{ours, ann, "Ann", false},
		{ann, ours, "Ann", false},
		{ann, ann, "Ann", false},
		{"image-updater <other@acme.example> 1 +0000", "image-updater <other@acme.example> 1 +0000", "image-updater", false},
	} {
		whole := git.Logged{Author: test.author, Committer: test.committer}
		brief := whole.Brief(we)
		for _, c := range []git.Logged{whole, brief} {
			if c.Maker(we) != test.maker || c.MadeBy(we) != test.made || !c.When().Equal(whole.When()) {
				t.Errorf("%q: maker %q, made %v, %v", c, c.Maker(we), c.MadeBy(we), c.When())
			}
		}
		if strings.Contains(brief.Author+brief.Committer, "ann@") {
			t.Errorf("an address is left: %q", brief)
		}
	}
}
