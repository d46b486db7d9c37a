package forge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/registrytest"
	"github.com/image-updater/image-updater/writeback/forge"
)

const (
	base = "main"
	head = "image-updater/nginx"
	host = "http://127.0.0.1:3000"
)

// conformance runs the same scenarios on all forges. Each has a forge, a repository and a clock of its own.
type conformance struct {
	kind  string
	fake  *forgetest.Server
	forge forge.Forge

	mu    sync.Mutex // guards hosts
	hosts []string   // that were asked
}

func (c *conformance) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.hosts = append(c.hosts, r.URL.Host)
	c.mu.Unlock()
	return registrytest.Transport(c.fake).RoundTrip(r)
}

func newConformance(t *testing.T, kind string, change func(*forge.Options)) *conformance {
	t.Helper()
	if err := gittest.Available(); err != nil {
		t.Skip(err)
	}
	fake, err := forgetest.New(t.TempDir(), kind, gittest.Files{"apps/web.yaml": "image: nginx:1.25\n"})
	if err != nil {
		t.Fatal(err)
	}
	c := &conformance{kind: kind, fake: fake}
	o := forge.Options{
		Kind: forge.Kind(kind), Remote: host + fake.Path(), Transport: c,
		Token: func(context.Context) (string, error) { return forgetest.Token, nil },
	}
	if change != nil {
		change(&o)
	}
	if c.forge, err = forge.New(o); err != nil {
		t.Fatal(err)
	}
	return c
}

// onAll runs a scenario on every forge, in a bubble of time.
func onAll(t *testing.T, scenario func(*testing.T, *conformance)) {
	t.Helper()
	t.Parallel()
	for _, kind := range forgetest.Kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { scenario(t, newConformance(t, kind, nil)) })
		})
	}
}

// push makes a branch with a change, as Git would have pushed it, and returns its tip.
func (c *conformance) push(t *testing.T, branch string) string {
	t.Helper()
	tip, err := c.fake.Repository.Tip(base)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.fake.Repository.Git("update-ref", "refs/heads/"+branch, tip); err != nil {
		t.Fatal(err)
	}
	tip, err = c.fake.Repository.Commit(branch, "Update nginx to 1.27", gittest.Files{"apps/web.yaml": "image: nginx:1.27 # " + branch + "\n"})
	if err != nil {
		t.Fatal(err)
	}
	return tip
}

// open pushes a branch and opens a pull request for it.
func (c *conformance) open(t *testing.T) forge.PullRequest {
	t.Helper()
	c.push(t, head)
	p, err := c.forge.Create(t.Context(), proposal)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var proposal = forge.Proposal{Title: "Update nginx to 1.27", Body: "A **table**\n\n<!-- hidden -->", Head: head, Base: base}

func (c *conformance) pulls(t *testing.T) []forgetest.Pull {
	t.Helper()
	pulls, err := c.fake.Pulls()
	if err != nil {
		t.Fatal(err)
	}
	return pulls
}

func (c *conformance) find(t *testing.T) []forge.PullRequest {
	t.Helper()
	found, err := c.forge.Find(t.Context(), head, base)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// declined expects an error that the caller may pass over.
func declined(t *testing.T, err error) {
	t.Helper()
	if _, is := errors.AsType[*forge.RightsError](err); !is {
		t.Errorf("%v, want a RightsError", err)
	}
}

func TestCreate(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		if found := c.find(t); len(found) != 0 {
			t.Errorf("found %v before there was one", found)
		}
		if n := c.fake.Count(""); n != 1 {
			t.Errorf("%d requests to find nothing, want 1", n)
		}
		tip := c.push(t, head)
		c.fake.Forget()
		got, err := c.forge.Create(t.Context(), proposal)
		must(t, err)
		if n := c.fake.Count(""); n != 1 {
			t.Errorf("%d requests to open, want 1", n)
		}
		if !got.At(tip) || got.At(strings.Repeat("0", 40)) || got.URL == "" || !strings.HasPrefix(got.URL, "http") {
			t.Errorf("tip %q, URL %q", got.HeadTip, got.URL)
		}
		if got.Created.IsZero() || !got.Closed.IsZero() {
			t.Errorf("created %s, closed %s", got.Created, got.Closed)
		}
		want := forge.PullRequest{
			Number: 1, Title: proposal.Title, Body: proposal.Body, Head: head, Base: base, State: forge.Open, Author: forgetest.Bot,
			URL: got.URL, HeadTip: got.HeadTip, Created: got.Created, Updated: got.Updated, Labels: got.Labels,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if len(got.Labels) != 0 {
			t.Errorf("labels %q", got.Labels)
		}
		found := c.find(t)
		if diff := cmp.Diff([]forge.PullRequest{want}, found); diff != "" {
			t.Errorf("found (-want +got):\n%s", diff)
		}
	})
}

func TestCreateExisting(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		first := c.open(t)
		again, err := c.forge.Create(t.Context(), forge.Proposal{Title: "Another", Body: "b", Head: head, Base: base})
		if err != nil || again.Number != first.Number || again.Title != proposal.Title || len(c.pulls(t)) != 1 {
			t.Errorf("%d %q, %v; %d pull requests", again.Number, again.Title, err, len(c.pulls(t)))
		}
	})
}

func TestCreateErrors(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		_, err := c.forge.Create(t.Context(), proposal)
		if e, is := errors.AsType[*forge.StatusError](err); !is || e.Temporary() || !strings.HasPrefix(err.Error(), "opening a ") {
			t.Errorf("without a branch: %v", err)
		}
		c.push(t, head)
		c.fake.Deny(forgetest.Create)
		_, err = c.forge.Create(t.Context(), proposal)
		if e, is := errors.AsType[*forge.StatusError](err); !is || e.Temporary() || len(c.pulls(t)) != 0 {
			t.Errorf("without the right: %v", err)
		}
	})
}

// TestCreateOnce loses the answer in every way: one pull request is there in the end.
func TestCreateOnce(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		for n, test := range []struct {
			name  string
			fault forgetest.Fault
		}{
			{"500 after success", forgetest.Fault{Status: 500, After: true}},
			{"cut after success", forgetest.Fault{Cut: true, After: true}},
			{"502", forgetest.Fault{Status: 502}},
			{"cut", forgetest.Fault{Cut: true}},
			{"slow", forgetest.Fault{Delay: time.Hour}},
		} {
			p := proposal
			p.Head = fmt.Sprint(head, n)
			c.push(t, p.Head)
			test.fault.Method, test.fault.Times = http.MethodPost, 1
			c.fake.Set(test.fault)
			got, err := c.forge.Create(t.Context(), p)
			if err != nil || got.Number != n+1 || got.Title != proposal.Title || len(c.pulls(t)) != n+1 {
				t.Errorf("%s: %d %q, %v; %d pull requests", test.name, got.Number, got.Title, err, len(c.pulls(t)))
			}
		}
	})
}

func TestCreateGivesUp(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		c.push(t, head)
		c.fake.Set(forgetest.Fault{Status: 503, Method: http.MethodPost})
		_, err := c.forge.Create(t.Context(), proposal)
		if e, is := errors.AsType[*forge.StatusError](err); !is || !e.Temporary() || c.fake.Count(http.MethodPost) != 3 {
			t.Errorf("%v after %d tries", err, c.fake.Count(http.MethodPost))
		}
	})
}

func TestUpdate(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		p := c.open(t)
		got, err := c.forge.Update(t.Context(), p, "Update nginx to 1.28", "new body")
		must(t, err)
		if got.Title != "Update nginx to 1.28" || got.Body != "new body" || got.Number != p.Number {
			t.Errorf("%+v", got)
		}
		if now := c.pulls(t)[0]; now.Title != "Update nginx to 1.28" || now.Body != "new body" {
			t.Errorf("%q, %q", now.Title, now.Body)
		}
		c.fake.Deny(forgetest.Update)
		if _, err := c.forge.Update(t.Context(), p, "x", "y"); err == nil || c.pulls(t)[0].Body != "new body" {
			t.Errorf("without the right: %v", err)
		}
	})
}

// TestUpdateAgain expects a title and body in the end, whatever became of the first try.
func TestUpdateAgain(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		p := c.open(t)
		c.fake.Set(forgetest.Fault{Status: 500, After: true, Times: 2})
		if c.kind == forgetest.BitbucketServer {
			// Each try counts the version up, so that the answer to the next is that somebody was faster.
			c.fake.Set(forgetest.Fault{Status: 409, Body: `{"errors": []}`, Method: http.MethodPut, Times: 1})
		}
		got, err := c.forge.Update(t.Context(), p, "Update nginx to 1.28", "new body")
		if err != nil || got.Body != "new body" || c.pulls(t)[0].Body != "new body" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestDraft(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		if !c.forge.Limits().Drafts {
			t.Fatal("all of them have drafts")
		}
		c.push(t, head)
		draft := proposal
		draft.Draft = true
		p, err := c.forge.Create(t.Context(), draft)
		must(t, err)
		if !p.Draft || p.Title != proposal.Title {
			t.Errorf("opened: draft %t, %q", p.Draft, p.Title)
		}
		p, err = c.forge.Update(t.Context(), p, "Update nginx to 1.28", "b")
		must(t, err)
		if !p.Draft || p.Title != "Update nginx to 1.28" {
			t.Errorf("updated: draft %t, %q", p.Draft, p.Title)
		}
		if found := c.find(t); len(found) != 1 || !found[0].Draft || found[0].Title != "Update nginx to 1.28" {
			t.Errorf("found: %+v", found)
		}
	})
}

func TestFindStates(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		c.open(t)
		must(t, c.fake.Close(1))
		time.Sleep(time.Minute)
		found := c.find(t)
		if len(found) != 1 || found[0].State != forge.Closed || found[0].Body != proposal.Body || found[0].Closed.IsZero() {
			t.Fatalf("closed: %+v", found)
		}
		second, err := c.forge.Create(t.Context(), proposal)
		must(t, err)
		if second.Number != 2 {
			t.Errorf("the second is %d", second.Number)
		}
		must(t, c.fake.Merge(2))
		c.push(t, head)
		third, err := c.forge.Create(t.Context(), proposal)
		must(t, err)
		must(t, c.fake.Comment(1, "why not?")) // so that it is the one with the latest change
		found = c.find(t)
		var got []string
		for _, p := range found {
			got = append(got, fmt.Sprint(p.Number, " ", p.State))
		}
		if diff := cmp.Diff([]string{"3 open", "2 merged", "1 closed"}, got); diff != "" || third.Number != 3 {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if merge := c.pulls(t)[1].MergeCommit; len(found[1].MergeCommit) < 12 || !strings.HasPrefix(merge, found[1].MergeCommit) {
			t.Errorf("merged as %q, want %q", found[1].MergeCommit, merge)
		}
		if any, err := c.forge.Find(t.Context(), head, ""); err != nil || len(any) != 3 {
			t.Errorf("into any branch: %v, %v", any, err)
		}
		if other, err := c.forge.Find(t.Context(), head, "release"); err != nil || len(other) != 0 {
			t.Errorf("into another branch: %v, %v", other, err)
		}
		if other, err := c.forge.Find(t.Context(), head+"x", base); err != nil || len(other) != 0 {
			t.Errorf("of another branch: %v, %v", other, err)
		}
	})
}

func TestFindAtMost(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		for n := range 22 {
			p := c.open(t)
			if n < 21 {
				must(t, c.forge.Close(t.Context(), p))
			}
			time.Sleep(time.Minute)
		}
		if found := c.find(t); len(found) != 20 || found[0].Number != 22 || found[0].State != forge.Open || found[1].Number != 21 {
			t.Errorf("%d of them, the first two %+v", len(found), found[:min(2, len(found))])
		}
	})
}

func TestForks(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		c.fake.OpenFromFork("mallory", head, base)
		if found := c.find(t); len(found) != 0 {
			t.Errorf("found %+v", found)
		}
		if opened, err := c.forge.Opened(t.Context(), "image-updater/"); err != nil || len(opened) != 0 {
			t.Errorf("opened: %+v, %v", opened, err)
		}
		ours := c.open(t)
		if found := c.find(t); len(found) != 1 || found[0].Number != ours.Number {
			t.Errorf("found %+v", found)
		}
	})
}

func TestStrangeBranches(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		for n, branch := range []string{`image-updater/x%20"y&z+#1`, "image-updater/käse", "image-updater/a/b/c"} {
			c.push(t, branch)
			p := proposal
			p.Head = branch
			_, err := c.forge.Create(t.Context(), p)
			must(t, err)
			found, err := c.forge.Find(t.Context(), branch, base)
			if err != nil || len(found) != 1 || found[0].Number != n+1 || found[0].Head != branch {
				t.Errorf("%s: %+v, %v", branch, found, err)
			}
		}
	})
}

func TestLongBody(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		c.push(t, head)
		long := proposal
		long.Title = strings.Repeat("t", c.forge.Limits().Title)
		long.Body = strings.Repeat("b", c.forge.Limits().Body)
		_, err := c.forge.Create(t.Context(), long)
		must(t, err)
		if found := c.find(t); len(found) != 1 || found[0].Body != long.Body || found[0].Title != long.Title {
			t.Errorf("found %d", len(found))
		}
	})
}

func TestOpened(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		must(t, c.fake.Fill(300, "image-updater/app-", base))
		must(t, c.fake.Fill(30, "feature/", base))
		must(t, c.fake.Close(17))
		c.fake.Forget()
		opened, err := c.forge.Opened(t.Context(), "image-updater/")
		must(t, err)
		if len(opened) != 299 || opened[0].Number != 300 || opened[298].Number != 1 || opened[0].Head != "image-updater/app-299" {
			t.Fatalf("%d of them, the first %+v", len(opened), opened[:min(1, len(opened))])
		}
		if slices.ContainsFunc(opened, func(p forge.PullRequest) bool { return p.Number == 17 || p.State != forge.Open }) {
			t.Error("one that is closed is among them")
		}
		if n := c.fake.Count(""); n > 7 {
			t.Errorf("%d requests", n)
		}
		for _, h := range c.hosts {
			if h != "127.0.0.1:3000" {
				t.Fatalf("%s was asked", h)
			}
		}
	})
}

func TestOpenedTooMany(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		must(t, c.fake.Fill(1001, "image-updater/app-", base))
		if opened, err := c.forge.Opened(t.Context(), "image-updater/"); err == nil || !strings.Contains(err.Error(), "more than 1000 are open") {
			t.Errorf("%d, %v", len(opened), err)
		}
		if opened, err := c.forge.Opened(t.Context(), "image-updater/app-99"); err != nil || len(opened) != 11 {
			t.Errorf("%d, %v", len(opened), err)
		}
	})
}

func TestClose(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		p := c.open(t)
		must(t, c.forge.Close(t.Context(), p))
		must(t, c.forge.Close(t.Context(), p))
		if now := c.pulls(t)[0]; now.State != "closed" {
			t.Errorf("it is %s", now.State)
		}
		second, err := c.forge.Create(t.Context(), proposal)
		must(t, err)
		must(t, c.fake.Merge(2))
		must(t, c.forge.Close(t.Context(), second))
		if now := c.pulls(t)[1]; now.State != "merged" {
			t.Errorf("what was merged is %s", now.State)
		}
		c.push(t, head)
		third, err := c.forge.Create(t.Context(), proposal)
		must(t, err)
		c.fake.Deny(forgetest.CloseIt)
		if err := c.forge.Close(t.Context(), third); err == nil {
			t.Error("closed without the right")
		}
	})
}

func TestBranchDeleted(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		p := c.open(t)
		must(t, c.fake.DeleteBranch(head))
		found := c.find(t)
		if len(found) != 1 || found[0].Number != p.Number || found[0].Head != head || found[0].State == forge.Merged {
			t.Errorf("%+v", found)
		}
	})
}

func TestLabels(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		p := c.open(t)
		if !c.forge.Limits().Labels {
			if err := c.forge.AddLabels(t.Context(), p, []string{"images"}); !errors.Is(err, forge.ErrUnsupported) {
				t.Errorf("adding: %v", err)
			}
			if err := c.forge.RemoveLabel(t.Context(), p, "images"); !errors.Is(err, forge.ErrUnsupported) {
				t.Errorf("removing: %v", err)
			}
			return
		}
		must(t, c.forge.AddLabels(t.Context(), p, []string{"images", "image-updater/hold"}))
		must(t, c.forge.AddLabels(t.Context(), p, []string{"images"}))
		if found := c.find(t); !slices.Equal(found[0].Labels, []string{"images", "image-updater/hold"}) {
			t.Errorf("labels %q", found[0].Labels)
		}
		must(t, c.forge.RemoveLabel(t.Context(), p, "image-updater/hold"))
		must(t, c.forge.RemoveLabel(t.Context(), p, "image-updater/hold"))
		if now := c.pulls(t)[0]; !slices.Equal(now.Labels, []string{"images"}) {
			t.Errorf("labels %q", now.Labels)
		}
		c.fake.Deny(forgetest.Label)
		declined(t, c.forge.AddLabels(t.Context(), p, []string{"more"}))
	})
}

func TestRequestReview(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		p := c.open(t)
		must(t, c.forge.RequestReview(t.Context(), p, []string{forgetest.Person}))
		must(t, c.forge.RequestReview(t.Context(), p, []string{"grace"}))
		_, err := c.forge.Update(t.Context(), p, "Update nginx to 1.28", "b")
		must(t, err)
		if now := c.pulls(t)[0]; !slices.Equal(now.Reviewers, []string{forgetest.Person, "grace"}) {
			t.Errorf("reviewers %q after an update", now.Reviewers)
		}
		declined(t, c.forge.RequestReview(t.Context(), p, []string{"nobody"}))
		c.fake.Deny(forgetest.Review)
		declined(t, c.forge.RequestReview(t.Context(), p, []string{"linus"}))
	})
}

func TestAssign(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		p := c.open(t)
		err := c.forge.Assign(t.Context(), p, []string{forgetest.Person})
		if !c.forge.Limits().Assignees {
			if !errors.Is(err, forge.ErrUnsupported) {
				t.Error(err)
			}
			return
		}
		must(t, err)
		must(t, c.forge.Assign(t.Context(), p, []string{"grace"}))
		if now := c.pulls(t)[0]; !slices.Equal(now.Assignees, []string{forgetest.Person, "grace"}) {
			t.Errorf("assignees %q", now.Assignees)
		}
		declined(t, c.forge.Assign(t.Context(), p, []string{"nobody"}))
		c.fake.Deny(forgetest.AssignIt)
		declined(t, c.forge.Assign(t.Context(), p, []string{"linus"}))
	})
}

func TestAutoMerge(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		p := c.open(t)
		err := c.forge.AutoMerge(t.Context(), p)
		if !c.forge.Limits().AutoMerge {
			if !errors.Is(err, forge.ErrUnsupported) {
				t.Error(err)
			}
			return
		}
		must(t, err)
		if now := c.pulls(t)[0]; !now.Auto || now.State != "open" {
			t.Errorf("%+v", now)
		}
		must(t, c.forge.AutoMerge(t.Context(), p))
		must(t, c.forge.Close(t.Context(), p))
		p = c.open(t)
		c.fake.Deny(forgetest.AutoMerge)
		declined(t, c.forge.AutoMerge(t.Context(), p))
	})
}

func TestComments(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		p := c.open(t)
		if none, err := c.forge.Comments(t.Context(), p); err != nil || len(none) != 0 {
			t.Errorf("before any: %v, %v", none, err)
		}
		for n := range 120 {
			must(t, c.fake.Comment(1, fmt.Sprint("comment ", n)))
			time.Sleep(time.Second)
		}
		must(t, c.forge.Comment(t.Context(), p, "I stay away. <!-- said -->"))
		all, err := c.forge.Comments(t.Context(), p)
		must(t, err)
		if len(all) != 121 || all[0].Body != "comment 0" || all[0].Author != forgetest.Person {
			t.Fatalf("%d, the first %+v", len(all), all[:min(1, len(all))])
		}
		if last := all[120]; last.Body != "I stay away. <!-- said -->" || last.Author != forgetest.Bot || last.Created.IsZero() {
			t.Errorf("the last is %+v", last)
		}
		c.fake.Deny(forgetest.Say)
		declined(t, c.forge.Comment(t.Context(), p, "x"))
	})
}

// TestCommentOnce expects that what may have been said is not said again.
func TestCommentOnce(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		p := c.open(t)
		for n, fault := range []forgetest.Fault{{Status: 500, After: true}, {Cut: true, After: true}} {
			fault.Method, fault.Times = http.MethodPost, 1
			c.fake.Set(fault)
			if err := c.forge.Comment(t.Context(), p, "x"); err == nil {
				t.Error("no error")
			}
			if said, err := c.forge.Comments(t.Context(), p); err != nil || len(said) != n+1 {
				t.Errorf("%d comments, %v", len(said), err)
			}
		}
	})
}

func TestAuthor(t *testing.T) {
	onAll(t, func(t *testing.T, c *conformance) {
		if c.open(t).Author != forgetest.Bot {
			t.Error("what it opens is somebody else's")
		}
	})
}
