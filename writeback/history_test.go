package writeback_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

func told(log writeback.Log) []string {
	var lines []string
	for _, c := range log.Commits {
		subject, _, _ := strings.Cut(c.Message, "\n")
		lines = append(lines, c.Branch+": "+subject+" by "+c.Author+" "+c.When.Format("2006-01-02"))
	}
	return lines
}

// A Decide can ask for the history of the tip it decides on, which is one request, and none more after a lost race.
func TestHistoryWhileDeciding(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	s.commit(t, "main", gittest.Files{"README.md": "seed\n"})
	b := open(t, newWriter(), s.target)
	s.server.Forget()
	s.server.Set(gittest.Faults{BeforeReceive: func() {
		s.server.Set(gittest.Faults{})
		s.commit(t, "main", gittest.Files{"other.txt": "x"})
	}})
	var seen [][]string
	_, err := b.Publish(t.Context(), writeback.Publication{
		Scanner: newScanner(t, edit.Query{}),
		Decide: func(ctx context.Context, found edit.Found) ([]writeback.Commit, error) {
			for range 2 {
				log, err := b.History(ctx, 10)
				if err != nil {
					return nil, err
				}
				seen = append(seen, told(log))
			}
			return bump("nginx", "1.27.4")(ctx, found)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 4 || len(seen[0]) != 2 || len(seen[1]) != 2 || len(seen[2]) != 3 || len(seen[3]) != 3 {
		t.Errorf("histories: %q", seen)
	}
	// The trees, the files and the history, then the trees of the new tip, with which its commit comes.
	if _, calls := s.server.Count(gittest.UploadPack); calls != 4 {
		t.Errorf("%d requests for objects, want 4", calls)
	}
}

// A history that was cut is read again for one that asks for more, and one that is whole is not: it holds those of less.
func TestHistoryOfMoreDepth(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	s.commit(t, "main", gittest.Files{"other.txt": "x"})
	b := open(t, newWriter(), s.target)
	s.server.Forget()
	for _, step := range []struct {
		depth, commits, requests int
		cut                      bool
	}{{1, 1, 1, true}, {1, 1, 1, true}, {50, 2, 2, false}, {1, 1, 2, true}, {1000, 2, 2, false}} {
		log, err := b.History(t.Context(), step.depth)
		if err != nil {
			t.Fatal(err)
		}
		_, calls := s.server.Count(gittest.UploadPack)
		if len(log.Commits) != step.commits || log.Cut != step.cut || calls != step.requests {
			t.Errorf("depth %d: %d commits, cut %v, %d requests in all, want %+v", step.depth, len(log.Commits), log.Cut, calls, step)
		}
	}
}

// The history of a target is that of its branch and, of the branches we write, what is not merged yet.
func TestHistoryOfTarget(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	w := newWriter()
	b := open(t, w, s.target)
	if _, err := b.Publish(t.Context(), writeback.Publication{
		Scanner: newScanner(t, edit.Query{}), Head: "image-updater/nginx", Decide: bump("nginx", "1.27.4"),
	}); err != nil {
		t.Fatal(err)
	}
	s.server.Forget()
	log, err := w.History(t.Context(), s.target, []string{"image-updater/nginx", "image-updater/none"}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(log.Commits) != 2 || log.Cut {
		t.Fatalf("history: %q", told(log))
	}
	want := []string{"main: Begin by A Person 2026-01-01", "image-updater/nginx: " + told(log)[1][len("image-updater/nginx: "):]}
	if diff := cmp.Diff(want, told(log)); diff != "" || !strings.HasSuffix(told(log)[1], " by image-updater 2026-01-02") {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if adverts, calls := s.server.Count(gittest.UploadPack); adverts != 1 || calls != 1 {
		t.Errorf("%d advertisements and %d requests, want one of each", adverts, calls)
	}
}
