package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/gittest"
)

// The demo does the main job, says what it does, and leaves nothing behind. README.md shows its first diff.
func TestDemo(t *testing.T) {
	if err := gittest.Available(); err != nil {
		t.Skip("the git program is not there: ", err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	var stdout, stderr bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, env: os.LookupEnv, now: time.Now}
	if code := run(t.Context(), a, []string{"demo"}); code != exitDone {
		t.Fatalf("exit code %d\n%s%s", code, &stdout, &stderr)
	}
	if stderr.Len() != 0 {
		t.Errorf("stderr: %s", &stderr)
	}
	for _, want := range []string{
		"\n$ image-updater check\n",
		"\n$ image-updater plan\n",
		"-          image: nginx:1.25.3-alpine   # the front door\n+          image: nginx:1.28.0-alpine   # the front door\n",
		"-              value: release-1179-344b590f\n+              value: release-1182-",
		"+              image: acme/tools:stable@sha256:",
		"Update nginx to 1.28.0-alpine",
		"Update acme/tools to stable@sha256:",
		"Image-Updater-Change: apps/web/deployment.yaml docker.io/library/nginx 1.25.3-alpine -> 1.28.0-alpine",
		"\n0 commits, 0 changes",
		strings.TrimPrefix(readmeBlock(t, "diff\n"), "diff\n"),
	} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the demo does not say %q:\n%s", want, &stdout)
		}
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
