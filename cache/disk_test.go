package cache

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// TestDiskThatComesBack takes the file from a cache in use, in several ways, and gives it back: what is in it can be read
// meanwhile where that is possible at all, nobody waits, and what was put is in the file in the end.
func TestDiskThatComesBack(t *testing.T) {
	t.Parallel()
	large := bytes.Repeat([]byte{1}, smallValue+1) // it is read from the file each time
	for _, test := range []struct {
		name  string
		spoil func(t *testing.T, c *Cache)
		mend  func(t *testing.T, path string)
		kept  bool // what was written before is there
	}{
		{name: "one write fails", kept: true, spoil: func(_ *testing.T, c *Cache) { c.store.file.Close() }, mend: func(*testing.T, string) {}},
		{name: "something is in its place", kept: true, spoil: func(t *testing.T, c *Cache) {
			try(t, os.Rename(c.options.Path, c.options.Path+".away"))
			try(t, os.Mkdir(c.options.Path, 0o700))
		}, mend: func(t *testing.T, path string) {
			try(t, os.Remove(path))
			try(t, os.Rename(path+".away", path))
		}},
		{name: "the folder is removed", spoil: func(t *testing.T, c *Cache) { try(t, os.RemoveAll(filepath.Dir(c.options.Path))) }, mend: func(*testing.T, string) {}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := Options{Path: filepath.Join(t.TempDir(), "state", "cache.db"), Precious: []string{"precious"}}
			synctest.Test(t, func(t *testing.T) {
				c := open(t, o)
				keep(t, c, "list", "before", large)
				c.Flush()
				test.spoil(t, c)
				keep(t, c, "precious", "during", []byte("2"))
				time.Sleep(time.Second)
				if c.Notice() == "" {
					t.Error("nothing is told")
				}
				for i := range 4 * maxPending / len(large) {
					keep(t, c, "list", fmt.Sprint(i), large)
				}
				c.Flush()
				c.mu.Lock()
				if waits := c.pending.bytes; waits > maxPending+len(large) {
					t.Errorf("%d bytes wait to be written", waits)
				}
				c.mu.Unlock()
				test.mend(t, o.Path)
				keep(t, c, "list", "after", []byte("3"))
				time.Sleep(2 * tryAgain)
				if c.Notice() != "" {
					t.Errorf("still told: %s", c.Notice())
				}
				if _, found := c.Get("list", "before"); found != test.kept {
					t.Errorf("before: found is %t", found)
				}
				try(t, c.Close())
				c = open(t, o)
				for key, want := range map[[2]string]bool{{"list", "before"}: test.kept, {"precious", "during"}: true, {"list", "after"}: true} {
					if _, found := c.Get(key[0], key[1]); found != want {
						t.Errorf("%v in the next process: found is %t", key, found)
					}
				}
				try(t, c.Close())
			})
		})
	}
}

func keep(t *testing.T, c *Cache, bucket, key string, value []byte) {
	t.Helper()
	try(t, c.Put(bucket, key, value, time.Now()))
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
