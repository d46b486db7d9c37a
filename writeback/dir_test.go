package writeback_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/writeback"
)

// folder writes files to a new folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func openDir(t *testing.T, name string) *writeback.Dir {
	t.Helper()
	d, err := writeback.OpenDir(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// places lists where something was found: "path image tag".
func places(found edit.Found) []string {
	var out []string
	for _, s := range found.Sites {
		out = append(out, s.Path+" "+s.Image.Familiar()+" "+s.Tag)
	}
	return out
}

func notes(list []edit.Refusal) []string {
	var out []string
	for _, r := range list {
		out = append(out, r.String())
	}
	return out
}

func TestDirFind(t *testing.T) {
	t.Parallel()
	nginx := manifest("x", "nginx:1.25.3")
	files := map[string]string{
		".git/config.yaml":           nginx,
		".git/info/exclude":          "excluded.yaml\n",
		".gitignore":                 "# built\r\n/build/\r\n*.out.yaml\r\n",
		"build/a.yaml":               nginx,
		"excluded.yaml":              nginx,
		"sub/excluded.yaml":          nginx,
		"sub/.gitignore":             "secret.yaml\n!kept.out.yaml\n",
		"sub/secret.yaml":            nginx,
		"sub/kept.out.yaml":          nginx,
		"sub/a.out.yaml":             nginx,
		"sub/build/a.yaml":           nginx,
		"z/secret.yaml":              nginx,
		"b.d/x.yaml":                 nginx,
		"b.yaml":                     nginx,
		"b/x.yaml":                   nginx,
		"notes.txt":                  "image: nginx:1.25.3\n",
		"chart/Chart.yaml":           "apiVersion: v2\nname: web\nversion: 1.0.0\n",
		"chart/ci/test.yaml":         "image:\n  repository: nginx\n  tag: 1.25.3\n",
		"nochart/ci/test.yaml":       "image:\n  repository: nginx\n  tag: 1.25.3\n",
		"large.yaml":                 "#" + strings.Repeat("x", 8<<20),
		"large-with-references.yaml": nginx + "#" + strings.Repeat("x", 1<<20),
	}
	dir := folder(t, files)
	if err := os.Symlink("../b.yaml", filepath.Join(dir, "sub", "link.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("sub", filepath.Join(dir, "linked")); err != nil {
		t.Fatal(err)
	}
	d := openDir(t, dir)
	found, err := d.Find(t.Context(), newScanner(t, edit.Query{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"b.d/x.yaml nginx 1.25.3", "b.yaml nginx 1.25.3", "b/x.yaml nginx 1.25.3", "chart/ci/test.yaml nginx 1.25.3",
		"sub/build/a.yaml nginx 1.25.3", "sub/kept.out.yaml nginx 1.25.3", "z/secret.yaml nginx 1.25.3",
	}
	if diff := cmp.Diff(want, places(found)); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	wantNotes := []string{
		"build: is ignored by Git", "excluded.yaml: is ignored by Git",
		"large-with-references.yaml: is larger than 1048576 bytes", "large.yaml: is larger than 8 MiB and was not looked at",
		"sub/a.out.yaml: is ignored by Git", "sub/excluded.yaml: is ignored by Git", "sub/link.yaml: is a symbolic link",
		"sub/secret.yaml: is ignored by Git",
	}
	if diff := cmp.Diff(wantNotes, notes(found.Notes)); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	// From a folder inside, the ignore files above count as well.
	found, err = openDir(t, filepath.Join(dir, "sub")).Find(t.Context(), newScanner(t, edit.Query{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"build/a.yaml nginx 1.25.3", "kept.out.yaml nginx 1.25.3"}, places(found)); diff != "" {
		t.Errorf("from inside (-want +got):\n%s", diff)
	}

	found, err = d.Find(t.Context(), newScanner(t, edit.Query{}), edit.Paths{"sub/**", "b.*"})
	if err != nil {
		t.Fatal(err)
	}
	if got := places(found); len(got) != 3 {
		t.Errorf("with paths: %v", got)
	}
}

// TestDirIgnoreLinks has symbolic links where ignore files are looked for: Git follows the one that is no part of the work
// tree, and passes over the others.
func TestDirIgnoreLinks(t *testing.T) {
	t.Parallel()
	nginx := manifest("x", "nginx:1.25.3")
	tests := []struct {
		name, link, target string
		ignored            bool
	}{
		{name: "out of the folder", link: "sub/.gitignore", target: "../../patterns"},
		{name: "within the folder", link: "sub/.gitignore", target: "../patterns"},
		{name: "above the folder", link: ".gitignore", target: "patterns"},
		{name: "to nothing", link: "sub/.gitignore", target: "none"},
		{name: "to itself", link: "sub/.gitignore", target: ".gitignore"},
		{name: "to a folder", link: ".gitignore", target: "sub"},
		{name: "excludes", link: ".git/info/exclude", target: "../../patterns", ignored: true},
		{name: "excludes that are a folder", link: ".git/info/exclude", target: "../../sub"},
		{name: "excludes to nothing", link: ".git/info/exclude", target: "none"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			above := folder(t, map[string]string{
				"patterns": "*.yaml\n", "tree/patterns": "*.yaml\n", "tree/.git/info/x": "", "tree/sub/a.yaml": nginx,
			})
			dir := filepath.Join(above, "tree")
			if err := os.Symlink(test.target, filepath.Join(dir, test.link)); err != nil {
				t.Fatal(err)
			}
			for _, from := range []string{dir, filepath.Join(dir, "sub")} {
				d, err := writeback.OpenDir(from)
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				found, err := d.Find(t.Context(), newScanner(t, edit.Query{}), nil)
				if err != nil || (len(found.Sites) == 0) != test.ignored {
					t.Errorf("from %s: found %v, %v", from, places(found), err)
				}
			}
		})
	}
}

func TestDirFindOutsideOfGit(t *testing.T) {
	t.Parallel()
	d := openDir(t, folder(t, map[string]string{".gitignore": "*.yaml\n", "a.yaml": manifest("a", "nginx:1")}))
	found, err := d.Find(t.Context(), newScanner(t, edit.Query{}), nil)
	if err != nil || len(found.Sites) != 1 {
		t.Errorf("found %v, %v", places(found), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Find(ctx, newScanner(t, edit.Query{}), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
	if _, err := writeback.OpenDir(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

// to changes every site of an image.
func to(found edit.Found, image, tag string) []edit.Change {
	var changes []edit.Change
	for _, s := range found.Sites {
		if s.Image.Familiar() == image {
			changes = append(changes, edit.Change{Site: s, Tag: tag})
		}
	}
	return changes
}

func TestDirWrite(t *testing.T) {
	t.Parallel()
	old := manifest("a", "nginx:1.25.3")
	dir := folder(t, map[string]string{"a.yaml": old, "b/b.yaml": old, "c.yaml": manifest("c", "redis:7"), "gone.yaml": old})
	outside := filepath.Join(t.TempDir(), "outside.yaml")
	if err := os.Link(filepath.Join(dir, "a.yaml"), outside); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "a.yaml"), 0o750); err != nil {
		t.Fatal(err)
	}
	d := openDir(t, dir)
	found, err := d.Find(t.Context(), newScanner(t, edit.Query{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "gone.yaml")); err != nil {
		t.Fatal(err)
	}
	changes := to(found, "nginx", "1.27.4")
	preview, err := d.Preview(t.Context(), changes)
	if err != nil || len(preview.Files) != 2 {
		t.Errorf("preview of %d files, %v", len(preview.Files), err)
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "a.yaml")); string(data) != old {
		t.Error("a preview has written")
	}
	written, err := d.Write(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"gone.yaml:10: the file is not there any more"}, notes(written.Refused)); diff != "" {
		t.Error(diff)
	}
	if len(written.Files) != 2 || len(written.Applied) != 2 || string(written.Files[0].Old) != old {
		t.Errorf("%d files, %d changes", len(written.Files), len(written.Applied))
	}
	for _, name := range []string{"a.yaml", "b/b.yaml"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(data) != strings.Replace(old, "1.25.3", "1.27.4", 1) {
			t.Errorf("%s: %s, %v", name, data, err)
		}
	}
	if info, _ := os.Stat(filepath.Join(dir, "a.yaml")); info.Mode().Perm() != 0o750 {
		t.Errorf("mode %v", info.Mode())
	}
	if data, _ := os.ReadFile(outside); string(data) != old {
		t.Error("the other name of a hard link was written")
	}
	if left := listing(t, dir); !slices.Equal(left, []string{"a.yaml", "b", "b/b.yaml", "c.yaml"}) {
		t.Errorf("left behind: %v", left)
	}
}

func listing(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		if name != dir {
			names = append(names, strings.TrimPrefix(filepath.ToSlash(name), filepath.ToSlash(dir)+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestDirWriteFails has a file whose folder vanishes between the search and the writing, and one that leads outside.
func TestDirWriteFails(t *testing.T) {
	t.Parallel()
	old := manifest("a", "nginx:1.25.3")
	dir := folder(t, map[string]string{"a.yaml": old, "b/b.yaml": old, "c/c.yaml": old})
	elsewhere := folder(t, map[string]string{"c.yaml": old})
	d := openDir(t, dir)
	found, err := d.Find(t.Context(), newScanner(t, edit.Query{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "c")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(dir, "c")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(t.Context(), to(found, "nginx", "1.27.4")); err == nil || !strings.Contains(err.Error(), "c/c.yaml") {
		t.Errorf("error %v does not name the file", err)
	}
	if data, _ := os.ReadFile(filepath.Join(elsewhere, "c.yaml")); string(data) != old {
		t.Error("a file outside of the folder was written")
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "a.yaml")); string(data) != old {
		t.Error("the search for the files failed, and one was written")
	}
}

// The way to what cannot be read is told whole, though each step of it is opened from the folder above.
func TestDirNamesWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	for _, locked := range []string{"apps/web/a.yaml", "apps/web"} {
		top := t.TempDir()
		if err := os.MkdirAll(filepath.Join(top, "apps/web"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, "apps/web/a.yaml"), []byte("image: nginx:1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(top, locked), 0); err != nil {
			t.Fatal(err)
		}
		d, err := writeback.OpenDir(top)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		scanner, err := edit.NewScanner(edit.Query{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Find(t.Context(), scanner, nil)
		if want := "reading " + locked + ": permission denied"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %q", err, want)
		}
		os.Chmod(filepath.Join(top, locked), 0o700)
	}
}

// What is nested too deep is told by the beginning of its path, and the rest is found.
func TestDirNestedTooDeep(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	deep := filepath.Join(top, "apps/a/b", strings.Repeat("c/", 520))
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{deep, filepath.Join(top, "web")} {
		file := filepath.Join(name, "Dockerfile")
		if err := errors.Join(os.MkdirAll(name, 0o700), os.WriteFile(file, []byte("FROM nginx:1\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	found, err := openDir(t, top).Find(t.Context(), newScanner(t, edit.Query{}), nil)
	if want := "reading apps/a/b: folders are nested more than 512 deep"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
	if len(found.Sites) != 1 || found.Sites[0].Path != "web/Dockerfile" {
		t.Errorf("found %v", found.Sites)
	}
}

// dying is done from the n-th time on that it is asked.
type dying struct {
	context.Context
	n int
}

func (d *dying) Err() error {
	if d.n--; d.n <= 0 {
		return context.Canceled
	}
	return nil
}

// TestDirWriteStops stops a writer between two files: one is there as a whole, the others are as they were.
func TestDirWriteStops(t *testing.T) {
	t.Parallel()
	old := manifest("x", "nginx:1.25.3")
	dir := folder(t, map[string]string{"a.yaml": old, "b.yaml": old, "c.yaml": old})
	d := openDir(t, dir)
	found, err := d.Find(t.Context(), newScanner(t, edit.Query{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	const looks = 3 // at the files, before the first is written
	written, err := d.Write(&dying{t.Context(), looks + 2}, to(found, "nginx", "1.27.4"))
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "stopped with b.yaml, c.yaml unwritten") {
		t.Errorf("error %v", err)
	}
	if len(written.Files) != 1 || len(written.Applied) != 1 || written.Files[0].Path != "a.yaml" {
		t.Errorf("written %+v", written)
	}
	if diff := cmp.Diff([]string{"a.yaml", "b.yaml", "c.yaml"}, listing(t, dir)); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]string{"a.yaml": "1.27.4", "b.yaml": "1.25.3", "c.yaml": "1.25.3"} {
		if data, _ := os.ReadFile(filepath.Join(dir, name)); string(data) != strings.ReplaceAll(old, "1.25.3", want) {
			t.Errorf("%s:\n%s", name, data)
		}
	}
}

func TestOpenDirErrors(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "gone")
	want := fmt.Sprintf("opening folder %q: no such file or directory", missing)
	if _, err := writeback.OpenDir(missing); err == nil || err.Error() != want || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want %s", err, want)
	}
}
