package forge_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/writeback/forge"
)

// on runs a scenario on one forge.
func on(t *testing.T, kind string, scenario func(*testing.T, *conformance)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { scenario(t, newConformance(t, kind, nil)) })
}

// Private repositories of free plans have no drafts.
func TestGitHubWithoutDrafts(t *testing.T) {
	on(t, forgetest.GitHub, func(t *testing.T, c *conformance) {
		c.push(t, head)
		c.fake.Set(forgetest.Fault{Status: 422, Times: 1, Body: `{"message": "Draft pull requests are not supported in this repository."}`})
		draft := proposal
		draft.Draft = true
		if p, err := c.forge.Create(t.Context(), draft); err != nil || p.Draft || p.Number != 1 {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

// GraphQL says by status 200 what REST says by 403.
func TestGitHubGraphQLRateLimit(t *testing.T) {
	on(t, forgetest.GitHub, func(t *testing.T, c *conformance) {
		reset := time.Now().Add(30 * time.Minute)
		c.fake.Set(forgetest.Fault{
			Status: 200, Header: headers("X-RateLimit-Reset", fmt.Sprint(reset.Unix())),
			Body: `{"data": null, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}`,
		})
		err := c.forge.AutoMerge(t.Context(), forge.PullRequest{Number: 1})
		if e, is := errors.AsType[*forge.RateLimitError](err); !is || e.Until.Sub(reset) > time.Second {
			t.Errorf("%v, want until %s", err, reset)
		}
	})
}

// A branch that asks for nothing has nothing to wait for.
func TestGitHubAutoMergeDeclined(t *testing.T) {
	on(t, forgetest.GitHub, func(t *testing.T, c *conformance) {
		p := c.open(t)
		c.fake.Set(forgetest.Fault{
			Path: "graphql", Status: 200, Body: `{"data": null, "errors": [{"type": "UNPROCESSABLE", "message": "Pull request is in clean status"}]}`,
		})
		declined(t, c.forge.AutoMerge(t.Context(), p))
	})
}

// Without a pipeline GitLab would merge at once, before one could fail.
func TestGitLabAutoMergeWaits(t *testing.T) {
	on(t, forgetest.GitLab, func(t *testing.T, c *conformance) {
		p := c.open(t)
		young := forgetest.Fault{Method: http.MethodGet, Status: 200, Times: 2, Body: `{"iid": 1, "state": "opened", "detailed_merge_status": "preparing", "head_pipeline": null}`}
		c.fake.Set(young)
		begun := time.Now()
		must(t, c.forge.AutoMerge(t.Context(), p))
		if took := time.Since(begun); took != 3*time.Second || !c.pulls(t)[0].Auto {
			t.Errorf("after %s: %+v", took, c.pulls(t)[0])
		}
		young.Times = 0
		c.fake.Set(young)
		c.fake.Forget()
		declined(t, c.forge.AutoMerge(t.Context(), p))
		if n := c.fake.Count(http.MethodPut); n != 0 {
			t.Errorf("it was asked for %d times", n)
		}
	})
}

// What the lists leave out is asked for again, and only then.
func TestAzureDevOpsShortens(t *testing.T) {
	on(t, forgetest.AzureDevOps, func(t *testing.T, c *conformance) {
		c.open(t)
		c.fake.Forget()
		c.find(t)
		if n := c.fake.Count(""); n != 1 {
			t.Errorf("%d requests for one with a short description", n)
		}
	})
}

func TestAzureDevOpsReviewers(t *testing.T) {
	on(t, forgetest.AzureDevOps, func(t *testing.T, c *conformance) {
		p := c.open(t)
		c.fake.Forget()
		must(t, c.forge.RequestReview(t.Context(), p, []string{"00000000-0000-0000-0000-000000000002"}))
		if n := c.fake.Count(""); n != 1 {
			t.Errorf("%d requests for somebody whose id is known", n)
		}
		must(t, c.forge.RequestReview(t.Context(), p, []string{"GRACE"})) // the name to show
		if now := c.pulls(t)[0]; !slices.Equal(now.Reviewers, []string{forgetest.Person, "grace"}) {
			t.Errorf("reviewers %q", now.Reviewers)
		}
	})
}

// Gitea has no list by branch: a look is one question where there is nothing, and the pages of what has changed last.
func TestGiteaLooks(t *testing.T) {
	on(t, forgetest.Gitea, func(t *testing.T, c *conformance) {
		must(t, c.fake.Fill(200, "other/", base))
		c.fake.Forget()
		c.find(t)
		if n := c.fake.Count(""); n != 1 {
			t.Errorf("%d requests to find none", n)
		}
		c.open(t)
		c.fake.Forget()
		c.find(t)
		if n := c.fake.Count(""); n != 3 {
			t.Errorf("%d requests to find an open one among many", n)
		}
		must(t, c.fake.Fill(120, "newer/", base))
		c.find(t)
	})
}

// A proxy that unescapes paths hides the pull requests of a base with a slash from one question, not from the lists.
func TestGiteaBehindAProxy(t *testing.T) {
	on(t, forgetest.Gitea, func(t *testing.T, c *conformance) {
		first := c.open(t)
		c.fake.Set(forgetest.Fault{Path: "/pulls/main/", Status: 404, Body: `{"message": "not found"}`})
		if again, err := c.forge.Create(t.Context(), proposal); err != nil || again.Number != first.Number {
			t.Errorf("%+v, %v", again, err)
		}
	})
}

// Gitea refuses one of two changes at the same moment.
func TestGiteaChangedAtOnce(t *testing.T) {
	on(t, forgetest.Gitea, func(t *testing.T, c *conformance) {
		p := c.open(t)
		refusal := forgetest.Fault{Method: http.MethodPatch, Status: 409, Times: 1, Body: `{"message": "the issue is already changed"}`}
		c.fake.Set(refusal)
		if p, err := c.forge.Update(t.Context(), p, "new", "new"); err != nil || p.Title != "new" {
			t.Errorf("%+v, %v", p, err)
		}
		refusal.Times = 0
		c.fake.Set(refusal)
		if _, err := c.forge.Update(t.Context(), p, "newer", "newer"); err == nil {
			t.Error("refused for ever, and no error")
		}
	})
}
