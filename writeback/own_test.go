package writeback_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

// commits are those that bump would make of what stands there.
func (s *site) commits(t *testing.T, b *writeback.Branch, tag string) []writeback.Commit {
	t.Helper()
	found, err := b.Find(t.Context(), newScanner(t, edit.Query{}), nil)
	if err != nil {
		t.Fatal(err)
	}
	commits, err := bump("nginx", tag)(t.Context(), found)
	if err != nil {
		t.Fatal(err)
	}
	return commits
}

func TestHeadLookedAt(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	b := open(t, newWriter(), s.target)
	look := func(tag string) writeback.Head {
		t.Helper()
		if _, err := b.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		h, err := b.Head(t.Context(), head, s.commits(t, b, tag))
		if err != nil {
			t.Fatal(err)
		}
		tip, err := b.HeadTip(t.Context(), head)
		if err != nil || tip != h.Tip {
			t.Errorf("stands at %q, looked at %q: %v", tip, h.Tip, err)
		}
		return h
	}
	if diff := cmp.Diff(writeback.Head{}, look("1.27.4")); diff != "" {
		t.Errorf("a branch that is not there:\n%s", diff)
	}
	first := mustPublishHead(t, s, "1.27.4", 1)
	want := writeback.Head{Tip: first.Tip, Messages: []string{first.Commits[0].Message}, Carries: true}
	if diff := cmp.Diff(want, look("1.27.4")); diff != "" {
		t.Errorf("as wanted (-want +got):\n%s", diff)
	}
	want.Carries = false
	if diff := cmp.Diff(want, look("1.28.0")); diff != "" {
		t.Errorf("as it is not wanted (-want +got):\n%s", diff)
	}
	theirs := s.commit(t, head, gittest.Files{"README.md": "mine\n"})
	if h := look("1.27.4"); h.Other == nil || h.Other.Commit != theirs || h.Carries || len(h.Messages) != 2 {
		t.Errorf("with a commit of somebody else: %+v", h)
	}

	// What led to a commit that no branch has any more, if the server still gives it away.
	if err := s.repo.SetTip(head, first.Tip); err != nil {
		t.Fatal(err)
	}
	messages, err := b.Messages(t.Context(), first.Tip)
	if err != nil || len(messages) != 1 || messages[0] != first.Commits[0].Message {
		t.Errorf("messages %q, %v", messages, err)
	}
	if _, err := b.Messages(t.Context(), "0123abcd"); err == nil || !strings.Contains(err.Error(), "no whole id") {
		t.Errorf("the beginning of an id: %v", err)
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(t *testing.T, s *site) // after the head was looked at
		during func(t *testing.T, s *site) // the push
		want   error
	}{
		{name: "nothing happens"},
		{name: "gone", change: func(t *testing.T, s *site) { s.git(t, "update-ref", "-d", "refs/heads/"+head) }, want: writeback.ErrMoved},
		{name: "moved", change: func(t *testing.T, s *site) { s.commit(t, head, gittest.Files{"b": "b"}) }, want: writeback.ErrMoved},
		{name: "moved during the push", during: func(t *testing.T, s *site) { s.commit(t, head, gittest.Files{"b": "b"}) }, want: writeback.ErrMoved},
		{name: "the base moved", change: func(t *testing.T, s *site) { s.commit(t, "main", gittest.Files{"b": "b"}) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, fleet())
			mustPublishHead(t, s, "1.27.4", 1)
			lease := s.commit(t, head, gittest.Files{"README.md": "mine\n"}) // it goes over this
			if test.change != nil {
				test.change(t, s)
			}
			if test.during != nil {
				s.server.Set(gittest.Faults{BeforeReceive: func() { test.during(t, s) }})
			}
			before, _ := s.repo.Tip(head)
			b := open(t, newWriter(), s.target)
			got, err := b.Publish(t.Context(), writeback.Publication{
				Scanner: newScanner(t, edit.Query{}), Head: head, Decide: bump("nginx", "1.28.0"), Replace: true, Lease: lease})
			if !errors.Is(err, test.want) || test.want == nil && err != nil {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if test.want == nil {
				if len(got.Commits) != 1 || got.Tip != s.tip(t, head) || len(s.subjects(t, "main.."+head)) != 1 {
					t.Errorf("published %+v; log %q", got, s.subjects(t, "main.."+head))
				}
				return
			}
			if now, _ := s.repo.Tip(head); test.during == nil && now != before || len(got.Commits) != 0 {
				t.Errorf("the branch was written: %s, %s", before, now)
			}
		})
	}
}

// A branch that is as it is wanted is made anew all the same: that is what was asked for.
func TestReplaceTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	first := mustPublishHead(t, s, "1.27.4", 1)
	s.commit(t, "main", gittest.Files{"README.md": "moved\n"})
	b := open(t, newWriter(), s.target)
	got, err := b.Publish(t.Context(), writeback.Publication{
		Scanner: newScanner(t, edit.Query{}), Head: head, Decide: bump("nginx", "1.27.4"), Replace: true, Lease: first.Tip})
	if err != nil || len(got.Commits) != 1 || got.Tip == first.Tip {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{"Update nginx to 1.27.4", "Somebody else", "Begin"}, s.subjects(t, head)); diff != "" {
		t.Error(diff)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(t *testing.T, s *site)
		faults gittest.Faults
		lease  string // "" = where it stands
		want   string // of the error; "" = deleted
		there  bool
	}{
		{name: "as it was seen"},
		{name: "gone already", change: func(t *testing.T, s *site) { s.git(t, "update-ref", "-d", "refs/heads/"+head) }},
		{name: "answer lost", faults: gittest.Faults{LoseAnswers: 1}},
		{
			name: "moved", change: func(t *testing.T, s *site) { s.commit(t, head, gittest.Files{"b": "b"}) },
			want: "has moved since it was looked at", there: true,
		},
		{
			name: "refused", change: func(t *testing.T, s *site) {
				if err := s.repo.Refuse("not this one"); err != nil {
					t.Fatal(err)
				}
			},
			want: `pushing to branch "image-updater/nginx" was refused: pre-receive hook declined: not this one`, there: true,
		},
		{name: "no id", lease: "0123abcd", want: `is not deleted at "0123abcd"`, there: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, fleet())
			lease := mustPublishHead(t, s, "1.27.4", 1).Tip
			if test.lease != "" {
				lease = test.lease
			}
			b := open(t, newWriter(), s.target)
			if test.change != nil {
				test.change(t, s)
			}
			s.server.Set(test.faults)
			err := b.Delete(t.Context(), head, lease)
			if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if _, gone := s.repo.Tip(head); (gone == nil) != test.there {
				t.Errorf("there: %v, want %v", gone == nil, test.there)
			}
			if err := b.Delete(t.Context(), "main", s.tip(t, "main")); err == nil {
				t.Error("the base was deleted")
			}
		})
	}
}

func (s *site) git(t *testing.T, args ...string) {
	t.Helper()
	if _, err := s.repo.Git(args...); err != nil {
		t.Fatal(err)
	}
}
