package writeback_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

func TestPublishCommits(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	before, _ := s.repo.Tree("main")
	b := open(t, newWriter(), s.target)
	p := writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: bump("nginx", "1.27.4")}
	got, err := b.Publish(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if got.Branch != "main" || got.Attempts != 1 || len(got.Commits) != 1 || got.Tip != s.tip(t, "main") || got.Tip != b.Tip() {
		t.Errorf("published %+v", got)
	}
	log, err := s.repo.Log("main")
	if err != nil {
		t.Fatal(err)
	}
	want := gittest.Logged{
		ID: got.Commits[0].ID, Author: "image-updater <bot@acme.example>", Committer: "image-updater <bot@acme.example>",
		Time: "1767312000", Message: got.Commits[0].Message,
	}
	if diff := cmp.Diff(want, log[0]); diff != "" {
		t.Error(diff)
	}
	if n := strings.Count(log[0].Message, "Image-Updater-Change: apps/"); n != 2 || len(got.Commits[0].Changes) != 2 {
		t.Errorf("%d trailers, %d changes, want 2", n, len(got.Commits[0].Changes))
	}
	for path, old := range fleet() {
		want := old
		if strings.HasPrefix(path, "apps/") {
			want = strings.ReplaceAll(old, "nginx:1.25.3", "nginx:1.27.4")
		}
		if got := s.file(t, "main", path); got != want {
			t.Errorf("%s:\n%s", path, got)
		}
	}
	if after, _ := s.repo.Tree("main"); len(after) != len(before) {
		t.Errorf("%d entries became %d", len(before), len(after))
	}
	s.fsck(t)

	// What is done is done: the second time nothing is asked for and nothing pushed.
	s.server.Forget()
	got, err = b.Publish(t.Context(), p)
	if err != nil || len(got.Commits) != 0 || got.Attempts != 0 {
		t.Errorf("second publication: %+v, %v", got, err)
	}
	if n := len(s.server.Requests()); n != 0 {
		t.Errorf("%d requests for nothing", n)
	}
}

// TestPublishIsDeterministic makes the same commits on two remotes of the same content.
func TestPublishIsDeterministic(t *testing.T) {
	t.Parallel()
	var tips []string
	for range 2 {
		s := newSite(t, fleet())
		b := open(t, newWriter(), s.target)
		got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: bump("nginx", "1.27.4")})
		if err != nil {
			t.Fatal(err)
		}
		tips = append(tips, got.Tip)
	}
	if tips[0] != tips[1] {
		t.Errorf("tips %v", tips)
	}
}

// TestChain publishes several commits in one push, two of them in one file.
func TestChain(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	b := open(t, newWriter(), s.target)
	change := func(found edit.Found, image, path, tag string) []edit.Change {
		var out []edit.Change
		for _, site := range found.Sites {
			if site.Image.Familiar() == image && strings.HasPrefix(site.Path, path) {
				out = append(out, edit.Change{Site: site, Tag: tag})
			}
		}
		return out
	}
	decide := func(_ context.Context, found edit.Found) ([]writeback.Commit, error) {
		return []writeback.Commit{
			{Message: "one", Changes: change(found, "nginx", "", "1.27.4-alpine-with-a-long-tag")},
			{Message: "nothing", Changes: change(found, "redis", "", "7.0.0")},
			{Message: "two", Changes: change(found, "redis", "", "7.2.0")},
			{Message: "conflict", Changes: change(found, "nginx", "apps/two/", "9")},
			{Message: "bad tag", Changes: change(found, "ghcr.io/acme/api", "", "not a tag")},
		}, nil
	}
	s.server.Forget()
	got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: decide})
	if err != nil {
		t.Fatal(err)
	}
	if _, pushes := s.server.Count(gittest.ReceivePack); pushes != 1 || got.Attempts != 1 {
		t.Errorf("%d pushes, %d attempts, want 1", pushes, got.Attempts)
	}
	if diff := cmp.Diff([]string{"two", "one", "Begin"}, s.subjects(t, "main")); diff != "" {
		t.Error(diff)
	}
	path := "apps/two/deploy.yaml"
	one := strings.ReplaceAll(fleet()[path], "nginx:1.25.3", "nginx:1.27.4-alpine-with-a-long-tag")
	if got := s.file(t, "main~1", path); got != one {
		t.Errorf("after the first commit:\n%s", got)
	}
	if got := s.file(t, "main", path); got != strings.ReplaceAll(one, "redis:7.0.0", "redis:7.2.0") {
		t.Errorf("after the second commit:\n%s", got)
	}
	if len(got.Preview.Files) != 2 || len(got.Preview.Applied) != 3 || len(got.Preview.Unchanged) != 1 || len(got.Preview.Refused) == 0 {
		t.Errorf("preview: %d files, %d applied, %d unchanged, refused %v",
			len(got.Preview.Files), len(got.Preview.Applied), len(got.Preview.Unchanged), got.Preview.Refused)
	}
	s.fsck(t)
}

// A commit without a message is not made, and the next one in the same file is made as if it were not there.
func TestChainWithoutMessage(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	b := open(t, newWriter(), s.target)
	speechless := errors.New("no words")
	decide := func(ctx context.Context, found edit.Found) ([]writeback.Commit, error) {
		first, err1 := bump("nginx", "1.27.4")(ctx, found)
		second, err2 := bump("redis", "7.2.0")(ctx, found)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		first[0].Compose = func([]edit.Change) (string, error) { return "", speechless }
		return slices.Concat(first, second), nil
	}
	got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: decide})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Update redis to 7.2.0", "Begin"}, s.subjects(t, "main")); diff != "" {
		t.Error(diff)
	}
	if failed := got.Preview.Failed; len(failed) != 1 || !errors.Is(failed[0].Err, speechless) || len(failed[0].Changes) != 2 {
		t.Errorf("failed %+v", failed)
	}
	want := manifest("two", "nginx:1.25.3") + "---\n" + manifest("cache", "redis:7.2.0")
	if diff := cmp.Diff(want, s.file(t, "main", "apps/two/deploy.yaml")); diff != "" {
		t.Error(diff)
	}
	if n := len(got.Preview.Applied); n != 1 {
		t.Errorf("%d changes applied, want 1", n)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	const sentinel = "s3nt1nel"
	tests := []struct {
		name     string
		set      func(s *site)
		want     string
		refused  bool
		attempts int
		landed   bool
	}{
		{
			name: "hook", attempts: 1, refused: true,
			set:  func(s *site) { _ = s.repo.Refuse("Protected: ask\nthe \x1b[1mowner " + sentinel) },
			want: `pushing to branch "main" was refused: pre-receive hook declined: Protected: ask; the \x1b[1mowner [redacted]`,
		},
		{
			name: "forbidden", attempts: 1,
			set: func(s *site) {
				s.server.Set(gittest.Faults{Status: 403, StatusCount: -1, StatusFor: gittest.ReceivePack, StatusText: "no " + sentinel})
			},
			want: "answered 403 forbidden: no [redacted]",
		},
		{
			name: "out of order for ever", attempts: 3,
			set: func(s *site) {
				s.server.Set(gittest.Faults{Status: 503, StatusCount: -1, StatusFor: gittest.ReceivePack, StatusText: "later"})
			},
			want: "answered 503 service unavailable: later",
		},
		{
			name: "out of order for a while", attempts: 3, landed: true,
			set: func(s *site) {
				s.server.Set(gittest.Faults{Status: 503, StatusCount: 2, StatusFor: gittest.ReceivePack})
			},
		},
		{
			name: "answer lost", attempts: 1, landed: true,
			set: func(s *site) { s.server.Set(gittest.Faults{LoseAnswers: 1}) },
		},
		{
			name: "branch deleted", attempts: 1, want: `branch "main" does not exist (did you mean man?)`,
			set: func(s *site) {
				s.server.Set(gittest.Faults{BeforeReceive: func() {
					_, _ = s.repo.Git("branch", "-m", "main", "man")
				}})
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, fleet())
			s.target.Auth.Password = sentinel
			b := open(t, newWriter(), s.target)
			test.set(s)
			got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: bump("nginx", "1.27.4")})
			if (err == nil) != test.landed || (err != nil && !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), sentinel) {
				t.Errorf("the password is in the error: %v", err)
			}
			if _, refused := errors.AsType[*writeback.RefusedError](err); refused != test.refused {
				t.Errorf("%T is a RefusedError: %v", err, refused)
			}
			if got.Attempts != test.attempts || len(got.Preview.Files) != 2 || (len(got.Commits) == 1) != test.landed {
				t.Errorf("%d attempts, want %d; %d files in the preview; %d commits", got.Attempts, test.attempts, len(got.Preview.Files), len(got.Commits))
			}
			if test.landed && s.tip(t, "main") != got.Tip {
				t.Errorf("main is at %s, want %s", s.tip(t, "main"), got.Tip)
			}
			s.fsck(t)
		})
	}
}

// TestLostAnswerUnderOthers loses the answer to an accepted push on top of which somebody else pushes at once.
func TestLostAnswerUnderOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	b := open(t, newWriter(), s.target)
	s.server.Set(gittest.Faults{LoseAnswers: 1})
	if err := s.repo.Config("receive.autogc", "false"); err != nil {
		t.Fatal(err)
	}
	// post-receive runs after the push was accepted and before its answer is lost.
	err := s.repo.Hook("post-receive", `id=$(git -c user.name=x -c user.email=x commit-tree -p refs/heads/main -m 'Somebody else' 'refs/heads/main^{tree}')
git update-ref refs/heads/main "$id"`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: bump("nginx", "1.27.4")})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Commits) != 1 || got.Attempts != 1 {
		t.Errorf("%d commits, %d attempts", len(got.Commits), got.Attempts)
	}
	if diff := cmp.Diff([]string{"Somebody else", "Update nginx to 1.27.4", "Begin"}, s.subjects(t, "main")); diff != "" {
		t.Error(diff)
	}
	if b.Tip() != s.tip(t, "main") {
		t.Errorf("the branch is thought at %s", b.Tip())
	}
}

func TestPublishErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	b := open(t, newWriter(), s.target)
	no := errors.New("no")
	_, err := b.Publish(t.Context(), writeback.Publication{
		Scanner: newScanner(t, edit.Query{}),
		Decide:  func(context.Context, edit.Found) ([]writeback.Commit, error) { return nil, no },
	})
	if !errors.Is(err, no) {
		t.Errorf("error %v, want no", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Publish(ctx, writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: bump("nginx", "1")}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
}

// stopAsking ends a publication when the branch is asked for after a push.
type stopAsking struct {
	stop   func()
	pushed atomic.Bool
}

func (s *stopAsking) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.pushed.Load() && r.Method == http.MethodGet {
		s.stop()
		<-r.Context().Done()
		return nil, context.Cause(r.Context())
	}
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, gittest.ReceivePack) {
		defer s.pushed.Store(true)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestStopWhileAsking stops a publication that has its answer and looks at the branch: a refusal is known all the same.
func TestStopWhileAsking(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	s := newSite(t, fleet())
	if err := s.repo.Refuse("closed"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	s.target.Transport = &stopAsking{stop: func() { cancel(stop) }}
	_, err := open(t, newWriter(), s.target).Publish(ctx, writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: bump("nginx", "1.27.4")})
	if _, unsure := errors.AsType[*writeback.UnsureError](err); unsure || !errors.Is(err, stop) || !strings.Contains(err.Error(), "pre-receive hook declined: closed") {
		t.Errorf("error %v, want the refusal", err)
	}
}

// TestStopWhilePushing stops a publication whose push is on its way: what became of it is known all the same.
func TestStopWhilePushing(t *testing.T) {
	t.Parallel()
	stop := errors.New("stop")
	tests := []struct {
		name   string
		faults gittest.Faults
		then   gittest.Faults // when the push has arrived
		hook   string
		landed bool
		want   string // in the error; "" for none
	}{
		{name: "it lands", landed: true},
		{name: "it is refused", hook: "closed", want: "stop: pushing to refs/heads/main: pre-receive hook declined: closed"},
		{name: "its answer is lost", faults: gittest.Faults{LoseAnswers: 1}, landed: true},
		{name: "the server is gone", faults: gittest.Faults{LoseAnswers: 1}, then: gittest.Faults{Status: 503, StatusCount: -1},
			landed: true, want: `it is not known whether branch "main" has got commit`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, fleet())
			b := open(t, newWriter(), s.target)
			if test.hook != "" {
				if err := s.repo.Refuse(test.hook); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			before := s.tip(t, "main")
			test.faults.BeforeReceive = func() {
				cancel(stop)
				s.server.Set(test.then)
			}
			s.server.Set(test.faults)
			got, err := b.Publish(ctx, writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: bump("nginx", "1.27.4")})
			switch {
			case test.want == "" && (err != nil || len(got.Commits) != 1 || got.Commits[0].ID != s.tip(t, "main")):
				t.Errorf("published %+v, %v", got.Commits, err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || !errors.Is(err, stop) || len(got.Commits) != 0):
				t.Errorf("published %d commits, error %v, want %q", len(got.Commits), err, test.want)
			}
			if landed := s.tip(t, "main") != before; landed != test.landed {
				t.Errorf("landed %t, want %t", landed, test.landed)
			}
		})
	}
}
