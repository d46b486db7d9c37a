package git_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback/git"
)

var someFiles = gittest.Files{
	"apps/web/deploy.yaml": "image: nginx:1.25.3\n",
	"apps/web/other.yaml":  "a: 1\n",
	"apps/db.yaml":         "image: postgres:16\n",
	"README":               "hello\n",
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	remote := open(t, git.Options{URL: s.url})
	tree := fetch(t, remote, nil)
	if diff := cmp.Diff(map[string]string(someFiles), content(t, tree)); diff != "" {
		t.Errorf("content (-want +got):\n%s", diff)
	}
	draft, err := push(t.Context(), remote, tree, git.File{Path: "apps/web/deploy.yaml", Data: []byte("image: nginx:1.27.4\n")})
	if err != nil {
		t.Fatal(err)
	}
	if tip, _ := s.repo.Tip("main"); tip != draft.Tip().String() {
		t.Errorf("main is at %s, want %s", tip, draft.Tip())
	}
	if got, _ := s.repo.File("main", "apps/web/deploy.yaml"); got != "image: nginx:1.27.4\n" {
		t.Errorf("file is %q", got)
	}
	if err := s.repo.Fsck(); err != nil {
		t.Error(err)
	}
	for _, r := range s.server.Requests() {
		t.Log(r)
	}
}
