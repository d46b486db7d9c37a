package writeback_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/writeback"
)

// crowded is a manifest with six images.
const crowded = `apiVersion: v1
kind: Pod
spec:
  containers: [{image: a:1}, {image: b:1}, {image: c:1}, {image: d:1}, {image: e:1}, {image: f:1}]
`

func mustFind(t *testing.T, d *writeback.Dir) edit.Found {
	t.Helper()
	found, err := d.Find(t.Context(), newScanner(t, edit.Query{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func content(t *testing.T, dir, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestDirWriteTogether has six writers at one file, each of which has read it before any of them writes.
func TestDirWriteTogether(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"d.yaml": crowded})
	var ready, done sync.WaitGroup
	want := crowded
	ready.Add(6)
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		want = strings.Replace(want, name+":1", name+":2.10", 1)
		d := openDir(t, dir)
		changes := to(mustFind(t, d), name, "2.10")
		done.Go(func() {
			ready.Done()
			ready.Wait()
			written, err := d.Write(t.Context(), changes)
			if err != nil || len(written.Applied) != 1 || written.Applied[0] != changes[0] || len(written.Refused) > 0 {
				t.Errorf("%s: applied %d, refused %v, %v", name, len(written.Applied), notes(written.Refused), err)
			}
		})
	}
	done.Wait()
	if diff := cmp.Diff(want, content(t, dir, "d.yaml")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"d.yaml"}, listing(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// acting does something when it is asked for the n-th time whether it is done.
type acting struct {
	context.Context
	n  int
	do func()
}

func (a *acting) Err() error {
	if a.n--; a.n == 0 {
		a.do()
	}
	return a.Context.Err()
}

// TestDirWriteChanged has files that somebody else changes between the search and the edit, and between the edit and the
// writing.
func TestDirWriteChanged(t *testing.T) {
	t.Parallel()
	const values = "image: {repository: nginx, tag: 1.25.3}\n"
	nginx := manifest("x", "nginx:1.25.3")
	tests := map[string]struct {
		file, old, now string
		want           string // "" = as it is now
		refused        []string
		unchanged      int
	}{
		"elsewhere":         {"a.yaml", nginx, "# more\n" + nginx, "# more\n" + strings.Replace(nginx, "1.25.3", "1.27.4", 1), nil, 0},
		"in a chart":        {"chart/own.yaml", values, "a: b\n" + values, "a: b\nimage: {repository: nginx, tag: 1.27.4}\n", nil, 0},
		"as is wanted":      {"a.yaml", nginx, manifest("x", "nginx:1.27.4"), "", nil, 1},
		"the reference":     {"a.yaml", nginx, manifest("x", "nginx:1.26.0"), "", []string{"a.yaml:10: has changed since it was read"}, 0},
		"one more":          {"a.yaml", nginx, nginx + "---\n" + nginx, "", []string{"a.yaml:10: has changed since it was read"}, 0},
		"gone from it":      {"a.yaml", nginx, manifest("x", "redis:7"), "", []string{"a.yaml:10: has changed since it was read"}, 0},
		"it cannot be read": {"a.yaml", nginx, "a: [\n", "", []string{"a.yaml:10: has changed since it was read"}, 0},
	}
	for name, test := range tests {
		for looks, when := range map[int]string{1: "before the edit", 2: "before the writing"} {
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				dir := folder(t, map[string]string{test.file: test.old, "chart/Chart.yaml": "name: x\n"})
				d := openDir(t, dir)
				changes := to(mustFind(t, d), "nginx", "1.27.4")
				ctx := &acting{t.Context(), looks, func() {
					if err := os.WriteFile(filepath.Join(dir, test.file), []byte(test.now), 0o644); err != nil {
						t.Error(err)
					}
				}}
				written, err := d.Write(ctx, changes)
				if err != nil {
					t.Fatal(err)
				}
				if ctx.n > 0 {
					t.Fatalf("the file was not changed: %d looks left", ctx.n)
				}
				want := test.want
				if want == "" {
					want = test.now
				}
				if diff := cmp.Diff(want, content(t, dir, test.file)); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff(test.refused, notes(written.Refused)); diff != "" {
					t.Error(diff)
				}
				if len(written.Unchanged) != test.unchanged || len(written.Applied)+len(written.Unchanged)+len(written.Refused) != 1 {
					t.Errorf("applied %d, unchanged %d", len(written.Applied), len(written.Unchanged))
				}
				if test.want != "" && (len(written.Files) != 1 || string(written.Files[0].Old) != test.now || string(written.Files[0].New) != test.want) {
					t.Errorf("files %+v", written.Files)
				}
			})
		}
	}
}

// TestDirWriteGone has a file that becomes something else just before it is written.
func TestDirWriteGone(t *testing.T) {
	t.Parallel()
	old := manifest("x", "nginx:1.25.3")
	tests := map[string]struct {
		put  func(name string) error
		want string
	}{
		"nothing": {func(string) error { return nil }, "writing a.yaml: openat a.yaml: no such file or directory"},
		"a link":  {func(name string) error { return os.Symlink("b.yaml", name) }, "writing a.yaml: is no regular file any more"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, map[string]string{"a.yaml": old, "b.yaml": "image: redis:7\n"})
			d := openDir(t, dir)
			changes := to(mustFind(t, d), "nginx", "1.27.4")
			file := filepath.Join(dir, "a.yaml")
			written, err := d.Write(&acting{t.Context(), 2, func() {
				if err := errors.Join(os.Remove(file), test.put(file)); err != nil {
					t.Error(err)
				}
			}}, changes)
			if got := fmt.Sprint(err); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if len(written.Applied) > 0 || content(t, dir, "b.yaml") != "image: redis:7\n" {
				t.Errorf("written %v", written.Applied)
			}
		})
	}
}
