package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
)

const (
	maxFile  = 4 << 20 // bytes of one policy file
	maxFiles = 1000    // policy files
)

// Load reads the policy files at paths, which are files or directories, and checks them together. Of a directory it
// takes every *.yaml and *.yml in it, but no hidden file and nothing from the directories below. The error is [Errors].
func Load(fsys fs.FS, paths []string) (*Config, error) {
	r := &report{}
	names := list(fsys, paths, r)
	var files []*file
	for _, name := range names {
		if f := read(fsys, name, r); f != nil {
			files = append(files, f)
		}
	}
	c := resolve(files, r)
	c.Files = names
	return c.unless(r)
}

// unless returns c with the warnings of a report, or the report's errors.
func (c *Config) unless(r *report) (*Config, error) {
	if len(r.errors) > 0 {
		return nil, Errors(arrange(r.errors))
	}
	for _, w := range arrange(r.warnings) {
		c.Warnings = append(c.Warnings, *w)
	}
	return c, nil
}

// list returns the names of the files at paths, sorted and each once.
func list(fsys fs.FS, paths []string, r *report) []string {
	var names []string
	for _, p := range paths {
		p = path.Clean(p)
		info, err := fs.Stat(fsys, p)
		switch {
		case err != nil:
			r.fail(unread(p, err))
		case info.IsDir():
			names = append(names, listDir(fsys, p, r)...)
		default:
			names = append(names, p)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > maxFiles {
		r.fail(&Error{File: names[maxFiles], Message: fmt.Sprintf("there are more than %d policy files", maxFiles)})
		names = names[:maxFiles]
	}
	if len(paths) == 0 {
		r.fail(&Error{File: ".", Message: "no policy file is named"})
	}
	return names
}

// endless is what may not end, or not even begin, when it is read. Whoever names one (-f /dev/stdin) means it; one that
// stands in a directory is nobody's wish.
const endless = fs.ModeNamedPipe | fs.ModeSocket | fs.ModeDevice

func listDir(fsys fs.FS, dir string, r *report) []string {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		r.fail(unread(dir, err))
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() || !IsPolicyFile(e.Name()) {
			continue
		}
		name := path.Join(dir, e.Name())
		if info, err := fs.Stat(fsys, name); err == nil && info.Mode()&endless != 0 {
			r.fail(&Error{File: name, Message: "is a pipe, socket or device, want a file"})
			continue
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		r.fail(&Error{File: dir, Message: "no *.yaml or *.yml file is in this directory"})
	}
	return names
}

// IsPolicyFile reports whether a file of that name in a directory of policy files is one: *.yaml or *.yml, and not hidden.
func IsPolicyFile(name string) bool {
	extension := path.Ext(name)
	return !strings.HasPrefix(name, ".") && (extension == ".yaml" || extension == ".yml")
}

// read returns what the file says, nil if it could not be read as YAML.
func read(fsys fs.FS, name string, r *report) *file {
	data, err := readBounded(fsys, name)
	if err != nil {
		r.fail(unread(name, err))
		return nil
	}
	return parse(name, data, r)
}

// parse returns what the bytes of a file say, nil if they are not YAML.
func parse(name string, data []byte, r *report) *file {
	n, fault := document(name, data)
	if fault != nil {
		r.fail(fault)
		return nil
	}
	f := &file{}
	d := &decoder{file: name, report: r}
	d.decode(n, reflect.ValueOf(f).Elem(), place{section: &f.section})
	return f
}

func readBounded(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("is larger than %d MiB", maxFile>>20)
	}
	return data, nil
}

// unread is the error of a file or directory that could not be read.
func unread(name string, err error) *Error {
	message := err.Error()
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		message = pathError.Err.Error() // the name stands in front already
	}
	return &Error{File: name, Message: message, Err: err}
}
