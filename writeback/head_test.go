package writeback_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

const head = "image-updater/nginx"

func publishHead(t *testing.T, s *site, tag string) (writeback.Published, error) {
	t.Helper()
	b := open(t, newWriter(), s.target)
	return b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Head: head, Decide: bump("nginx", tag)})
}

func mustPublishHead(t *testing.T, s *site, tag string, attempts int) writeback.Published {
	t.Helper()
	got, err := publishHead(t, s, tag)
	if err != nil {
		t.Fatal(err)
	}
	if got.Branch != head || got.Tip != s.tip(t, head) || got.Attempts != attempts || (len(got.Commits) == 1) != (attempts > 0) {
		t.Errorf("published %s at %s (stands at %s), %d commits in %d attempts, want %d",
			got.Branch, got.Tip, s.tip(t, head), len(got.Commits), got.Attempts, attempts)
	}
	return got
}

func TestHead(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	base := s.tip(t, "main")

	first := mustPublishHead(t, s, "1.27.4", 1)
	if diff := cmp.Diff([]string{"Update nginx to 1.27.4", "Begin"}, s.subjects(t, head)); diff != "" {
		t.Error(diff)
	}
	if s.tip(t, "main") != base {
		t.Error("the base was written")
	}

	// The same again: nothing to do, also when the base has moved elsewhere.
	if again := mustPublishHead(t, s, "1.27.4", 0); again.Tip != first.Tip {
		t.Errorf("the branch moved to %s", again.Tip)
	}
	s.commit(t, "main", gittest.Files{"README.md": "moved\n"})
	if again := mustPublishHead(t, s, "1.27.4", 0); again.Tip != first.Tip || len(again.Preview.Files) != 2 {
		t.Errorf("the branch moved to %s; preview of %d files", again.Tip, len(again.Preview.Files))
	}

	// A newer tag: rebuilt from the tip of the base, not put on top.
	mustPublishHead(t, s, "1.28.0", 1)
	if diff := cmp.Diff([]string{"Update nginx to 1.28.0", "Somebody else", "Begin"}, s.subjects(t, head)); diff != "" {
		t.Error(diff)
	}
	// One of the files is done by hand on the base: the branch has a change too many.
	s.commit(t, "main", gittest.Files{"apps/web/deploy.yaml": manifest("web", "nginx:1.28.0")})
	mustPublishHead(t, s, "1.28.0", 1)
	if got := s.subjects(t, "main.."+head); len(got) != 1 {
		t.Errorf("log %q", got)
	}
	// Merged: the branch has nothing that the base has not, and may be built anew.
	if err := s.repo.SetTip("main", s.tip(t, head)); err != nil {
		t.Fatal(err)
	}
	got, err := publishHead(t, s, "1.28.0")
	if err != nil || len(got.Commits) != 0 || got.Attempts != 0 {
		t.Errorf("after the merge: %+v, %v", got, err)
	}
	mustPublishHead(t, s, "1.29.0", 1)
	s.fsck(t)
}

func TestHeadOfOthers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		change  func(t *testing.T, s *site) string // returns the commit that is not ours
		subject string
	}{
		{
			name: "commit on top", subject: "Somebody else",
			change: func(t *testing.T, s *site) string {
				return s.commit(t, head, gittest.Files{"README.md": "mine\n"})
			},
		},
		{
			name: "commit below one like ours", subject: "Somebody else",
			change: func(t *testing.T, s *site) string {
				id := s.commit(t, head, gittest.Files{"README.md": "mine\n"})
				const who = "image-updater <bot@acme.example> 1767312000 +0000"
				const message = "Update x\n\nImage-Updater-Change: a b 1 -> 2\n"
				stream := fmt.Sprintf("commit refs/heads/%[1]s\nauthor %[2]s\ncommitter %[2]s\ndata %[3]d\n%[4]s\nfrom refs/heads/%[1]s^0\n"+
					"M 100644 inline x\ndata 1\ny\n", head, who, len(message), message)
				if err := s.repo.Import([]byte(stream)); err != nil {
					t.Fatal(err)
				}
				return id
			},
		},
		{
			name: "reverted", subject: `Revert "Update nginx to 1.27.4"`,
			change: func(t *testing.T, s *site) string {
				id, err := s.repo.Commit(head, "Revert \"Update nginx to 1.27.4\"\n\nThis reverts commit "+s.tip(t, head)+".\n", fleet())
				if err != nil {
					t.Fatal(err)
				}
				return id
			},
		},
		{
			name: "somebody's branch of that name", subject: "Somebody else",
			change: func(t *testing.T, s *site) string {
				if err := s.repo.SetTip(head, s.tip(t, "main")); err != nil {
					t.Fatal(err)
				}
				return s.commit(t, head, gittest.Files{"README.md": "mine\n"})
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, fleet())
			mustPublishHead(t, s, "1.27.4", 1)
			theirs := test.change(t, s)
			tip := s.tip(t, head)
			got, err := publishHead(t, s, "1.28.0")
			occupied, ok := errors.AsType[*writeback.OccupiedError](err)
			if !ok || occupied.Commit != theirs || occupied.Subject != test.subject || occupied.Branch != head {
				t.Errorf("error %v, want one about %s", err, theirs)
			}
			if !strings.Contains(err.Error(), `branch "image-updater/nginx" is not overwritten: commit `+theirs[:10]) {
				t.Errorf("error %v", err)
			}
			if s.tip(t, head) != tip || got.Attempts != 0 {
				t.Errorf("the branch was written in %d attempts", got.Attempts)
			}
		})
	}
}

// TestHeadTakenOver has a person make one of our commits his own, its trailers and often its author kept.
func TestHeadTakenOver(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		commands [][]string // of git, in a clone that stands at our commit beside a new file
	}{
		{name: "amended", commands: [][]string{{"add", "mine.txt"}, {"commit", "-q", "--amend", "--no-edit"}}},
		{name: "amended as its author", commands: [][]string{
			{"add", "mine.txt"}, {"commit", "-q", "--amend", "--no-edit", "--reset-author"}}},
		{name: "reworded", commands: [][]string{{"commit", "-q", "--amend", "-m", "Mine\n\nImage-Updater-Change: a b 1 -> 2\n"}}},
		{name: "rebased", commands: [][]string{{"rebase", "-q", "origin/main"}}},
		{name: "rebased at its old time", commands: [][]string{{"rebase", "-q", "--committer-date-is-author-date", "origin/main"}}},
		{name: "cherry-picked", commands: [][]string{{"reset", "-q", "--hard", "origin/main"}, {"cherry-pick", "origin/" + head}}},
		{name: "squashed", commands: [][]string{
			{"reset", "-q", "--hard", "origin/main"}, {"merge", "-q", "--squash", "origin/" + head},
			{"commit", "-q", "-m", "Update nginx to 1.27.4 (#1)\n\nImage-Updater-Change: a b 1 -> 2\n"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, fleet())
			mustPublishHead(t, s, "1.27.4", 1)
			s.commit(t, "main", gittest.Files{"README.md": "moved\n"})
			theirs := s.takeOver(t, test.commands)
			got, err := publishHead(t, s, "1.28.0")
			occupied, ok := errors.AsType[*writeback.OccupiedError](err)
			if !ok || occupied.Commit != theirs || occupied.Committer != "A Person <person@example.com>" || got.Attempts != 0 {
				t.Errorf("error %v in %d attempts, want one about %s", err, got.Attempts, theirs)
			}
			if want := `by "A Person <person@example.com>" on it is not ours`; err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
			if tip := s.tip(t, head); tip != theirs {
				t.Errorf("the branch was written: it stands at %s, want %s", tip, theirs)
			}
		})
	}
}

// takeOver runs git in a clone of the head, pushes it by force and returns its commit.
func (s *site) takeOver(t *testing.T, commands [][]string) string {
	t.Helper()
	clone := &gittest.Repository{Dir: filepath.Join(t.TempDir(), "clone")}
	if _, err := s.repo.Git("clone", "-q", "-b", head, s.repo.Dir, clone.Dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(clone.Dir, "mine.txt"), []byte("mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range append(commands, []string{"push", "-q", "--force", "origin", "HEAD:" + head}) {
		if _, err := clone.Git(args...); err != nil {
			t.Fatal(err)
		}
	}
	return s.tip(t, head)
}

// TestHeadOfAuthor knows our commits by the author that they were made with.
func TestHeadOfAuthor(t *testing.T) {
	t.Parallel()
	none, odd := writeback.Identity{}, writeback.Identity{Name: " Bot <of\nus> ", Email: " <bot@acme.example>"}
	tests := []struct {
		name          string
		before, after writeback.Identity
		ours          bool
	}{
		{name: "none", ours: true},
		{name: "none, then the same by name", after: writeback.Identity{Name: "image-updater", Email: "image-updater@localhost"}, ours: true},
		{name: "odd", before: odd, after: odd, ours: true},
		{name: "another", before: none, after: odd},
		{name: "one that begins alike", before: writeback.Identity{Email: "a@b"}, after: writeback.Identity{Email: "a@b> 1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, fleet())
			s.target.Author = test.before
			mustPublishHead(t, s, "1.27.4", 1)
			s.target.Author = test.after
			_, err := publishHead(t, s, "1.28.0")
			said, occupied := errors.AsType[*writeback.OccupiedError](err)
			if occupied == test.ours || (err != nil && !occupied) {
				t.Errorf("error %v, ours is %v", err, test.ours)
			}
			if occupied && !said.Alike {
				t.Errorf("error %+v, which does not say that the commit may be ours", said)
			}
		})
	}
}

// TestHeadRaces has another replica create or rebuild the branch before us, or a person push on it.
func TestHeadRaces(t *testing.T) {
	t.Parallel()
	t.Run("the same by another replica", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, fleet())
		done := false
		s.server.Set(gittest.Faults{BeforeReceive: func() {
			if done {
				return
			}
			done = true
			s.server.Set(gittest.Faults{})
			mustPublishHead(t, s, "1.27.4", 1)
		}})
		b := open(t, &writeback.Writer{Jitter: func() float64 { return 0 }}, s.target) // at another second, so another commit
		got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Head: head, Decide: bump("nginx", "1.27.4")})
		if err != nil || len(got.Commits) != 0 || got.Attempts != 1 || got.Tip != s.tip(t, head) {
			t.Errorf("published %+v, %v", got, err)
		}
	})
	t.Run("a person", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, fleet())
		mustPublishHead(t, s, "1.27.4", 1)
		theirs := ""
		s.server.Set(gittest.Faults{BeforeReceive: func() {
			if theirs == "" {
				theirs = s.commit(t, head, gittest.Files{"README.md": "mine\n"})
			}
		}})
		_, err := publishHead(t, s, "1.28.0")
		if occupied, ok := errors.AsType[*writeback.OccupiedError](err); !ok || occupied.Commit != theirs {
			t.Errorf("error %v, want one about %s", err, theirs)
		}
		if s.tip(t, head) != theirs {
			t.Error("a person's commit is lost")
		}
	})
	t.Run("answer lost", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, fleet())
		s.server.Set(gittest.Faults{LoseAnswers: 1})
		mustPublishHead(t, s, "1.27.4", 1)
	})
	t.Run("name taken by a folder", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, fleet())
		if _, err := s.repo.Git("branch", "image-updater", "main"); err != nil {
			t.Fatal(err)
		}
		_, err := publishHead(t, s, "1.27.4")
		if refused, ok := errors.AsType[*writeback.RefusedError](err); !ok || !strings.Contains(refused.Error(), "cannot lock ref") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("deleted and forgotten", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, fleet())
		mustPublishHead(t, s, "1.27.4", 1)
		b := open(t, newWriter(), s.target)
		if err := s.repo.SetTip(head, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := s.repo.Git("gc", "-q", "--prune=now"); err != nil {
			t.Fatal(err)
		}
		got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Head: head, Decide: bump("nginx", "1.28.0")})
		if err != nil || got.Attempts != 1 || got.Tip != s.tip(t, head) {
			t.Errorf("published %+v, %v", got, err)
		}
	})
	t.Run("by one writer twice", func(t *testing.T) {
		t.Parallel()
		s := newSite(t, fleet())
		b := open(t, newWriter(), s.target)
		for i, tag := range []string{"1.27.4", "1.28.0"} {
			got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Head: head, Decide: bump("nginx", tag)})
			if err != nil || got.Attempts != 1 {
				t.Errorf("publication %d: %d attempts, %v", i, got.Attempts, err)
			}
		}
		if got := s.subjects(t, "main.."+head); len(got) != 1 {
			t.Errorf("log %q", got)
		}
	})
}
