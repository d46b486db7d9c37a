package daemon

import (
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	pollEvery   = time.Minute            // where nobody tells of changes, as on some network file systems
	calmFor     = 200 * time.Millisecond // files are mostly written one after the other
	maxPolicies = 4 << 20                // bytes of one file that are looked at
)

// Files are files or folders of policies, and files that those name, with what was in them when they were last looked at.
type Files struct {
	paths []string
	moved chan struct{} // there are others to watch

	mu       sync.Mutex // guards what follows
	named    []string
	sum      [sha256.Size]byte
	namedSum [sha256.Size]byte
}

// LookAtFiles looks at files and folders for the first time: before they are loaded, so that no change is missed.
func LookAtFiles(paths []string) *Files {
	return &Files{paths: paths, moved: make(chan struct{}, 1), sum: sumOfFiles(paths), namedSum: sumOfFiles(nil)}
}

// Named has other files watched that the policy files name, instead of those of before. It is called before they are read.
func (f *Files) Named(paths []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.Equal(f.named, paths) {
		return
	}
	f.named, f.namedSum = paths, sumOfFiles(paths)
	select {
	case f.moved <- struct{}{}:
	default: // it is known
	}
}

// all returns what is watched.
func (f *Files) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Concat(f.paths, f.named)
}

// changed looks at the files again, and reports whether there is something else in them.
func (f *Files) changed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	sum, namedSum := sumOfFiles(f.paths), sumOfFiles(f.named)
	changed := sum != f.sum || namedSum != f.namedSum
	f.sum, f.namedSum = sum, namedSum
	return changed
}

// Watch calls changed when what is in the files has changed, until the context ends. It goes by the bytes: a folder of
// Kubernetes whose link was swapped for one with the same files has not changed.
func (f *Files) Watch(ctx context.Context, changed func(), log *slog.Logger) {
	events, errors := make(chan fsnotify.Event), make(chan error)
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		log.Warn("changes of policy files are noticed within a minute, and not at once", "err", err)
	} else {
		defer watcher.Close()
		events, errors = watcher.Events, watcher.Errors
		watchFolders(watcher, f.all(), log)
	}
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	calm := time.NewTimer(calmFor) // for what has changed since they were looked at, and before anybody was told
	for {
		select {
		case <-ctx.Done():
			return
		case <-events:
			calm.Reset(calmFor)
			continue
		case err := <-errors:
			log.Debug("watching policy files", "err", err)
			continue
		case <-f.moved:
			if watcher != nil {
				watchFolders(watcher, f.all(), log)
			}
			calm.Reset(calmFor)
			continue
		case <-calm.C:
		case <-poll.C:
		}
		if f.changed() {
			changed()
		}
	}
}

// watchFolders makes the folders of the files those that are watched.
func watchFolders(watcher *fsnotify.Watcher, paths []string, log *slog.Logger) {
	folders, watched := foldersOf(paths), watcher.WatchList()
	for _, folder := range watched {
		if !slices.Contains(folders, folder) {
			_ = watcher.Remove(folder) // it may be gone
		}
	}
	for _, folder := range folders {
		if slices.Contains(watched, folder) {
			continue
		}
		if err := watcher.Add(folder); err != nil {
			log.Warn("changes of policy files are noticed within a minute, and not at once", "folder", folder, "err", err)
		}
	}
}

// foldersOf returns the folders whose entries change when the files do.
func foldersOf(paths []string) []string {
	var folders []string
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			path = filepath.Dir(path)
		}
		folders = append(folders, filepath.Clean(path))
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// sumOfFiles returns a number that is another one when what is in the files changes.
func sumOfFiles(paths []string) [sha256.Size]byte {
	sum := sha256.New()
	for _, path := range paths {
		names := []string{path}
		if entries, err := os.ReadDir(path); err == nil {
			names = nil
			for _, e := range entries {
				if ext := filepath.Ext(e.Name()); (ext == ".yaml" || ext == ".yml") && !strings.HasPrefix(e.Name(), ".") {
					names = append(names, filepath.Join(path, e.Name()))
				}
			}
		}
		for _, name := range names {
			io.WriteString(sum, name+"\x00")
			f, err := openRegular(name)
			if err != nil {
				io.WriteString(sum, "absent")
				continue
			}
			_, _ = io.Copy(sum, io.LimitReader(f, maxPolicies)) // as far as it can be read
			f.Close()
		}
	}
	return [sha256.Size]byte(sum.Sum(nil))
}

// openRegular opens a file, and nothing that could keep its reader waiting.
func openRegular(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, os.ErrInvalid
	}
	return os.Open(name)
}
