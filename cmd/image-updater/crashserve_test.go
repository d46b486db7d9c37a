package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/gittest"
)

// slowPolicy has every new tag wait, from when it was first seen.
const slowPolicy = "  - {name: slow, image: registry.test/team/slow, paths: ['apps/**'], guard: {minAge: 1000h}}\n"

// TestCrashServe ends serve at many points of its passes by kill -9, starts it again, and looks whether each tag is written
// once, and whether it still knows when it first saw the tags that wait.
//
// CRASH=200 makes 50 kills: make crash.
func TestCrashServe(t *testing.T) {
	t.Parallel()
	s := newCrashStage(t, crashing{name: "serve", commits: len(crashApps), args: func(string) []string { return []string{"run", "--fresh"} }})
	if _, err := s.repository.Commit(gittest.Branch, "Add slow", gittest.Files{"apps/slow/pod.yaml": crashPod("slow", "1.0.0")}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(s.dir, "policies.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(text, slowPolicy...), 0o600); err != nil {
		t.Fatal(err)
	}
	s.registry.Add("team/slow", "1.0.0")
	s.took = gatheringWithin // the clock strikes within what a daemon takes from its start to its push
	random := rand.New(rand.NewPCG(3, 4))
	var points []point
	for _, p := range pointsOf(s.asks, random, max(3, crashCount(t)/4)) {
		if p.signal != syscall.SIGKILL {
			continue
		}
		if p.at == (instant{}) && len(points)%2 == 0 { // of those by the clock hardly one strikes while a push is on its way
			p.at = instant{"push", 1, phase(len(points) / 2 % int(answering+1))}
		}
		points = append(points, p)
	}
	seen := map[string]time.Time{}
	slowest := time.Duration(0)
	for _, p := range points {
		slowest = max(slowest, s.tryServe(p, seen))
	}
	s.settled()
	s.tell()
	t.Logf("%d times ready again, at the latest after %v", len(points), slowest)
}

// gatheringWithin is about how long a daemon takes from its start to the push of what it finds.
const gatheringWithin = 6 * time.Second

// serving is a daemon in a process of its own.
type serving struct {
	*process
	url string
}

func (s *crashStage) serve(at ...point) *serving {
	s.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	defer listener.Close() // the port is free when the process comes to it, most likely
	address := listener.Addr().String()
	listener.Close()
	return &serving{s.start([]string{"serve", "--listen", address}, at...), "http://" + address}
}

// until asks again and again until it is so, and reports false if the process has ended.
func (s *serving) until(so func() bool) bool {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-s.ended:
			return false
		case <-again.C:
		}
	}
	return true
}

func (s *serving) get(path string) (string, bool) {
	answer, err := http.Get(s.url + path)
	if err != nil {
		return "", false
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), err == nil && answer.StatusCode == http.StatusOK
}

func (s *serving) ready() bool {
	return s.until(func() bool { _, ok := s.get("/readyz"); return ok })
}

// scan has all images looked at.
func (s *serving) scan() {
	for _, app := range append([]string{"slow"}, crashApps...) {
		if answer, err := http.Post(s.url+"/api/v1/scan", "application/json", strings.NewReader(`{"policy":"`+app+`"}`)); err == nil {
			answer.Body.Close()
		}
	}
}

// waiting returns until when which tag waits.
func (s *serving) waiting() (tag string, until time.Time) {
	body, _ := s.get("/api/v1/policies/slow")
	var told struct {
		Why struct {
			Detail string    `json:"detail"`
			Until  time.Time `json:"until"`
		} `json:"why"`
	}
	if json.Unmarshal([]byte(body), &told) != nil {
		return "", time.Time{}
	}
	tag, _, _ = strings.Cut(told.Why.Detail, ":")
	return tag, told.Why.Until
}

// tryServe ends a daemon at a point, starts another, and looks at what is there. It returns how long that one took to be
// ready.
func (s *crashStage) tryServe(p point, seen map[string]time.Time) time.Duration {
	s.t.Helper()
	before := s.tip()
	tag := s.release()
	s.registry.Add("team/slow", tag)
	first := s.serve(p)
	written := func() bool {
		for _, app := range crashApps {
			if got, err := s.repository.File(gittest.Branch, "apps/"+app+"/pod.yaml"); err != nil || got != crashPod(app, tag) {
				return false
			}
		}
		return true
	}
	note := func(d *serving) {
		if tag, until := d.waiting(); tag != "" {
			if was, known := seen[tag]; known && until.After(was.Add(time.Minute)) {
				s.t.Errorf("tag %s waited until %v, and after another start until %v", tag, was, until)
			}
			seen[tag] = until
		}
	}
	if first.ready() {
		first.scan()
		first.until(func() bool { note(first); return written() })
	}
	asked := s.trap.requests()
	s.trap.set(instant{}, nil)
	struck := first.struck()
	first.cmd.Process.Kill() // what was not struck has done all its work
	<-first.ended
	landed := len(s.since(before))
	s.count(p.words(asked), landed > 0, struck)

	again := s.serve()
	if !again.ready() {
		r := again.wait()
		s.t.Fatalf("another start: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	took := time.Since(again.begun)
	again.scan()
	again.until(func() bool {
		note(again)
		tag, _ := again.waiting()
		return written() && tag == fmt.Sprintf("1.0.%d", s.made)
	})
	again.signal(syscall.SIGTERM)
	if r := again.wait(); r.code != 0 || strings.Contains(r.stderr, "warning:") {
		s.t.Errorf("%s: another start: exit %d\n%s%s", p.words(asked), r.code, r.stdout, r.stderr)
	}
	if got := len(s.since(before)); got != s.commits {
		s.t.Errorf("%s: %d commits after another start, want %d", p.words(asked), got, s.commits)
	}
	if err := s.repository.Fsck(); err != nil {
		s.t.Error(err)
	}
	if left := s.left("tmp"); len(left) > 0 {
		s.t.Errorf("temporary files are left: %q", left)
	}
	return took
}
