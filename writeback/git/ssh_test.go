package git_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback/git"
)

// newShell serves a repository over ssh.
func newShell(t *testing.T, files gittest.Files) (*gittest.Repository, *gittest.SSHServer, git.Options) {
	t.Helper()
	if err := gittest.Available(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	repo, err := gittest.Create(filepath.Join(dir, "it's.git"), files)
	if err != nil {
		t.Fatal(err)
	}
	server, err := gittest.NewSSH(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return repo, server, git.Options{
		URL:  "ssh://git@" + server.Addr + "/it's.git",
		Auth: git.Auth{SSHKey: server.ClientKey, KnownHosts: server.KnownHosts},
	}
}

func TestSSH(t *testing.T) {
	t.Parallel()
	for _, faults := range []gittest.Faults{{}, {NoWants: true}, {NoFilter: true}} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			files := many(100)
			repo, server, options := newShell(t, files)
			server.Set(faults)
			remote := open(t, options)
			tree := fetch(t, remote, nil)
			if diff := cmp.Diff(map[string]string(files), content(t, tree)); diff != "" {
				t.Error(diff)
			}
			server.Drop() // the next operation finds its connection gone
			draft, err := push(t.Context(), remote, tree, git.File{Path: "teams/t000/app-0.yaml", Data: []byte("new")})
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := repo.File("main", "teams/t000/app-0.yaml"); got != "new" {
				t.Errorf("file is %q", got)
			}
			if err := repo.Fsck(); err != nil {
				t.Error(err)
			}
			if tip := fetch(t, remote, tree).Tip(); tip != draft.Tip() {
				t.Errorf("tip %s, want %s", tip, draft.Tip())
			}
			if err := repo.Refuse("not on a Friday"); err != nil {
				t.Fatal(err)
			}
			_, err = push(t.Context(), remote, fetch(t, remote, nil), git.File{Path: "teams/t000/app-0.yaml", Data: []byte("newer")})
			if refused, ok := errors.AsType[*git.PushError](err); !ok || refused.Words != "not on a Friday" {
				t.Errorf("refused push: %v", err)
			}
		})
	}
}

func TestSSHRefusals(t *testing.T) {
	t.Parallel()
	_, server, good := newShell(t, someFiles)
	strangeKey, strangeHost, err := gittest.NewKey(server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	_, otherHost, err := gittest.NewKey("git.example:22")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(o *git.Options)
		want   string
	}{
		{name: "host unknown", change: func(o *git.Options) { o.Auth.KnownHosts = otherHost }, want: "is not in known_hosts (it offers ssh-ed25519 SHA256:"},
		{name: "host changed", change: func(o *git.Options) { o.Auth.KnownHosts = strangeHost }, want: "is not the one in known_hosts"},
		{name: "one of two keys", change: func(o *git.Options) {
			o.Auth.KnownHosts = slices.Concat(strangeHost, server.KnownHosts)
		}},
		{name: "no known hosts", change: func(o *git.Options) { o.Auth.KnownHosts = nil }, want: "a host is never trusted at first sight"},
		{name: "key unknown", change: func(o *git.Options) { o.Auth.SSHKey = strangeKey }, want: "the server does not accept the key"},
		{name: "no key", change: func(o *git.Options) { o.Auth.SSHKey = nil }, want: "ssh needs a private key"},
		{name: "broken key", change: func(o *git.Options) { o.Auth.SSHKey = []byte("s3cret") }, want: "reading the ssh key"},
		{name: "no repository", change: func(o *git.Options) { o.URL += "x" }, want: "does not appear to be a git repository"},
		{name: "nobody there", change: func(o *git.Options) { o.URL = "ssh://git@127.0.0.1:1/x" }, want: "connection refused"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := good
			test.change(&o)
			err := func() error {
				remote, err := git.Open(o)
				if err != nil {
					return err
				}
				defer remote.Close()
				_, err = remote.Refs(t.Context())
				return err
			}()
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want %s", err, test.want)
			case err != nil && strings.Contains(err.Error(), "s3cret"):
				t.Errorf("the key is in the error: %v", err)
			}
		})
	}
}

func TestSSHStops(t *testing.T) {
	t.Parallel()
	_, _, options := newShell(t, someFiles)
	remote := open(t, options)
	if _, err := remote.Refs(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	if _, err := remote.Refs(ctx); !errors.Is(err, stop) {
		t.Errorf("error %v, want stop", err)
	}
	if _, err := remote.Refs(t.Context()); err != nil {
		t.Errorf("after a stop: %v", err)
	}
}
