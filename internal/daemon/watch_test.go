//go:build unix

package daemon

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestPipeAmongPolicyFiles: what can be opened and never read keeps nobody from seeing changes beside it.
func TestPipeAmongPolicyFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe.yaml"), 0o600); err != nil {
		t.Skip(err)
	}
	summed := make(chan *Files, 2)
	go func() {
		summed <- LookAtFiles([]string{folder})
		if err := os.WriteFile(filepath.Join(folder, "a.yaml"), []byte("x"), 0o600); err != nil {
			t.Error(err)
		}
		summed <- LookAtFiles([]string{folder})
	}()
	var sums []*Files
	for range 2 {
		select {
		case files := <-summed:
			sums = append(sums, files)
		case <-time.After(time.Minute): // reached by a failure alone
			t.Fatal("it waits for the pipe")
		}
	}
	if sums[0].sum == sums[1].sum {
		t.Error("a file that has come is not seen")
	}
}
