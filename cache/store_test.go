package cache

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSecondProcessWorksInMemory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cache.db")
	first := open(t, Options{Path: path})
	put(t, first, "nginx", "first")

	second := open(t, Options{Path: path})
	if first.Busy() || !second.Busy() {
		t.Errorf("busy: the first %t, the second %t", first.Busy(), second.Busy())
	}
	if want := "in use by another process; working in memory"; !strings.Contains(second.Notice(), want) {
		t.Errorf("Notice() = %q, want it to say %q", second.Notice(), want)
	}
	put(t, second, "nginx", "second")
	if first, second := value(first, "nginx"), value(second, "nginx"); first != "first" || second != "second" {
		t.Errorf("the two hold %q and %q", first, second)
	}
	second.Close()
	first.Close()
	if third := open(t, Options{Path: path}); third.Notice() != "" || value(third, "nginx") != "first" {
		t.Errorf("the file given free: notice %q, value %q", third.Notice(), value(third, "nginx"))
	}
}

func TestUnusablePlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, path string }{
		{"a folder", dir},
		{"below a file", filepath.Join(file, "cache.db")},
		{"below a NUL", "\x00/cache.db"},
	} {
		c := open(t, Options{Path: test.path})
		if !strings.Contains(c.Notice(), "cannot be used") {
			t.Errorf("%s: Notice() = %q", test.name, c.Notice())
		}
		put(t, c, "nginx", "1.27")
		if value(c, "nginx") != "1.27" {
			t.Errorf("%s: what was put is not there", test.name)
		}
	}
}

func TestDamagedFileIsMovedAside(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cache.db")
	garbage := strings.Repeat("no database ", 5000)
	if err := os.WriteFile(path, []byte(garbage), 0o644); err != nil {
		t.Fatal(err)
	}
	c := open(t, Options{Path: path})
	if !strings.Contains(c.Notice(), "moved aside to") {
		t.Errorf("Notice() = %q", c.Notice())
	}
	put(t, c, "nginx", "1.27")
	c.Close()
	if aside, err := os.ReadFile(path + ".damaged"); err != nil || string(aside) != garbage {
		t.Errorf("what was moved aside is not what was there (%v)", err)
	}
	if c = open(t, Options{Path: path}); c.Notice() != "" || value(c, "nginx") != "1.27" {
		t.Errorf("the new file: notice %q, value %q", c.Notice(), value(c, "nginx"))
	}
}

// TestDamageShowsLater cuts the file under an open cache: reading the mapped memory then faults.
func TestDamageShowsLater(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cache.db")
	c := open(t, Options{Path: path})
	for i := range 500 {
		put(t, c, fmt.Sprint(i), strings.Repeat("x", 2000))
	}
	c.Close()
	c = open(t, Options{Path: path})
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		value(c, fmt.Sprint(i))
	}
	if !strings.Contains(c.Notice(), "was damaged: moved aside") {
		t.Errorf("Notice() = %q", c.Notice())
	}
	put(t, c, "nginx", "1.27")
	c.Close()
	if c = open(t, Options{Path: path}); value(c, "nginx") != "1.27" {
		t.Errorf("the file begun anew holds %q", value(c, "nginx"))
	}
}

// TestRandomDamage opens, reads and writes files damaged in every way: nothing is fatal, and nothing comes out that was
// not put in.
func TestRandomDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "cache.db")
	c := open(t, Options{Path: path})
	for i := range 300 {
		put(t, c, fmt.Sprint(i), strings.Repeat(fmt.Sprint(i), i))
		if i%50 == 0 {
			c.Flush()
		}
	}
	c.Close()
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for trial := range 60 {
		damaged := damage(random, sound, trial)
		path := filepath.Join(dir, fmt.Sprint(trial))
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		c := open(t, Options{Path: path})
		for i := range 300 {
			if got := value(c, fmt.Sprint(i)); got != "-" && got != strings.Repeat(fmt.Sprint(i), i) {
				t.Errorf("trial %d: %d holds what was never put: %.20q", trial, i, got)
			}
		}
		for i := range 100 {
			put(t, c, fmt.Sprint(i), "new")
		}
		c.Close()
	}
}

func damage(random *rand.Rand, sound []byte, trial int) []byte {
	data := []byte(string(sound))
	sector := func(n int) []byte {
		at := random.IntN(len(data)/n) * n
		return data[at : at+n]
	}
	switch trial % 5 {
	case 0: // turned bits
		for range 1 + random.IntN(20) {
			data[random.IntN(len(data))] ^= 1 << random.IntN(8)
		}
	case 1: // a sector lost
		clear(sector(512))
	case 2: // cut
		data = data[:random.IntN(len(data))]
	case 3: // a page in the place of another
		copy(sector(4096), sector(4096))
	case 4: // noise
		for s := sector(512); len(s) > 0; s = s[1:] {
			s[0] = byte(random.Uint32())
		}
	}
	return data
}

const childEnv = "CACHE_TEST_CHILD"

// putUntilKilled is the child of TestKill: it puts and says so, for ever.
func putUntilKilled(path string) {
	c, err := Open(context.Background(), Options{Path: path})
	if err != nil || c.Notice() != "" {
		fmt.Println("child:", err, c.Notice())
		os.Exit(1)
	}
	for i := 0; ; i++ {
		c.Put("list", fmt.Sprint(i%1000), []byte(strings.Repeat(fmt.Sprint(i%1000), 500)), time.Now())
		if i%100 == 99 {
			c.Flush()
			fmt.Println(i)
		}
	}
}

func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cache.db")
	for round := range 5 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childEnv+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 3 + round {
			if !lines.Scan() || strings.HasPrefix(lines.Text(), "child:") {
				t.Errorf("round %d: the child stopped by itself: %s", round, lines.Text())
			}
		}
		child.Process.Kill()
		child.Wait()

		c := open(t, Options{Path: path})
		if c.Notice() != "" {
			t.Errorf("round %d: after kill -9 the notice is %q", round, c.Notice())
		}
		for i := range 300 {
			if got := value(c, fmt.Sprint(i)); got != strings.Repeat(fmt.Sprint(i), 500) {
				t.Errorf("round %d: %d was on disk and is now %.20q", round, i, got)
			}
		}
		c.Close()
	}
}

// A process that only reads must not wait for the disk, so it leaves the file as it is, byte for byte.
func TestReadingWritesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cache.db")
	c := open(t, Options{Path: path})
	c.Put("list", "a", []byte("one"), time.Now())
	c.Close()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c = open(t, Options{Path: path})
	if got := value(c, "a"); got != "one" {
		t.Errorf("got %q", got)
	}
	c.Close()
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("the file has changed")
	}
}
