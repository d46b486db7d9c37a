package writeback_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

// ignorePlace leaves out of a comparison what only package edit knows of a site.
var ignorePlace = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".at" }, cmp.Ignore())

// teams is a repository of which the paths teams/web/** are a small part.
func teams() gittest.Files {
	files := gittest.Files{"README.md": "seed\n"}
	for i := range 20 {
		files[fmt.Sprintf("teams/web/app-%02d/deploy.yaml", i)] = manifest(fmt.Sprint("web", i), "nginx:1.25.3")
		files[fmt.Sprintf("teams/web/app-%02d/config.yaml", i)] = fmt.Sprintf("kind: ConfigMap\nname: c%d\n", i)
		files[fmt.Sprintf("teams/api-%02d/deploy.yaml", i)] = manifest(fmt.Sprint("api", i), "nginx:1.25.3")
	}
	return files
}

var teamPaths = edit.Paths{"teams/web/**"}

// keeper makes branches as one process after the other does, with one folder of kept scans.
type keeper struct {
	*site
	query  edit.Query
	folder string
	build  string
}

func newKeeper(t *testing.T) *keeper {
	t.Helper()
	nginx, err := image.ParseRepository("nginx")
	if err != nil {
		t.Fatal(err)
	}
	return &keeper{site: newSite(t, teams()), query: edit.Query{Images: []image.Repository{nginx}}, folder: filepath.Join(t.TempDir(), "scan")}
}

func (k *keeper) writer() *writeback.Writer {
	w := newWriter()
	w.Scans, w.Build, w.Gist = k.folder, k.build, gistOf
	return w
}

// process runs do as a process of its own, and returns the requests it made: advertisements and calls of upload-pack.
func (k *keeper) process(t *testing.T, do func(*writeback.Branch, *edit.Scanner)) (adverts, calls int) {
	t.Helper()
	k.server.Forget()
	b, err := k.writer().Open(t.Context(), k.target)
	if err != nil {
		t.Fatal(err)
	}
	do(b, newScanner(t, k.query))
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	return k.server.Count(gittest.UploadPack)
}

// find is a process that looks, and checks that it finds what one finds that knows nothing.
func (k *keeper) find(t *testing.T, what string, wantCalls int) {
	t.Helper()
	var found edit.Found
	adverts, calls := k.process(t, func(b *writeback.Branch, s *edit.Scanner) {
		var err error
		if found, err = b.Find(t.Context(), s, teamPaths); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	})
	if adverts != 1 || calls != wantCalls {
		t.Errorf("%s: %d advertisements and %d requests, want 1 and %d", what, adverts, calls, wantCalls)
	}
	fresh, err := open(t, newWriter(), k.target).Find(t.Context(), newScanner(t, k.query), teamPaths)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fresh, found, ignorePlace); diff != "" {
		t.Errorf("%s: found (-fresh +kept):\n%s", what, diff)
	}
}

// publish is a process that writes a tag.
func (k *keeper) publish(t *testing.T, tag string, wantCalls int) {
	t.Helper()
	_, calls := k.process(t, func(b *writeback.Branch, s *edit.Scanner) {
		got, err := b.Publish(t.Context(), writeback.Publication{Scanner: s, Paths: teamPaths, Decide: bump("nginx", tag)})
		if err != nil || len(got.Preview.Applied) != 20 {
			t.Fatalf("%d changes, %v", len(got.Preview.Applied), err)
		}
	})
	if calls != wantCalls {
		t.Errorf("writing %s took %d requests to read, want %d", tag, calls, wantCalls)
	}
}

func TestKeptScan(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.find(t, "cold", 3) // the uppermost trees, those below teams/web, the files
	k.find(t, "nothing new", 0)
	k.find(t, "nothing new again", 0)
	k.commit(t, "main", gittest.Files{"teams/web/app-07/deploy.yaml": manifest("new", "nginx:1.25.4")})
	k.find(t, "one file", 2) // what came since, the file
	k.find(t, "nothing new after it", 0)
	k.commit(t, "main", gittest.Files{"teams/api-01/deploy.yaml": manifest("new", "nginx:1.25.4")})
	k.find(t, "a file elsewhere", 1)
	k.publish(t, "1.27.4", 1) // the files that change
	k.find(t, "after a push of ours", 0)
	k.commit(t, "main", gittest.Files{"teams/web/app-08/deploy.yaml": manifest("new", "nginx:1.25.4"), "teams/Chart.yaml": "name: x\n"})
	k.find(t, "a chart above it all", 2)
	k.publish(t, "1.27.5", 1)
	if adverts, pushes := k.server.Count(gittest.ReceivePack); adverts != 0 || pushes != 1 {
		t.Errorf("a second push took %d advertisements and %d requests, want none and 1", adverts, pushes)
	}
	k.fsck(t)

	other := *k
	other.build = "another"
	other.find(t, "another program", 3)
	other = *k
	other.query.Markers = map[string]image.Repository{}
	other.find(t, "another query", 3)
	k.find(t, "the first one still", 0)
}

// TestKeptScanHead rebuilds a branch of our own, and leaves it alone, by what was kept of its base.
func TestKeptScanHead(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	publish := func(what, tag string, wantCommits, wantCalls int) {
		t.Helper()
		_, calls := k.process(t, func(b *writeback.Branch, s *edit.Scanner) {
			got, err := b.Publish(t.Context(), writeback.Publication{
				Scanner: s, Paths: teamPaths, Head: "image-updater/nginx", Decide: bump("nginx", tag)})
			if err != nil || len(got.Commits) != wantCommits {
				t.Fatalf("%s: %d commits, %v", what, len(got.Commits), err)
			}
		})
		if calls != wantCalls {
			t.Errorf("%s: %d requests to read, want %d", what, calls, wantCalls)
		}
	}
	publish("cold", "1.27.4", 1, 3)
	publish("up to date", "1.27.4", 0, 2) // the files, the branch of our own
	k.commit(t, "main", gittest.Files{"teams/web/app-07/config.yaml": "nothing\n"})
	publish("the base has moved", "1.27.4", 0, 4) // and what came since, and the changed file
	publish("a newer tag", "1.27.5", 1, 2)
	k.find(t, "the base", 0)
	k.commit(t, "image-updater/nginx", gittest.Files{"teams/web/app-07/config.yaml": "mine\n"})
	k.process(t, func(b *writeback.Branch, s *edit.Scanner) {
		_, err := b.Publish(t.Context(), writeback.Publication{
			Scanner: s, Paths: teamPaths, Head: "image-updater/nginx", Decide: bump("nginx", "1.27.6")})
		if _, occupied := errors.AsType[*writeback.OccupiedError](err); !occupied {
			t.Errorf("a branch with a commit of somebody else: %v", err)
		}
	})
	k.fsck(t)
}

// TestKeptScanGone has files of scans that are torn, foreign or not there: that costs requests, and nothing else.
func TestKeptScanGone(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.find(t, "cold", 3)
	names, err := filepath.Glob(filepath.Join(k.folder, "*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%q, %v", names, err)
	}
	name := names[0]
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	damage := map[string]func([]byte) []byte{
		"empty":         func([]byte) []byte { return nil },
		"foreign":       func(b []byte) []byte { return bytes.Repeat([]byte("other\n"), len(b)/6) },
		"older version": func(b []byte) []byte { return bytes.Replace(b, []byte("scan 1"), []byte("scan 0"), 1) },
		"renamed":       func(b []byte) []byte { return bytes.Replace(b, []byte(filepath.Base(name)[:8]), []byte("00000000"), 1) },
	}
	for _, part := range []int{1, 10, 50, 90, 99} {
		damage[fmt.Sprintf("cut at %d%%", part)] = func(b []byte) []byte { return b[:len(b)*part/100] }
		damage[fmt.Sprintf("zeros from %d%%", part)] = func(b []byte) []byte {
			b = bytes.Clone(b)
			clear(b[len(b)*part/100:])
			return b
		}
		damage[fmt.Sprintf("a bit at %d%%", part)] = func(b []byte) []byte {
			b = bytes.Clone(b)
			b[len(b)*part/100] ^= 4
			return b
		}
	}
	k.commit(t, "main", gittest.Files{"teams/web/app-07/deploy.yaml": manifest("new", "nginx:1.25.4")})
	fresh, err := open(t, newWriter(), k.target).Find(t.Context(), newScanner(t, k.query), teamPaths)
	if err != nil {
		t.Fatal(err)
	}
	for how, do := range damage {
		if err := os.WriteFile(name, do(good), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, run := range []string{"first", "second"} {
			_, calls := k.process(t, func(b *writeback.Branch, s *edit.Scanner) {
				found, err := b.Find(t.Context(), s, teamPaths)
				if err != nil {
					t.Fatalf("%s: %v", how, err)
				}
				if diff := cmp.Diff(fresh, found, ignorePlace); diff != "" {
					t.Errorf("%s: found (-fresh +kept):\n%s", how, diff)
				}
				if p, err := b.Preview(t.Context(), []writeback.Commit{{Changes: to(found, "nginx", "1.27.4")}}); err != nil || len(p.Applied) != 20 {
					t.Errorf("%s: %d edits, %v", how, len(p.Applied), err)
				}
			})
			if run == "second" && calls != 1 { // the files that are edited
				t.Errorf("%s: it was not written anew: %d requests", how, calls)
			}
		}
	}
}

// TestNowhereToKeep has no folder to keep scans in, which nobody notices.
func TestNowhereToKeep(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	if err := os.WriteFile(k.folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	k.find(t, "cold", 3)
	k.find(t, "again", 3)
	k.publish(t, "1.27.4", 3)
}

// TestKeptScanIsAPipe waits for nobody at the other end of what bears the name of a scan.
func TestKeptScanIsAPipe(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	k.find(t, "cold", 3)
	entries, err := os.ReadDir(k.folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := filepath.Join(k.folder, e.Name())
		if err := errors.Join(os.Remove(name), syscall.Mkfifo(name, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	k.find(t, "beside pipes", 3)
	k.find(t, "kept", 0)
}

// TestKeptScansAreBounded lets the oldest go, and what is no scan alone.
func TestKeptScansAreBounded(t *testing.T) {
	t.Parallel()
	k := newKeeper(t)
	if err := os.Mkdir(k.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	const before = 1030
	for i := range before {
		name := filepath.Join(k.folder, fmt.Sprintf("%04d.scan", i))
		at := time.Unix(1767000000+int64(i), 0)
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(k.folder, "notes"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	k.find(t, "cold", 3)
	k.find(t, "kept", 0)
	entries, err := os.ReadDir(k.folder)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if got := strings.Join(left, " "); len(left) != 1024+1 || strings.Contains(got, "0006.scan") || !strings.Contains(got, "0007.scan") ||
		!strings.Contains(got, "notes") {
		t.Errorf("left: %s", got)
	}
}
