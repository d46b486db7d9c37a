package main

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/internal/web"
)

// flagged is how a file fares that a flag names and that may change while the daemon goes on. When it is of no use, what it
// held before still holds: else a slip would lock everybody out who could see what is wrong.
type flagged struct {
	flag string
	now  func() time.Time
	log  *slog.Logger

	mu   sync.Mutex // guards what follows
	told status.File
}

// note takes note of how reading it went, and logs what is new of that.
func (f *flagged) note(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err == nil && f.told.Error != "":
		f.log.Info("what a flag names can be read again", "flag", f.flag)
		f.told = status.File{}
	case err != nil && f.told.Error != err.Error():
		f.log.Error("what a flag names cannot be read; what it held before still holds", "flag", f.flag, "err", err)
		f.told.Error, f.told.Since = err.Error(), f.now()
	}
}

// state is what is known of it.
func (f *flagged) state() status.File {
	f.mu.Lock()
	defer f.mu.Unlock()
	told := f.told
	told.Flag = f.flag
	return told
}

// authFile is the file of --auth-file.
type authFile struct {
	flagged
	path string

	reading sync.Mutex // guards what follows
	known   web.Credentials
	stamp   os.FileInfo // of the file as it was last read, well or not
	err     error       // of that
	checked time.Time
}

// authAgain is how long a change of the file may go unnoticed.
const authAgain = time.Second

// newAuthFile reads the file of --auth-file. It returns nil where there is none.
func (a *app) newAuthFile(flags serveFlags) (*authFile, error) {
	if flags.authFile == "" {
		return nil, nil
	}
	f := &authFile{flagged: flagged{flag: "--auth-file", now: a.now, log: a.logger()}, path: flags.authFile}
	if err := f.read(); err != nil {
		return nil, usage(fmt.Errorf("--auth-file: %w", unverbed(err)),
			"a line for each who may come in: bearer TOKEN for programs, basic USER:PASSWORD for people")
	}
	return f, nil
}

// credentials returns those in the file. One that cannot be read, or does not hold, lets those in whom it let in before.
func (f *authFile) credentials() web.Credentials {
	f.reading.Lock()
	defer f.reading.Unlock()
	if now := f.now(); now.Sub(f.checked) >= authAgain {
		f.checked = now
		f.note(f.read())
	}
	return f.known
}

// read reads the file if it has changed.
func (f *authFile) read() error {
	info, err := os.Stat(f.path)
	if err != nil {
		f.stamp = nil
		return err
	}
	if sameFile(f.stamp, info) {
		return f.err
	}
	data, err := readBounded(f.path, maxSecret)
	if err != nil {
		return err
	}
	known, err := web.ParseCredentials(data)
	if err != nil {
		err = fmt.Errorf("%s: %w", f.path, err)
	} else {
		f.known = known
	}
	f.stamp, f.err = info, err
	return err
}

// sameFile reports whether a file was not touched in between.
func sameFile(was, now os.FileInfo) bool {
	return was != nil && os.SameFile(was, now) && was.ModTime().Equal(now.ModTime()) && was.Size() == now.Size()
}
