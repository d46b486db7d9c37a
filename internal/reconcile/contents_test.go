package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/proposal"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/policy"
)

// contents are what a registry tells of images.
type contents struct {
	origins map[string]proposal.Origin // by tag
	err     error
	same    bool
	before  func()
	asked   []string
}

func (c *contents) Origin(_ context.Context, v proposal.Target, _ time.Time, free bool) (proposal.Origin, error) {
	c.asked = append(c.asked, fmt.Sprintf("%s:%s %v", v.Image.Path, v.Tag, free))
	if c.before != nil {
		c.before()
	}
	return c.origins[v.Tag], c.err
}

func (c *contents) Same(_ context.Context, s proposal.Step) (bool, error) {
	c.asked = append(c.asked, s.From.Digest.Short()+" "+s.To.Digest.Short())
	return c.same, c.err
}

// Links are looked for when the words are written, and then only; of the version before only what is free.
func TestLinksAreAskedOnce(t *testing.T) {
	t.Parallel()
	const git = "https://github.com/acme/a"
	p := newProposing(t, "labels: []", "a")
	c := &contents{origins: map[string]proposal.Origin{"1.0.0": {Source: git, Revision: "0123456"}, "1.1.0": {Source: git, Revision: "789abcd"}}}
	p.Reconciler.Contents = c
	p.forge.releases = map[string]proposal.Release{git + "@1.1.0": {Tag: "1.1.0", Text: "All is new."}}
	p.Plan(t.Context(), reconcile.Selection{})
	if len(c.asked) > 0 {
		t.Errorf("planning asks %v", c.asked)
	}
	p.Reconciler.Memory = memory{}
	p.forge.took()
	p.expect(p.run(), "a opened", "find image-updater/a, release 1.1.0, create image-updater/a, find image-updater/a", "")
	if got := strings.Join(c.asked, ", "); got != "a:1.1.0 false, a:1.0.0 true" {
		t.Errorf("asks %s", got)
	}
	for _, want := range []string{"[source](" + git + ")", git + "/compare/0123456...789abcd", git + "/releases/tag/1.1.0", "    All is new."} {
		if !strings.Contains(p.forge.pulls[0].Body, want) {
			t.Errorf("%q is not in\n%s", want, p.forge.pulls[0].Body)
		}
	}
	c.asked = nil
	p.run()
	p.Reconciler.Memory = memory{}
	p.forge.took()
	p.expect(p.run(), "a unchanged", "find image-updater/a", "")
	if len(c.asked) > 0 {
		t.Errorf("without news asks %v", c.asked)
	}
}

// A pull request is opened without what cannot be had, and once links have taken their time no more are looked for.
func TestLinksHoldNothingUp(t *testing.T) {
	t.Parallel()
	p := newProposing(t, "labels: []", "a", "b", "c")
	now := time.Now()
	p.Reconciler.Now = func() time.Time { return now }
	c := &contents{err: errors.New("no pull is left"), before: func() { now = now.Add(20 * time.Second) }}
	p.Reconciler.Contents = c
	r := p.run()
	if got := states(r) + problems(r) + warnings(r); got != "a opened, b opened, c opened" {
		t.Error(got)
	}
	if len(c.asked) != 2 {
		t.Errorf("asks %v", c.asked)
	}
}

// A digest of the images that are there is not proposed, and the forge is not asked for it; one of others is, and so is one
// of which nothing is known.
func TestSameImagesAreNotProposed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		contents *contents
		settle   string
		want     string
		asked    int
	}{
		{name: "the same", contents: &contents{same: true}, settle: "1h", want: "a held", asked: 1},
		{name: "others", contents: &contents{}, settle: "1h", want: "a opened", asked: 1},
		{name: "not known", contents: &contents{same: false, err: errors.New("gone")}, settle: "1h", want: "a opened", asked: 1},
		{name: "all digests are wanted", contents: &contents{same: true}, settle: "0", want: "a opened"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			const a = "registry.example/a"
			p := newProposing(t, "settle: "+test.settle, "a")
			p.source.look = func(string, image.Facts) (policy.Candidate, error) {
				return policy.Candidate{Digest: digestOf(2), FirstSeen: time.Now().Add(-2 * time.Hour)}, nil
			}
			for i := range p.Config.Policies {
				p.Config.Policies[i] = followed(t, a)
			}
			if _, err := p.fleet.Commit("main", "Pin", gittest.Files{"a.yaml": deployment(a + ":stable@" + digestOf(1).String())}); err != nil {
				t.Fatal(err)
			}
			p.Reconciler.Contents = test.contents
			r := p.run()
			compared := 0
			for _, asked := range test.contents.asked {
				if asked == digestOf(1).Short()+" "+digestOf(2).Short() {
					compared++
				}
			}
			if got := states(r) + problems(r); got != test.want || compared != test.asked {
				t.Errorf("%s, asks %v", got, test.contents.asked)
			}
			if calls := p.forge.took(); strings.Contains(test.want, "held") && calls != "" {
				t.Errorf("calls: %s", calls)
			}
		})
	}
}

// followed is the policy of a scene that follows a digest.
func followed(t *testing.T, of string) config.Policy {
	t.Helper()
	c, err := config.Load(fstest.MapFS{"policies.yaml": {Data: []byte(`apiVersion: image-updater/v1
git:
  - {name: fleet, url: "https://git.example/fleet.git", auth: {tokenEnv: TOKEN}}
defaults: {git: fleet, interval: 0}
policies:
  - {name: a, image: ` + of + `, select: {digest: stable}}
`)}}, []string{"policies.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	return c.Policies[0]
}
