package writeback_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

// TestAzure reads, writes and races on a server as Azure DevOps is: one that wants the extended negotiation, and is told
// of nothing that we have.
func TestAzure(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	s.server.Set(gittest.Faults{Azure: true})
	b := open(t, newWriter(), s.target)
	publish := func(tag string) writeback.Published {
		t.Helper()
		got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: bump("nginx", tag)})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	publish("1.26.0")

	// Somebody else pushes, and is read.
	s.commit(t, "main", gittest.Files{"README.md": "moved\n"})
	if moved, err := b.Refresh(t.Context()); err != nil || !moved {
		t.Fatalf("moved %v, %v", moved, err)
	}
	if got := publish("1.27.0"); got.Attempts != 1 {
		t.Errorf("%d attempts", got.Attempts)
	}

	// Somebody else is faster.
	once := false
	s.server.Set(gittest.Faults{Azure: true, BeforeReceive: func() {
		if !once {
			once = true
			s.commit(t, "main", gittest.Files{"README.md": "faster\n"})
		}
	}})
	if got := publish("1.28.0"); got.Attempts != 2 {
		t.Errorf("%d attempts", got.Attempts)
	}
	want := []string{"Update nginx to 1.28.0", "Somebody else", "Update nginx to 1.27.0", "Somebody else", "Update nginx to 1.26.0", "Begin"}
	if diff := cmp.Diff(want, s.subjects(t, "main")); diff != "" {
		t.Error(diff)
	}
	log, err := b.History(t.Context(), 10)
	if err != nil || len(log.Commits) != len(want) {
		t.Errorf("%d commits, %v", len(log.Commits), err)
	}
	s.fsck(t)
}

func TestAzureHead(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	s.server.Set(gittest.Faults{Azure: true})
	mustPublishHead(t, s, "1.27.4", 1)
	mustPublishHead(t, s, "1.27.4", 0)
	var stream strings.Builder // of more commits than are fetched of a branch that has moved
	for i := range 60 {
		from := ""
		if i == 0 {
			from = "from refs/heads/main^0\n"
		}
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter P <p@example.com> 1767312000 +0000\ndata 1\nx\n%sM 100644 inline README.md\ndata 2\n%02d\n", from, i)
	}
	if err := s.repo.Import([]byte(stream.String())); err != nil {
		t.Fatal(err)
	}
	mustPublishHead(t, s, "1.27.4", 0)
	mustPublishHead(t, s, "1.28.0", 1)
	s.commit(t, head, gittest.Files{"README.md": "mine\n"})
	if _, err := publishHead(t, s, "1.29.0"); err == nil {
		t.Error("a branch with a commit of somebody else was overwritten")
	}
	s.fsck(t)
}
