package writeback_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

func isYAML(name string) bool { return strings.HasSuffix(name, ".yaml") }

// files is a process that reads the folder .policies, and returns its files and the requests beside the advertisement.
func (k *keeper) files(t *testing.T) (files map[string]string, calls int) {
	t.Helper()
	files = map[string]string{}
	_, calls = k.process(t, func(b *writeback.Branch, _ *edit.Scanner) {
		read, err := b.Files(t.Context(), ".policies", isYAML)
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range read {
			files[name] = string(data)
		}
	})
	return files, calls
}

func TestFiles(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	for _, step := range []struct {
		name   string
		commit gittest.Files
		want   map[string]string
		calls  int
	}{
		{"no folder", nil, map[string]string{}, 1},
		{"no folder, as before", nil, map[string]string{}, 0},
		{"two files", gittest.Files{
			".policies/a.yaml": "a", ".policies/b.yaml": "b", ".policies/c.txt": "c", ".policies/below/d.yaml": "d",
		}, map[string]string{"a.yaml": "a", "b.yaml": "b"}, 3}, // the uppermost trees, those below the folder, the files
		{"nothing new", nil, map[string]string{"a.yaml": "a", "b.yaml": "b"}, 0},
		{"a commit elsewhere", gittest.Files{"README.md": "new"}, map[string]string{"a.yaml": "a", "b.yaml": "b"}, 2},
		{"one file", gittest.Files{".policies/a.yaml": "b"}, map[string]string{"a.yaml": "b", "b.yaml": "b"}, 3},
	} {
		if step.commit != nil {
			k.commit(t, "main", step.commit)
		}
		got, calls := k.files(t)
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		if calls != step.calls {
			t.Errorf("%s: %d requests, want %d", step.name, calls, step.calls)
		}
	}
}

// A search that follows asks as much as one without, and finds the same.
func TestFindAfterFiles(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.commit(t, "main", gittest.Files{".policies/a.yaml": "a"})
	k.find(t, "cold", 3)
	k.commit(t, "main", gittest.Files{"teams/web/app-07/deploy.yaml": manifest("new", "nginx:1.25.4")})
	k.files(t)
	k.find(t, "one file", 2)
}

func TestFilesRefuses(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	much := gittest.Files{}
	for i := range 9 {
		much[fmt.Sprintf("much/%d.yaml", i)] = strings.Repeat("x", 4<<20)
	}
	for _, refused := range []struct {
		folder string
		files  gittest.Files
		want   string
	}{
		{"README.md", gittest.Files{"README.md": "seed"}, `README.md of branch "main" is no folder`},
		{"large", gittest.Files{"large/a.yaml": strings.Repeat("x", 4<<20+1)}, "large/a.yaml is larger than 4 MiB"},
		{"much", much, "the files in much have more than 32 MiB"},
	} {
		k.commit(t, "main", refused.files)
		b := open(t, newWriter(), k.target)
		got, err := b.Files(t.Context(), refused.folder, isYAML)
		if err == nil || !strings.Contains(err.Error(), refused.want) {
			t.Errorf("%s: %v, %v, want %q", refused.folder, slices.Collect(maps.Keys(got)), err, refused.want)
		}
	}
}
