package integration

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// built is the product's binary, made once for all tests that need it.
var built struct {
	once sync.Once
	dir  string
	out  []byte
	err  error
}

// binary returns the path of the product's binary.
func binary(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "image-updater-integration-"); built.err != nil {
			return
		}
		cmd := exec.Command("go", "build", "-o", built.dir, "./cmd/image-updater")
		cmd.Dir = ".."
		built.out, built.err = cmd.CombinedOutput()
	})
	if built.err != nil {
		t.Fatalf("building the binary: %v\n%s", built.err, built.out)
	}
	return filepath.Join(built.dir, "image-updater")
}

// result is what a finished process leaves.
type result struct {
	stdout, stderr string
	code           int
}

// workplace is a folder with a policy file from which the binary is run, with its own home and state.
type workplace struct {
	dir string
	env []string
}

func newWorkplace(t *testing.T, policies string, env ...string) workplace {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "policies.yaml"), []byte(policies), 0o600); err != nil {
		t.Fatal(err)
	}
	// Nothing of the person who runs the tests comes in: no credentials, no git configuration, no proxy.
	base := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "XDG_STATE_HOME=" + filepath.Join(dir, "state")}
	return workplace{dir: dir, env: append(base, env...)}
}

// run runs the binary to its end.
func (w workplace) run(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), binary(t), args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = w.dir, w.env, &stdout, &stderr
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Error(err) // and no end of the test: this may be another goroutine than the test's
		return result{code: -1}
	}
	return result{stdout: stdout.String(), stderr: stderr.String(), code: cmd.ProcessState.ExitCode()}
}

// ok runs the binary and expects it to succeed.
func (w workplace) ok(t *testing.T, args ...string) result {
	t.Helper()
	r := w.run(t, args...)
	if r.code != 0 {
		t.Fatalf("image-updater %q: exit %d\n%s%s", args, r.code, r.stdout, r.stderr)
	}
	return r
}
