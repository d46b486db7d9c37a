//go:build unix

package daemon

import (
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestPipeAmongPolicyFiles: what can be opened and never read stops nobody from seeing changes, or from ending.
func TestPipeAmongPolicyFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe.yaml"), 0o600); err != nil {
		t.Skip(err)
	}
	summed := make(chan *Files, 1)
	go func() { summed <- LookAtFiles([]string{folder}) }()
	select {
	case files := <-summed:
		changed := make(chan struct{}, 10)
		go files.Watch(t.Context(), func() { changed <- struct{}{} }, slog.New(slog.DiscardHandler))
		if err := os.WriteFile(filepath.Join(folder, "a.yaml"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		<-changed
	case <-time.After(time.Minute): // reached by a failure alone
		t.Fatal("it waits for the pipe")
	}
}
