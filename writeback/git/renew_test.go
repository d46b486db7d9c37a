package git_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback/git"
)

// tokens hands out a token until it is refused, and then the next one.
type tokens struct{ given, refused atomic.Int64 }

func (k *tokens) auth() git.Auth {
	k.given.Store(1)
	return git.Auth{
		Token: func(context.Context) (string, error) { return fmt.Sprintf("token-%d-hush", k.given.Load()), nil },
		Refused: func(token string) {
			k.refused.Add(1)
			if token == fmt.Sprintf("token-%d-hush", k.given.Load()) {
				k.given.Add(1)
			}
		},
	}
}

// TestRefusedToken has a token that is revoked while it is used: another one is asked for, once.
func TestRefusedToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, gittest.Files{"a.yaml": "one\n"})
	var known tokens
	remote := open(t, git.Options{URL: s.url, Auth: known.auth()})
	letIn := func(n int) {
		s.server.Set(gittest.Faults{Username: "x-access-token", Password: fmt.Sprintf("token-%d-hush", n)})
	}
	letIn(1)
	tree := fetch(t, remote, nil)
	if known.refused.Load() != 0 {
		t.Error("a good token was taken for refused")
	}
	letIn(2) // from now on, in the middle of things
	if _, err := push(t.Context(), remote, tree, git.File{Path: "a.yaml", Data: []byte("two\n")}); err != nil {
		t.Fatal(err)
	}
	letIn(3)
	if _, err := remote.Refs(t.Context()); err != nil {
		t.Fatal(err)
	}
	if known.refused.Load() != 2 {
		t.Errorf("%d tokens were refused, want 2", known.refused.Load())
	}

	// Nobody is let in any more: one more is tried, and none for the requests that follow.
	letIn(99)
	for range 3 {
		_, err := remote.Refs(t.Context())
		if err == nil || !strings.Contains(err.Error(), "401") || strings.Contains(err.Error(), "hush") {
			t.Errorf("error %v", err)
		}
	}
	if known.refused.Load() != 3 {
		t.Errorf("%d tokens were refused, want 3", known.refused.Load())
	}
	// The new one is good after all.
	letIn(4)
	if _, err := remote.Refs(t.Context()); err != nil {
		t.Error(err)
	}
}
