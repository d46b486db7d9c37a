package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/image-updater/image-updater/internal/config"
)

// defaultFiles is where policies are looked for without -f, the first that exists.
var defaultFiles = []string{"policies.yaml", ".image-updater"}

// policies reads the policy files. A fault in them is one of usage: nothing runs.
func (a *app) policies() (*config.Config, error) {
	c, found, err := a.policiesIfAny()
	if err == nil && !found {
		return nil, usage(errors.New("no policy file"),
			"name one with -f, or write policies.yaml; image-updater schema describes it")
	}
	return c, err
}

// policiesIfAny is policies for commands that work without a policy file: there is none when none was named and none
// lies at the usual places. That one was picked up by itself is said in its errors.
func (a *app) policiesIfAny() (c *config.Config, found bool, err error) {
	files, named := a.files, true
	if len(files) == 0 {
		if files, err = usualFiles(); err != nil || len(files) == 0 {
			return &config.Config{}, false, err
		}
		named = false
	}
	if c, err = config.Load(osFiles{}, files); err == nil {
		err = checkForges(c)
	}
	if err == nil {
		return c, true, nil
	}
	if named {
		return nil, true, usage(err)
	}
	return nil, true, usage(err, fmt.Sprintf("%s was read because it lies here; -f names another", files[0]))
}

// policyFiles returns the files and folders that policies reads.
func (a *app) policyFiles() ([]string, error) {
	if len(a.files) > 0 {
		return a.files, nil
	}
	return usualFiles()
}

func usualFiles() ([]string, error) {
	for _, name := range defaultFiles {
		_, err := os.Stat(name)
		switch {
		case err == nil:
			return []string{name}, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, usage(fmt.Errorf("reading policy file: %w", err))
		}
	}
	return nil, nil
}

// osFiles is the file system as a person names files in it. os.DirFS would refuse absolute and parent paths.
type osFiles struct{}

func (osFiles) Open(name string) (fs.File, error)          { return os.Open(name) }
func (osFiles) Stat(name string) (fs.FileInfo, error)      { return os.Stat(name) }
func (osFiles) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }
