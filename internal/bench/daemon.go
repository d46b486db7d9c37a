package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// A daemon with policies of an image and a file each, of so many tags.
const (
	watchedTags = 30
	watchedIdle = time.Minute // that is measured
	watchedFill = 20 * time.Minute
)

// benchDaemon starts serve with nothing known, lets it look at everything, ends it by kill -9, starts it again and measures
// it while nothing happens in Git or in the registry: each image is still looked at in every interval.
func benchDaemon(ctx context.Context, b bench) ([]figure, error) {
	registry := registrytest.New(registrytest.Options{})
	dir := filepath.Join(b.scratch, "daemon")
	tags := numbered(watchedTags)
	host, stop, err := serve(registry)
	if err != nil {
		return nil, err
	}
	defer stop()
	fleets := make([]gittest.Files, b.repositories)
	var gits, policies strings.Builder
	for i := range b.policies {
		name := fmt.Sprintf("app-%05d", i)
		registry.Add("team/"+name, tags...)
		fleet := i % b.repositories
		if fleets[fleet] == nil {
			fleets[fleet] = gittest.Files{}
		}
		fleets[fleet]["apps/"+name+"/deployment.yaml"] = manifest(name, host+"/team/"+name, tags[len(tags)-1])
		fmt.Fprintf(&policies, "  - {name: %[1]s, image: '%[2]s/team/%[1]s', git: fleet-%[3]d}\n", name, host, fleet)
	}
	gitHost, stopGit, err := serve(whole(gittest.New(dir)))
	if err != nil {
		return nil, err
	}
	defer stopGit()
	for i, files := range fleets {
		if _, err := gittest.Create(filepath.Join(dir, fmt.Sprintf("fleet-%d.git", i)), files); err != nil {
			return nil, err
		}
		fmt.Fprintf(&gits, "  - {name: fleet-%[1]d, url: \"http://%[2]s/fleet-%[1]d.git\", branch: main}\n", i, gitHost)
	}
	text := "apiVersion: image-updater/v1\ngit:\n" + gits.String() +
		"defaults: {interval: " + b.interval.String() + "}\npolicies:\n" + policies.String()
	if err := os.WriteFile(filepath.Join(dir, "policies.yaml"), []byte(text), 0o644); err != nil {
		return nil, err
	}
	first, err := startDaemon(ctx, b.binary, dir)
	if err != nil {
		return nil, err
	}
	err = first.await(ctx, watchedFill, func(s daemonStatus) bool { return s.Ready && s.States["up to date"] == b.policies })
	filled := first.sample()
	err = errors.Join(err, first.end(syscall.SIGKILL))
	if err != nil {
		return nil, err
	}
	again, err := startDaemon(ctx, b.binary, dir)
	if err != nil {
		return nil, err
	}
	defer again.end(syscall.SIGTERM)
	if err := again.ready(ctx); err != nil {
		return nil, err
	}
	ready := time.Since(again.began)
	return again.idle(ctx, b, registry, filled, ready)
}

// awaitLooks waits until images are looked at again: those that were looked at a moment ago are not due yet.
func awaitLooks(ctx context.Context, b bench, registry *registrytest.Registry) error {
	const window = 10 * time.Second
	for began := time.Now(); time.Since(began) < watchedFill; {
		registry.Reset()
		if err := wait(ctx, window); err != nil {
			return err
		}
		if float64(registry.Counts().List) > window.Seconds()*float64(b.policies)/b.interval.Seconds()/2 {
			return nil
		}
	}
	return errors.New("no image is looked at again")
}

// idle measures a daemon that has nothing to do.
func (d *daemonProcess) idle(ctx context.Context, b bench, registry *registrytest.Registry, filled sample, ready time.Duration) ([]figure, error) {
	if err := d.await(ctx, watchedFill, func(s daemonStatus) bool { return s.States["up to date"] == b.policies }); err != nil {
		return nil, err
	}
	if err := awaitLooks(ctx, b, registry); err != nil {
		return nil, err
	}
	registry.Reset()
	before := d.sample()
	if err := wait(ctx, watchedIdle); err != nil {
		return nil, err
	}
	after := d.sample()
	share := 100 * float64(after.cpu-before.cpu) / float64(watchedIdle)
	page, metrics := d.answer("/"), d.answer("/metrics")
	return []figure{
		{name: fmt.Sprintf("daemon, %d policies: memory when nothing happens", b.policies),
			ours:    fmt.Sprintf("%s, of that %s of files; with all looked at for the first time %s, and %s at most until then", megabytes(after.rss), megabytes(after.file), megabytes(filled.rss), megabytes(filled.peak)) + "; state folder " + megabytes(d.state()),
			promise: "under 150 MB", broken: after.rss >= 150e6},
		{name: fmt.Sprintf("daemon: processor when nothing happens, a look at each image in %v", b.interval),
			ours:    fmt.Sprintf("%.2f %% of a core, with %.1f looks a second", share, float64(registry.Counts().List)/watchedIdle.Seconds()),
			promise: "under 1 %", broken: share >= 1},
		{name: "daemon: ready after kill -9", ours: fmt.Sprintf("%d ms", ready.Milliseconds()), promise: "under 2 s", broken: ready >= 2*time.Second},
		{name: "daemon: page", ours: fmt.Sprintf("%d ms", page.Milliseconds()), promise: "under 200 ms", broken: page >= 200*time.Millisecond},
		{name: "daemon: /metrics", ours: fmt.Sprintf("%d ms", metrics.Milliseconds()), promise: "under 100 ms", broken: metrics >= 100*time.Millisecond},
	}, nil
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// state returns how large the state folder is.
func (d *daemonProcess) state() (bytes int64) {
	_ = filepath.WalkDir(filepath.Join(d.cmd.Dir, "state"), func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil // what goes meanwhile does not count
	})
	return bytes
}

// daemonProcess is a running serve.
type daemonProcess struct {
	cmd    *exec.Cmd
	url    string
	began  time.Time
	stderr bytes.Buffer
}

func startDaemon(ctx context.Context, binary, dir string) (*daemonProcess, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := listener.Addr().String()
	listener.Close()
	d := &daemonProcess{url: "http://" + address, began: time.Now()}
	d.cmd = exec.CommandContext(ctx, binary, "serve", "--listen", address, "--state-dir", filepath.Join(dir, "state"))
	d.cmd.Dir, d.cmd.Stderr = dir, &d.stderr
	return d, d.cmd.Start()
}

// end ends the process by a signal.
func (d *daemonProcess) end(signal syscall.Signal) error {
	if err := d.cmd.Process.Signal(signal); err != nil {
		return err
	}
	err := d.cmd.Wait()
	if _, ended := errors.AsType[*exec.ExitError](err); ended && signal == syscall.SIGKILL {
		return nil
	}
	return err
}

// daemonStatus is what of /api/v1/status is looked at.
type daemonStatus struct {
	Ready  bool           `json:"ready"`
	States map[string]int `json:"states"`
}

// await asks for the status until it is so.
func (d *daemonProcess) await(ctx context.Context, within time.Duration, so func(daemonStatus) bool) error {
	deadline := time.Now().Add(within)
	var s daemonStatus
	for time.Now().Before(deadline) {
		if answer, err := http.Get(d.url + "/api/v1/status"); err == nil {
			err = json.NewDecoder(answer.Body).Decode(&s)
			answer.Body.Close()
			if err == nil && so(s) {
				return nil
			}
		}
		if err := wait(ctx, time.Second); err != nil {
			return err
		}
	}
	return fmt.Errorf("the daemon is at %+v after %v; it said\n%s", s, within, d.stderr.Bytes())
}

func (d *daemonProcess) ready(ctx context.Context) error {
	for {
		if answer, err := http.Get(d.url + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		if err := wait(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// answer returns how long the fastest of some answers takes.
func (d *daemonProcess) answer(path string) time.Duration {
	fastest := time.Hour
	for range 5 {
		began := time.Now()
		answer, err := http.Get(d.url + path)
		if err != nil {
			continue
		}
		var body bytes.Buffer
		body.ReadFrom(answer.Body)
		answer.Body.Close()
		fastest = min(fastest, time.Since(began))
	}
	return fastest
}

// sample is what a process takes at one moment.
type sample struct {
	rss, file int64
	peak      int64 // of rss, until then
	cpu       time.Duration
}

// sample reads it from /proc, which Linux has.
func (d *daemonProcess) sample() sample {
	var s sample
	folder := fmt.Sprintf("/proc/%d/", d.cmd.Process.Pid)
	if data, err := os.ReadFile(folder + "status"); err == nil {
		for line := range strings.Lines(string(data)) {
			key, value, _ := strings.Cut(line, ":")
			kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			switch key {
			case "VmRSS":
				s.rss = kib * 1024
			case "VmHWM":
				s.peak = kib * 1024
			case "RssFile":
				s.file = kib * 1024
			}
		}
	}
	if data, err := os.ReadFile(folder + "stat"); err == nil {
		_, rest, _ := strings.Cut(string(data), ") ")
		if fields := strings.Fields(rest); len(fields) > 12 {
			for _, field := range fields[11:13] { // utime and stime, in hundredths of a second
				ticks, _ := strconv.ParseInt(field, 10, 64)
				s.cpu += time.Duration(ticks) * 10 * time.Millisecond
			}
		}
	}
	return s
}
