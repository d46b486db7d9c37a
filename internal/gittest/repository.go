package gittest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Branch is the default branch of the repositories made here.
const Branch = "main"

// Repository is a bare repository in a folder.
type Repository struct{ Dir string }

// Files are regular files by path.
type Files map[string]string

// Entry is a tree entry of any kind.
type Entry struct {
	Path string
	Mode string // "100644", "100755", "120000", "160000"
	Data string // the content; of a submodule the id of its commit
}

// Create makes a bare repository with one commit of files on [Branch]; without files it stays empty.
func Create(dir string, files Files) (*Repository, error) {
	if _, err := git("", nil, "init", "-q", "--bare", "--initial-branch="+Branch, dir); err != nil {
		return nil, err
	}
	r := &Repository{Dir: dir}
	if len(files) == 0 {
		return r, nil
	}
	_, err := r.Commit(Branch, "Begin", files)
	return r, err
}

// Commit writes files on top of a branch, which is made if need be, and returns the id of the commit.
func (r *Repository) Commit(branch, message string, files Files) (string, error) {
	entries := make([]Entry, 0, len(files))
	for _, path := range slices.Sorted(maps.Keys(files)) {
		entries = append(entries, Entry{Path: path, Mode: "100644", Data: files[path]})
	}
	return r.CommitEntries(branch, message, entries)
}

// CommitEntries is Commit for entries of any kind. An empty mode removes the path.
func (r *Repository) CommitEntries(branch, message string, entries []Entry) (string, error) {
	var in bytes.Buffer
	fmt.Fprintf(&in, "commit refs/heads/%s\n", branch)
	fmt.Fprintf(&in, "committer A Person <person@example.com> 1767225600 +0000\n")
	fmt.Fprintf(&in, "data %d\n%s\n", len(message), message)
	if _, err := r.Tip(branch); err == nil {
		fmt.Fprintf(&in, "from refs/heads/%s^0\n", branch)
	}
	for _, e := range entries {
		path := strconv.Quote(e.Path)
		switch e.Mode {
		case "":
			fmt.Fprintf(&in, "D %s\n", path)
		case "160000":
			fmt.Fprintf(&in, "M %s %s %s\n", e.Mode, e.Data, path)
		default:
			fmt.Fprintf(&in, "M %s inline %s\ndata %d\n%s\n", e.Mode, path, len(e.Data), e.Data)
		}
	}
	if _, err := git(r.Dir, in.Bytes(), "fast-import", "--quiet", "--date-format=raw"); err != nil {
		return "", err
	}
	return r.Tip(branch)
}

// Import feeds a stream to git fast-import, for whole histories.
func (r *Repository) Import(stream []byte) error {
	_, err := git(r.Dir, stream, "fast-import", "--quiet", "--date-format=raw")
	return err
}

// Tip returns the commit a branch stands at.
func (r *Repository) Tip(branch string) (string, error) {
	out, err := git(r.Dir, nil, "rev-parse", "--verify", "--quiet", "refs/heads/"+branch)
	return strings.TrimSpace(string(out)), err
}

// SetTip moves a branch by force; an empty id deletes it.
func (r *Repository) SetTip(branch, id string) error {
	args := []string{"update-ref", "refs/heads/" + branch, id}
	if id == "" {
		args = []string{"update-ref", "-d", "refs/heads/" + branch}
	}
	_, err := git(r.Dir, nil, args...)
	return err
}

// File returns the content of a file at a revision, which may be a branch.
func (r *Repository) File(revision, path string) (string, error) {
	out, err := git(r.Dir, nil, "cat-file", "blob", revision+":"+path)
	return string(out), err
}

// Logged is a commit of a log.
type Logged struct {
	ID        string
	Author    string // "Name <address>"
	Committer string
	Time      string // of the committer, in seconds since 1970
	Message   string
}

// Log returns the commits of a revision or range, the latest first.
func (r *Repository) Log(revision string) ([]Logged, error) {
	out, err := git(r.Dir, nil, "log", "-z", "--format=%H%x01%an <%ae>%x01%cn <%ce>%x01%ct%x01%B", revision, "--")
	if err != nil {
		return nil, err
	}
	var log []Logged
	for record := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if f := strings.SplitN(record, "\x01", 5); len(f) == 5 {
			log = append(log, Logged{ID: f[0], Author: f[1], Committer: f[2], Time: f[3], Message: f[4]})
		}
	}
	return log, nil
}

// Tree returns all entries of a revision as git ls-tree -r -t prints them: mode, type, id and path, folders included.
func (r *Repository) Tree(revision string) ([]string, error) {
	out, err := git(r.Dir, nil, "ls-tree", "-r", "-t", "-z", revision)
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), nil
}

// Fsck checks every object of the repository.
func (r *Repository) Fsck() error {
	_, err := git(r.Dir, nil, "fsck", "--full", "--strict", "--no-dangling")
	return err
}

// Config sets a key of the repository's configuration.
func (r *Repository) Config(key, value string) error {
	_, err := git(r.Dir, nil, "config", key, value)
	return err
}

// Git runs any other command of git in the repository.
func (r *Repository) Git(args ...string) (string, error) {
	out, err := git(r.Dir, nil, args...)
	return string(out), err
}

// Refuse makes the repository turn down every push with a message, as a protected branch does; "" lets them in again.
func (r *Repository) Refuse(message string) error {
	if message == "" {
		return r.Hook("pre-receive", "")
	}
	quoted := "'" + strings.ReplaceAll(message, "'", `'\''`) + "'"
	return r.Hook("pre-receive", "printf '%s\\n' "+quoted+" >&2\nexit 1")
}

// Hook installs a hook of the repository, a shell script; an empty one takes it away.
func (r *Repository) Hook(name, script string) error {
	hook := filepath.Join(r.Dir, "hooks", name)
	if script == "" {
		if err := os.Remove(hook); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(hook), 0o755); err != nil {
		return err
	}
	return os.WriteFile(hook, []byte("#!/bin/sh\n"+script+"\n"), 0o755)
}
