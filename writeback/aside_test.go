package writeback_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
)

// TestDirWriteClears has what writers have left that were killed long ago, and one that may be at it still.
func TestDirWriteClears(t *testing.T) {
	t.Parallel()
	const old, young = ".image-updater-AAAAAAAAAA.tmp", ".image-updater-BBBBBBBBBB.tmp"
	dir := folder(t, map[string]string{
		"a.yaml": manifest("a", "nginx:1.25.3"), old: "half a", "sub/" + old: "half a", "sub/" + young: "half a",
		"notes.tmp": "", ".image-updater-notes": "", old + ".d/" + "x": "", "outside/" + old: "half a",
	})
	ages := time.Now().Add(-time.Hour)
	for _, name := range []string{old, "sub/" + old, "notes.tmp", ".image-updater-notes", "outside/" + old} {
		if err := os.Chtimes(filepath.Join(dir, name), ages, ages); err != nil {
			t.Fatal(err)
		}
	}
	d := openDir(t, dir)
	found, err := d.Find(t.Context(), newScanner(t, edit.Query{}), edit.Paths{"*.yaml", "sub/**"})
	if err != nil {
		t.Fatal(err)
	}
	changes := to(found, "nginx", "1.27.4")
	if _, err := d.Preview(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, old)); err != nil {
		t.Errorf("a preview has taken something away: %v", err)
	}
	if _, err := d.Write(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	want := []string{old + ".d", old + ".d/x", ".image-updater-notes", "a.yaml", "notes.tmp", "outside", "outside/" + old, "sub", "sub/" + young}
	if diff := cmp.Diff(want, listing(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}
