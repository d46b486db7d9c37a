package writeback

import (
	"crypto/rand"
	"io/fs"
	"strings"
	"time"
)

// A file is written aside under a name like this. Nothing looks for references in one.
const (
	asidePrefix = ".image-updater-"
	asideSuffix = ".tmp"
)

// asideLife is how old a file must be that was written aside before it is taken for one that a killed process has left:
// writing one takes no time, and another process may be at it.
const asideLife = 10 * time.Minute

func asideName() string { return asidePrefix + rand.Text()[:10] + asideSuffix }

func isAside(e fs.DirEntry) bool {
	return e.Type().IsRegular() && strings.HasPrefix(e.Name(), asidePrefix) && strings.HasSuffix(e.Name(), asideSuffix)
}

// clear takes away what killed processes have left where [Dir.Find] came by. What cannot be taken away is in nobody's way.
func (d *Dir) clear() {
	for _, name := range d.asides {
		if info, err := d.root.Lstat(name); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > asideLife {
			_ = d.root.Remove(name)
		}
	}
	d.asides = nil
}
