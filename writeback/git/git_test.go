package git_test

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback/git"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a repository with a server in front of it.
type site struct {
	repo   *gittest.Repository
	server *gittest.Server
	url    string
}

func newSite(t testing.TB, files gittest.Files) *site {
	t.Helper()
	if err := gittest.Available(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	repo, err := gittest.Create(filepath.Join(dir, "fleet.git"), files)
	if err != nil {
		t.Fatal(err)
	}
	server := gittest.New(dir)
	front := httptest.NewServer(server)
	t.Cleanup(front.Close)
	return &site{repo: repo, server: server, url: front.URL + "/fleet.git"}
}

func open(t testing.TB, o git.Options) *git.Remote {
	t.Helper()
	remote, err := git.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := remote.Close(); err != nil {
			t.Error(err)
		}
	})
	return remote
}

// fetch reads the tip of main.
func fetch(t testing.TB, remote *git.Remote, older *git.Tree) *git.Tree {
	t.Helper()
	refs, err := remote.Refs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tip, ok := refs.Tip("refs/heads/main")
	if !ok {
		t.Fatalf("no main among %v", refs.Branches())
	}
	tree, err := remote.Fetch(t.Context(), tip, older, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// entries walks through a tree and returns what is no folder.
func entries(t testing.TB, tree *git.Tree) []git.Entry {
	t.Helper()
	var all []git.Entry
	err := tree.Walk(t.Context(), nil, func(f git.Folder) error {
		for _, e := range f.Entries {
			if !e.Mode.IsDir() {
				all = append(all, e)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// content reads the files of a tree by path.
func content(t testing.TB, tree *git.Tree) map[string]string {
	t.Helper()
	paths := map[git.Hash][]string{}
	var ids []git.Hash
	for _, e := range entries(t, tree) {
		if e.Mode.IsRegular() {
			ids = append(ids, e.Hash)
			paths[e.Hash] = append(paths[e.Hash], e.Path)
		}
	}
	got := map[string]string{}
	err := tree.Blobs(t.Context(), ids, 1<<20, func(id git.Hash, data []byte) error {
		for _, p := range paths[id] {
			got[p] = string(data)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func signature() git.Signature {
	return git.Signature{Name: "image-updater", Email: "bot@example.com", When: time.Unix(1767312000, 0)}
}

// push makes one commit that writes files and pushes it to main.
func push(ctx context.Context, remote *git.Remote, tree *git.Tree, files ...git.File) (*git.Draft, error) {
	draft := tree.Draft()
	if _, err := draft.Commit(git.Commit{Files: files, Author: signature(), Message: "Update nginx"}); err != nil {
		return nil, err
	}
	return draft, remote.Push(ctx, "refs/heads/main", tree.Tip(), draft)
}
