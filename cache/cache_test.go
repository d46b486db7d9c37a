package cache

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		putUntilKilled(path)
	}
	goleak.VerifyTestMain(m)
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, o Options) *Cache {
	t.Helper()
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func put(t testing.TB, c *Cache, key, value string) {
	t.Helper()
	if err := c.Put("list", key, []byte(value), noon); err != nil {
		t.Fatal(err)
	}
}

// value returns what stands under the key, or "-".
func value(c *Cache, key string) string {
	entry, found := c.Get("list", key)
	if !found {
		return "-"
	}
	return string(entry.Value)
}

func TestNextProcessReadsWhatWasPut(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state", "cache.db")
	c := open(t, Options{Path: path})
	at := noon.Add(1234 * time.Microsecond)
	if err := c.Put("list", "nginx", []byte("1.27"), at); err != nil {
		t.Fatal(err)
	}
	put(t, c, "gone", "1")
	if err := c.Delete("list", "gone"); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}

	c = open(t, Options{Path: path})
	got, found := c.Get("list", "nginx")
	if diff := cmp.Diff(Entry{Value: []byte("1.27"), At: at}, got); !found || diff != "" {
		t.Errorf("Get after opening again: found %v (-want +got):\n%s", found, diff)
	}
	if _, found := c.Get("pause", "nginx"); found {
		t.Error("an entry of one bucket is found in another")
	}
	if got := value(c, "gone"); got != "-" {
		t.Errorf("a deleted entry is there: %q", got)
	}
	if c.Notice() != "" {
		t.Errorf("Notice() = %q, want none", c.Notice())
	}
	for name, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): fs.ModeDir | 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("mode of %s: %v (%v), want %v", filepath.Base(name), info.Mode(), err, want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	c := open(t, Options{})
	for _, test := range []struct {
		name, bucket, key string
		value             []byte
		want              string
	}{
		{name: "no bucket", key: "k", want: "bucket \"\" is empty"},
		{name: "bucket with NUL", bucket: "a\x00b", key: "k", want: "holds a NUL"},
		{name: "no key", bucket: "b", want: "key is empty"},
		{name: "long key", bucket: "b", key: strings.Repeat("k", MaxKey), want: "longer than 1024"},
		{name: "long value", bucket: "b", key: "k", value: make([]byte, MaxValue+1), want: "longer than 8388608"},
	} {
		if err := c.Put(test.bucket, test.key, test.value, noon); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Put = %v, want an error with %q", test.name, err, test.want)
		}
		if _, found := c.Get(test.bucket, test.key); found {
			t.Errorf("%s: something is found", test.name)
		}
	}
	if _, err := Open(t.Context(), Options{MaxEntries: -1}); err == nil {
		t.Error("a negative bound is taken")
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", filepath.Join(t.TempDir(), "cache.db")} {
		c := open(t, Options{Path: path})
		put(t, c, "nginx", "1.27")
		for range 2 {
			if err := c.Close(); err != nil {
				t.Errorf("Close() = %v", err)
			}
		}
		if err := c.Put("list", "nginx", nil, noon); err != ErrClosed {
			t.Errorf("Put after Close = %v, want ErrClosed", err)
		}
		if got := value(c, "nginx"); got != "-" {
			t.Errorf("Get after Close found %q", got)
		}
	}
}

// TestModel holds a cache, with and without a file and opened again at any moment, against a map.
func TestModel(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := 0
	rapid.Check(t, func(t *rapid.T) {
		path := ""
		if rapid.Bool().Draw(t, "file") {
			files++
			path = filepath.Join(dir, fmt.Sprint(files))
		}
		c, err := Open(t.Context(), Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { c.Close() }()
		want := map[string]string{}
		keys := rapid.SampledFrom([]string{"a", "b", "c", "library/nginx"})
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				key := keys.Draw(t, "key")
				want[key] = strings.Repeat(key, rapid.IntRange(0, 2*smallValue/len(key)).Draw(t, "repeat"))
				if err := c.Put("list", key, []byte(want[key]), noon); err != nil {
					t.Fatal(err)
				}
			},
			"delete": func(t *rapid.T) {
				key := keys.Draw(t, "key")
				delete(want, key)
				if err := c.Delete("list", key); err != nil {
					t.Fatal(err)
				}
			},
			"open again": func(t *rapid.T) {
				if path == "" {
					t.Skip("nothing to open")
				}
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
				if c, err = Open(t.Context(), Options{Path: path}); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				for _, key := range []string{"a", "b", "c", "library/nginx"} {
					text, found := want[key]
					if !found {
						text = "-"
					}
					if got := value(c, key); got != text {
						t.Fatalf("%q is %.20q (%d bytes), want %.20q (%d bytes)", key, got, len(got), text, len(text))
					}
				}
			},
		})
	})
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	c := open(t, Options{MaxEntries: 20})
	for i := range 30 {
		put(t, c, fmt.Sprint(i), "x")
	}
	if value(c, "9") != "-" || value(c, "10") != "x" {
		t.Error("over MaxEntries the entry used longest ago did not go")
	}
	big := bytes.Repeat([]byte("x"), MaxValue)
	for i := range 12 {
		if err := c.Put("big", fmt.Sprint(i), big, noon); err != nil {
			t.Fatal(err)
		}
	}
	if *c.memory.bytes > maxMemory {
		t.Errorf("memory holds %d bytes, want at most %d", *c.memory.bytes, maxMemory)
	}
	if _, found := c.Get("big", "11"); !found {
		t.Error("the last value is not there")
	}
}

func TestFileIsBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options Options
	}{
		{"by entries", Options{MaxEntries: 100}},
		{"by bytes", Options{MaxBytes: 100 * (1000 + recordHeader + 8)}},
	} {
		path := filepath.Join(t.TempDir(), "cache.db")
		test.options.Path = path
		c := open(t, test.options)
		for i := range 300 {
			at := noon.Add(time.Duration(i) * time.Second)
			if err := c.Put("list", fmt.Sprintf("%03d", i), make([]byte, 1000), at); err != nil {
				t.Fatal(err)
			}
		}
		c.Close()
		c = open(t, test.options)
		if c.store.entries > 100 || c.store.entries < 50 {
			t.Errorf("%s: %d entries stay, want 50 to 100", test.name, c.store.entries)
		}
		if value(c, "000") != "-" || value(c, "299") == "-" {
			t.Errorf("%s: the oldest is there, or the newest is not", test.name)
		}
	}
}

// TestPreciousGoLast: a flood of young lists takes none of the old facts; a flood of facts takes the oldest of them, and
// leaves half of the room to others.
func TestPreciousGoLast(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name         string
		facts, lists int // put in this order
		wantFacts    int // that stay, the youngest
	}{
		{"few facts", 40, 300, 40},
		{"as many as may be", 50, 300, 50},
		{"many facts", 90, 300, 50},
		{"facts alone", 300, 0, 90},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := Options{Path: filepath.Join(t.TempDir(), "cache.db"), MaxEntries: 100, Precious: []string{"fact"}}
			c := open(t, o)
			at := noon
			for i := range test.facts + test.lists {
				bucket := "fact"
				if i >= test.facts {
					bucket = "list"
				}
				at = at.Add(time.Second)
				if err := c.Put(bucket, fmt.Sprintf("%03d", i), []byte("x"), at); err != nil {
					t.Fatal(err)
				}
			}
			c.Close()
			c = open(t, o)
			facts := 0
			for i := range test.facts {
				if _, found := c.Get("fact", fmt.Sprintf("%03d", test.facts-1-i)); found && facts == i {
					facts++
				}
			}
			if facts < test.wantFacts || c.store.entries > 100 {
				t.Errorf("the youngest %d facts stay, of %d entries; want %d facts", facts, c.store.entries, test.wantFacts)
			}
			if _, found := c.Get("list", fmt.Sprintf("%03d", test.facts+test.lists-1)); !found && test.lists > 0 {
				t.Error("the last list does not stay")
			}
		})
	}
}

func TestLargeValuesAreReadFromTheFile(t *testing.T) {
	t.Parallel()
	c := open(t, Options{Path: filepath.Join(t.TempDir(), "cache.db")})
	want := strings.Repeat("1.27.4 ", smallValue)
	put(t, c, "nginx", want)
	if got := value(c, "nginx"); got != want {
		t.Error("a large value that was just put is not there")
	}
	c.Flush()
	if _, found := c.memory.get("list\x00nginx"); found {
		t.Error("a large value lies in memory")
	}
	if got := value(c, "nginx"); got != want {
		t.Error("a large value is not read from the file")
	}
}

// TestFromTheFuture: what was put while the clock was wrong does not outlive all that is put when it is right again.
func TestFromTheFuture(t *testing.T) {
	t.Parallel()
	c := open(t, Options{Path: filepath.Join(t.TempDir(), "cache.db"), MaxEntries: 100})
	at := noon.Add(10 * 365 * 24 * time.Hour)
	for i := range 150 {
		if i == 100 {
			c.Flush()
			at = noon
		}
		at = at.Add(time.Second)
		if err := c.Put("list", fmt.Sprintf("%03d", i), []byte("x"), at); err != nil {
			t.Fatal(err)
		}
		if i >= 100 {
			c.Flush()
		}
	}
	c.Flush()
	stay := 0
	for i := 100; i < 150; i++ {
		if _, found, err := c.store.get("list\x00" + fmt.Sprintf("%03d", i)); found && err == nil {
			stay++
		}
	}
	if stay != 50 {
		t.Errorf("of 50 lists that were put since, %d stay", stay)
	}
}
