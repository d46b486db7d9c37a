package web_test

import (
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/internal/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got), -update writes it anew:\n%s", name, diff)
	}
}

// ours are the metrics of this program, without those of Go and of the process.
func ours(text string) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(line string) bool { return !strings.Contains(line, "image_updater_") }), "")
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	text := get(t, web.New(options()), "/metrics")
	lines := slices.DeleteFunc(strings.SplitAfter(ours(text), "\n"), func(line string) bool {
		// Of the images two are enough, and the version of Go is none of ours.
		return strings.HasPrefix(line, "image_updater_scan_age_seconds{") && !strings.Contains(line, "nginx") && !strings.Contains(line, "web") ||
			strings.HasPrefix(line, "image_updater_build_info{")
	})
	golden(t, "metrics.txt", strings.Join(lines, ""))
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "image_updater_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// Two policies of one image, texts that are no UTF-8, and times of which there are none must not lose the other metrics.
func TestMetricsOfOddThings(t *testing.T) {
	t.Parallel()
	s := status.Status{
		Policies: []status.Policy{
			{Name: "a", Image: "nginx", Registry: "docker.io", Looked: now.Add(-time.Minute), State: status.UpToDate},
			{Name: "b", Image: "nginx", Registry: "docker.io", Looked: now.Add(-time.Minute), State: status.Held},
			{Name: "c", Image: "bad\xff\"\n", Registry: "docker.io", Looked: now.Add(time.Minute), State: status.UpToDate},
			{Name: "d", Image: "new", Registry: "docker.io", State: status.New},
		},
		Registries: []status.Registry{{Host: "docker.io", Metered: true, Remaining: -1, Requests: 3, Pulls: 5}},
	}
	text := get(t, web.New(optionsOf(s)), "/metrics")
	for _, want := range []string{
		`image_updater_scan_age_seconds{image="nginx",registry="docker.io"} 60`,
		`image_updater_scan_age_seconds{image="bad` + "\uFFFD" + `\"\n",registry="docker.io"} 0`,
		`image_updater_policies{state="held"} 1`,
		`image_updater_policies{state="up to date"} 2`,
		`image_updater_registry_requests_total{kind="other",registry="docker.io"} 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("%s is missing in\n%s", want, ours(text))
		}
	}
	for _, unwanted := range []string{`image="new"`, "image_updater_quota_remaining_pulls{", "image_updater_pass_ended_timestamp_seconds "} {
		if strings.Contains(text, unwanted) {
			t.Errorf("%s is told, and there is none", unwanted)
		}
	}
}

// TestManyScrapes: of a crowd that wants the metrics at once all but a few are turned away, and cost nothing.
func TestManyScrapes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := options()
		tell, begun := o.Status, atomic.Int32{}
		release := make(chan struct{})
		o.Status = func() status.Status {
			begun.Add(1)
			<-release
			return tell()
		}
		h := web.New(o)
		const crowd = 100
		var answered [600]atomic.Int32
		var all sync.WaitGroup
		for range crowd {
			r := request(t, "/metrics")
			all.Go(func() {
				answer, _ := ask(t, h, r)
				answered[answer.StatusCode].Add(1)
			})
		}
		synctest.Wait()
		away, in := answered[http.StatusServiceUnavailable].Load(), begun.Load()
		if in == 0 || in > 20 || away != crowd-in {
			t.Errorf("%d are answered and %d turned away, of %d", in, away, crowd)
		}
		close(release)
		all.Wait()
		if got := answered[http.StatusOK].Load(); got != in {
			t.Errorf("%d answers, want %d", got, in)
		}
	})
}
