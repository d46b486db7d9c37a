package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCrashDir kills set --dir while it writes: each file is the old one or the new one, whole. What was written aside is
// passed over by the next call, which writes the rest, and taken away once it is old.
func TestCrashDir(t *testing.T) {
	t.Parallel()
	const files = 40
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(dir, "work")
	if err := os.Mkdir(work, 0o700); err != nil {
		t.Fatal(err)
	}
	name := func(i int) string { return filepath.Join(work, fmt.Sprintf("app-%02d.yaml", i)) }
	for i := range files {
		if err := os.WriteFile(name(i), []byte(crashPod("web", "1.0.0")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set := func(tag string) *process {
		return newProcess(t, dir, []string{"set", "--dir", work, "registry.test/team/web:" + tag})
	}
	random := rand.New(rand.NewPCG(3, 4))
	written := 0
	old := "1.0.0"
	tries := max(4, crashCount(t)/4)
	for try := range tries {
		tag := fmt.Sprintf("1.0.%d", try+1)
		p := set(tag)
		// A file takes three events: it is made aside, closed, and moved to its place.
		strike := watch(t, work, 1+random.IntN(3*files), func() { p.signal(syscall.SIGKILL) })
		p.start()
		p.wait()
		strike()
		for i := range files {
			switch got := content(t, name(i)); got {
			case crashPod("web", tag):
				written++
			case crashPod("web", old):
			default:
				t.Fatalf("try %d: %s is neither the old file nor the new one:\n%s", try, name(i), got)
			}
		}
		again := set(tag)
		again.start()
		if r := again.wait(); r.code != 0 || r.stderr != "" {
			t.Errorf("try %d: another call: exit %d\n%s%s", try, r.code, r.stdout, r.stderr)
		}
		for i := range files {
			if got := content(t, name(i)); got != crashPod("web", tag) {
				t.Errorf("try %d: after another call %s is\n%s", try, name(i), got)
			}
		}
		old = tag
	}
	t.Logf("%d kills, %d of %d files written by then, %d left aside", tries, written, tries*files, len(asides(t, work)))

	long := time.Now().Add(-time.Hour)
	for _, aside := range asides(t, work) {
		if err := os.Chtimes(aside, long, long); err != nil {
			t.Fatal(err)
		}
	}
	later := set(old)
	later.start()
	later.wait()
	if got := asides(t, work); len(got) > 0 {
		t.Errorf("left for ever: %q", got)
	}
}

func content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// asides returns what is in a folder beside manifests.
func asides(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".yaml") {
			found = append(found, filepath.Join(dir, e.Name()))
		}
	}
	return found
}

// watch calls strike once, at the n-th change in a folder. What it returns ends the watch.
func watch(t *testing.T, dir string, n int, strike func()) (end func()) {
	t.Helper()
	fd, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	if err != nil {
		t.Skip("no inotify: ", err)
	}
	events := os.NewFile(uintptr(fd), "inotify")
	if _, err := syscall.InotifyAddWatch(fd, dir, syscall.IN_CREATE|syscall.IN_CLOSE_WRITE|syscall.IN_MOVED_TO); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 4096)
		for {
			got, err := events.Read(buffer)
			if err != nil {
				return
			}
			for at := 0; at < got; n-- {
				if n == 1 {
					strike()
				}
				at += syscall.SizeofInotifyEvent + int(buffer[at+12]) + int(buffer[at+13])<<8 // the length of the name
			}
		}
	}()
	return func() {
		events.Close()
		<-done
	}
}
