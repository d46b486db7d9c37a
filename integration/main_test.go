package integration

import (
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// distribution logs every request through the process-wide logger of logrus.
	logrus.SetOutput(io.Discard)
	goleak.VerifyTestMain(m,
		goleak.Cleanup(func(code int) {
			if built.dir != "" {
				os.RemoveAll(built.dir)
			}
			os.Exit(code)
		}),
		// distribution never stops the loops that send its notifications.
		goleak.IgnoreTopFunction("github.com/docker/go-events.(*Broadcaster).run"),
		goleak.IgnoreAnyFunction("github.com/distribution/distribution/v3/notifications.(*eventQueue).run"),
	)
}

// program returns the path of an installed program, or skips the test; under CI it fails, for there .ci/run has
// installed it.
func program(t *testing.T, name string, elsewhere ...string) string {
	t.Helper()
	for _, candidate := range append([]string{name}, elsewhere...) {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, and CI must not skip this test", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}
