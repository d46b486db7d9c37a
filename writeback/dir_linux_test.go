package writeback_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/image-updater/image-updater/edit"
)

// TestDirFindPipe has a pipe of a wanted name, whose reading would never end.
func TestDirFindPipe(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a.yaml": manifest("a", "nginx:1.25.3")})
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.yaml"), 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := openDir(t, dir).Find(t.Context(), newScanner(t, edit.Query{}), nil)
	if err != nil || len(found.Sites) != 1 {
		t.Errorf("found %v, %v", places(found), err)
	}
}

// TestDirFindFolderToPipe has a folder in whose place a pipe stands once it is looked into: opening one would never end.
func TestDirFindFolderToPipe(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a/a.yaml": manifest("a", "nginx:1.25.3"), "b/b.yaml": ""})
	b := filepath.Join(dir, "b")
	ctx := &acting{t.Context(), 2, func() {
		if err := errors.Join(os.RemoveAll(b), syscall.Mkfifo(b, 0o644)); err != nil {
			t.Error(err)
		}
	}}
	_, err := openDir(t, dir).Find(ctx, newScanner(t, edit.Query{}), nil)
	if want := "reading b: not a directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestDirWriteLocked has a file that another process has locked, and does not let go of.
func TestDirWriteLocked(t *testing.T) {
	t.Parallel()
	old := manifest("a", "nginx:1.25.3")
	dir := folder(t, map[string]string{"a.yaml": old})
	d := openDir(t, dir)
	changes := to(mustFind(t, d), "nginx", "1.27.4")
	locked, err := os.Open(filepath.Join(dir, "a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer locked.Close()
	if err := syscall.Flock(int(locked.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		written, err := d.Write(t.Context(), changes)
		if want := "writing a.yaml: another process has locked it"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if len(written.Applied) > 0 || content(t, dir, "a.yaml") != old {
			t.Error("it was written")
		}
	})
}

// TestDirIgnorePipe has pipes where ignore files are looked for, whose reading would never end.
func TestDirIgnorePipe(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{".git/info/x": "", "sub/a.yaml": manifest("a", "nginx:1.25.3")})
	for _, name := range []string{".git/info/exclude", ".gitignore", "sub/.gitignore"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, from := range []string{dir, filepath.Join(dir, "sub")} {
		found, err := openDir(t, from).Find(t.Context(), newScanner(t, edit.Query{}), nil)
		if err != nil || len(found.Sites) != 1 {
			t.Errorf("found %v, %v", places(found), err)
		}
	}
}

// TestDirWriteFullDisk writes under a limit on the size of files, which fails as a full disk does: in the middle. The
// limit holds for a whole process, so it is one of its own.
func TestDirWriteFullDisk(t *testing.T) {
	t.Parallel()
	const variable = "IMAGE_UPDATER_TEST_FULL_DISK"
	old := manifest("a", "nginx:1.25.3") + "# " + strings.Repeat("x", 3000) + "\n"
	if dir := os.Getenv(variable); dir != "" {
		d := openDir(t, dir)
		found, err := d.Find(t.Context(), newScanner(t, edit.Query{}), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: 1000}); err != nil {
			t.Fatal(err)
		}
		written, err := d.Write(t.Context(), to(found, "nginx", "1.27.4"))
		if err == nil || !strings.HasPrefix(err.Error(), "writing a.yaml: ") {
			t.Errorf("error %v does not name the file", err)
		}
		if len(written.Files) != 1 || written.Files[0].Path != "small.yaml" || len(written.Applied) != 1 {
			t.Errorf("written: %v", written.Applied)
		}
		return
	}
	dir := folder(t, map[string]string{"a.yaml": old, "small.yaml": manifest("b", "nginx:1.25.3")})
	cmd := exec.Command(os.Args[0], "-test.run=^TestDirWriteFullDisk$")
	cmd.Env = append(os.Environ(), variable+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "a.yaml")); string(data) != old {
		t.Errorf("a.yaml is %d bytes, want the old %d", len(data), len(old))
	}
	if left := listing(t, dir); len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
}

// TestDirWritePipe has a folder that has become a pipe since it was searched, whose opening would never end.
func TestDirWritePipe(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"sub/a.yaml": manifest("a", "nginx:1.25.3")})
	d := openDir(t, dir)
	found, err := d.Find(t.Context(), newScanner(t, edit.Query{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "sub")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "sub"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = d.Write(t.Context(), to(found, "nginx", "1.27.4"))
	if want := "reading sub/a.yaml: not a directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}
