package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/gittest"
)

// The page stays up, what is pushed meanwhile is written to Git, and Ctrl-C takes everything away.
func TestDemoServe(t *testing.T) {
	if err := gittest.Available(); err != nil {
		t.Skip("the git program is not there: ", err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	read, stderr := io.Pipe()
	ctx, interrupt := context.WithCancel(t.Context())
	a := &app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: stderr, env: os.LookupEnv, now: time.Now}
	ended := make(chan error, 1)
	go func() {
		ended <- a.demo(ctx, "127.0.0.1:0", time.Millisecond)
		stderr.Close()
	}()
	lines := bufio.NewScanner(read)
	for lines.Scan() {
		if url, found := strings.CutPrefix(lines.Text(), "serving at "); found {
			go io.Copy(io.Discard, read)
			waitForHistory(t, url, `"from":"1.28.0-alpine"`)
			break
		}
	}
	interrupt()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// waitForHistory follows the events of a page until its history has a text.
func waitForHistory(t *testing.T, url, want string) {
	t.Helper()
	events, err := http.Get(url + "/events")
	if err != nil {
		t.Error(err)
		return
	}
	defer events.Body.Close()
	for lines := bufio.NewScanner(events.Body); lines.Scan(); {
		answer, err := http.Get(url + "/api/v1/history")
		if err != nil {
			t.Error(err)
			return
		}
		history, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || strings.Contains(string(history), want) {
			return
		}
	}
	t.Errorf("the events of %s ended before there was %s", url, want)
}
