package git_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback/git"
)

// pushes are what can become of a push.
var pushes = []struct {
	name   string
	faults func(s *site) gittest.Faults
	repo   func(r *gittest.Repository) error
	ref    string
	want   string // of the error; "" = pushed
	no     bool   // the error is a PushError
	landed bool
}{
	{name: "accepted", landed: true},
	{name: "no filter", faults: func(*site) gittest.Faults { return gittest.Faults{NoFilter: true} }, landed: true},
	{
		name: "refused by a hook",
		repo: func(r *gittest.Repository) error {
			return r.Refuse("GH006: protected\n\x1b[31mask " + sentinel + "'s \"owner\" $HOME")
		},
		want: `pushing to refs/heads/main: pre-receive hook declined: GH006: protected; \x1b[31mask [redacted]'s "owner" $HOME`, no: true,
	},
	{
		name: "race after the advertisement",
		faults: func(s *site) gittest.Faults {
			return gittest.Faults{BeforeReceive: func() { _, _ = s.repo.Commit("main", "Faster", gittest.Files{"README": "first"}) }}
		},
		want: "failed to update ref", no: true,
	},
	{name: "broken objects", repo: func(r *gittest.Repository) error { return r.Config("receive.fsckObjects", "true") }, landed: true},
	{
		name:   "answer lost",
		faults: func(*site) gittest.Faults { return gittest.Faults{LoseAnswers: 1} },
		want:   "EOF", landed: true,
	},
	{
		name: "forbidden",
		faults: func(*site) gittest.Faults {
			return gittest.Faults{Status: 403, StatusCount: -1, StatusFor: gittest.ReceivePack, StatusText: "read only for " + sentinel}
		},
		want: "answered 403 forbidden: read only for [redacted]",
	},
	{name: "name of no branch", ref: "refs/heads/a b", want: `"refs/heads/a b" is no name of a branch`},
	{name: "injection", ref: "refs/heads/a\x00x", want: `is no name of a branch`},
	{name: "name that the server refuses", ref: "refs/heads/main/x", want: `cannot lock ref`, no: true},
}

func TestPush(t *testing.T) {
	t.Parallel()
	for _, test := range pushes {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, someFiles)
			if test.repo != nil {
				if err := test.repo(s.repo); err != nil {
					t.Fatal(err)
				}
			}
			if test.faults != nil {
				s.server.Set(test.faults(s))
			}
			remote := open(t, git.Options{URL: s.url, Auth: git.Auth{Password: sentinel}})
			tree := fetch(t, remote, nil)
			ref, old := "refs/heads/main", tree.Tip()
			if test.ref != "" {
				ref, old = test.ref, git.Hash{}
			}
			draft := tree.Draft()
			if _, err := draft.Commit(git.Commit{Files: []git.File{{Path: "README", Data: []byte("x")}}, Author: signature(), Message: "x"}); err != nil {
				t.Fatal(err)
			}
			err := remote.Push(t.Context(), ref, old, draft)
			if (test.want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), sentinel) {
				t.Errorf("the password is in the error: %v", err)
			}
			if _, no := errors.AsType[*git.PushError](err); no != test.no {
				t.Errorf("%T is a PushError: %v, want %v", err, no, test.no)
			}
			if tip, _ := s.repo.Tip("main"); (tip == draft.Tip().String()) != test.landed {
				t.Errorf("landed: %v, want %v", !test.landed, test.landed)
			}
			if err := s.repo.Fsck(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPushCreatesAndLeases(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	remote := open(t, git.Options{URL: s.url})
	tree := fetch(t, remote, nil)
	draft := tree.Draft()
	if _, err := draft.Commit(git.Commit{Files: []git.File{{Path: "README", Data: []byte("x")}}, Author: signature(), Message: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := remote.Push(t.Context(), "refs/heads/image-updater/all", git.Hash{}, draft); err != nil {
		t.Fatal(err)
	}
	if tip, _ := s.repo.Tip("image-updater/all"); tip != draft.Tip().String() {
		t.Errorf("branch is at %s", tip)
	}
	err := remote.Push(t.Context(), "refs/heads/image-updater/all", git.Hash{}, draft)
	if said, ok := errors.AsType[*git.PushError](err); !ok || said.Moved || !strings.Contains(said.Words, "already exists") {
		t.Errorf("a second creation: %v", err)
	}
	// A remote that asks for what the server can do sees it before it sends anything.
	err = open(t, git.Options{URL: s.url}).Push(t.Context(), "refs/heads/image-updater/all", git.Hash{}, draft)
	if moved, ok := errors.AsType[*git.PushError](err); !ok || !moved.Moved || moved.Reason != fmt.Sprintf("it stands at %s, not at %s", draft.Tip(), git.Hash{}) {
		t.Errorf("a creation by another: %v", err)
	}
}

// What a server can do with pushes need not be asked again of a server that has told another process, and is asked of one that
// has changed since.
func TestPushAsExpected(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name            string
		faults          gittest.Faults
		hook            bool
		adverts, pushes int
		want            string // of the error; "" = pushed
		forgotten       bool
	}{
		{name: "as ever", pushes: 1},
		{name: "turned away", faults: gittest.Faults{Status: 404, StatusCount: 1, StatusFor: gittest.ReceivePack}, adverts: 1, pushes: 2},
		{name: "turned away again", faults: gittest.Faults{Status: 403, StatusCount: -1, StatusFor: gittest.ReceivePack}, adverts: 1, pushes: 2, want: "answered 403"},
		{name: "in trouble", faults: gittest.Faults{Status: 503, StatusCount: 1, StatusFor: gittest.ReceivePack}, pushes: 1, want: "answered 503", forgotten: true},
		{name: "answer lost", faults: gittest.Faults{LoseAnswers: 1}, pushes: 1, want: "EOF", forgotten: true},
		{name: "refused", hook: true, pushes: 1, want: "pre-receive hook declined"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, someFiles)
			push := func(remote *git.Remote, text string) error {
				tree := fetch(t, remote, nil)
				draft := tree.Draft()
				if _, err := draft.Commit(git.Commit{Files: []git.File{{Path: "README", Data: []byte(text)}}, Author: signature(), Message: text}); err != nil {
					t.Fatal(err)
				}
				return remote.Push(t.Context(), "refs/heads/main", tree.Tip(), draft)
			}
			before := open(t, git.Options{URL: s.url})
			if err := push(before, "one"); err != nil || before.Receives() == "" {
				t.Fatalf("it is told %q, %v", before.Receives(), err)
			}
			if test.hook {
				if err := s.repo.Refuse("no"); err != nil {
					t.Fatal(err)
				}
			}
			s.server.Set(test.faults)
			s.server.Forget()
			remote := open(t, git.Options{URL: s.url})
			remote.Expect(before.Receives())
			err := push(remote, "two")
			if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if adverts, pushes := s.server.Count(gittest.ReceivePack); adverts != test.adverts || pushes != test.pushes {
				t.Errorf("%d advertisements and %d pushes, want %d and %d", adverts, pushes, test.adverts, test.pushes)
			}
			if got := remote.Receives() == ""; got != test.forgotten {
				t.Errorf("forgotten: %v, want %v", got, test.forgotten)
			}
		})
	}
}
