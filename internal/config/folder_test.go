package config_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/config"
)

const central = `apiVersion: image-updater/v1
git:
  - {name: fleet, url: /srv/fleet.git, policies: .image-updater/}
  - {name: shop, url: /srv/shop.git, policies: ops}
  - {name: docs, url: /srv/docs.git}
defaults: {git: docs, interval: 1h, guard: {minAge: 72h}}
policies:
  - {name: nginx, image: nginx}
`

func loadCentral(t *testing.T) *config.Config {
	t.Helper()
	c, err := config.Load(fstest.MapFS{"policies.yaml": {Data: []byte(central)}}, []string{"policies.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func folder(git string, files ...string) config.Folder {
	f := config.Folder{Git: git, Files: map[string][]byte{}}
	for i := 0; i < len(files); i += 2 {
		f.Files[files[i]] = []byte("apiVersion: image-updater/v1\n" + files[i+1])
	}
	return f
}

// brief is of a policy what files in Git repositories may say otherwise.
type brief struct {
	Name, Git, Bump, At string
	Interval, MinAge    time.Duration
}

func inBrief(c *config.Config) []brief {
	var all []brief
	for _, p := range c.Policies {
		all = append(all, brief{p.Name, p.Git[0], string(p.Spec.Guard.Bump), p.Position.String(), p.Interval, p.Spec.Guard.MinAge})
	}
	return all
}

func TestWith(t *testing.T) {
	t.Parallel()
	c := loadCentral(t)
	joined, err := c.With(
		folder("fleet",
			"defaults.yaml", "defaults: {interval: 5m, guard: {bump: minor}}\n",
			"api.yaml", "policies: [{name: api, image: ghcr.io/acme/api}, {name: web, image: ghcr.io/acme/web, git: fleet, interval: 1m}]\n"),
		folder("shop", "shop.yaml", "policies: [{name: cart, image: ghcr.io/acme/cart}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := inBrief(joined)
	const age = 72 * time.Hour
	want := []brief{
		{"nginx", "docs", "", "policies.yaml:8:6", time.Hour, age},
		{"api", "fleet", "minor", "fleet:.image-updater/api.yaml:2:13", 5 * time.Minute, age},
		{"web", "fleet", "minor", "fleet:.image-updater/api.yaml:2:51", time.Minute, age},
		{"cart", "shop", "", "shop:ops/shop.yaml:2:13", time.Hour, age},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"policies.yaml", "fleet:.image-updater/api.yaml", "fleet:.image-updater/defaults.yaml", "shop:ops/shop.yaml"}, joined.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if len(c.Policies) != 1 || len(c.Files) != 1 {
		t.Errorf("what was joined to has changed: %v", c.Files)
	}
	if _, err := c.With(folder("docs", "again.yaml", "policies: [{name: api, image: nginx}]\n")); err != nil {
		t.Errorf("a name of what was joined before is taken: %v", err)
	}
}

// TestWithOneByOne: folders joined one after the other are as when they are joined at once, and names stay unique over all.
func TestWithOneByOne(t *testing.T) {
	t.Parallel()
	c := loadCentral(t)
	fleet := folder("fleet", "a.yaml", "defaults: {interval: 5m}\npolicies: [{name: api, image: ghcr.io/acme/api}, {name: sql, image: postgres, write: {group: data}}]\n")
	shop := folder("shop", "shop.yaml", "policies: [{name: cart, image: ghcr.io/acme/cart}, {name: kv, image: redis, write: {group: data}}]\n")
	atOnce, err := c.With(fleet, shop)
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.With(fleet)
	if err != nil {
		t.Fatal(err)
	}
	got, err := first.With(shop)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(inBrief(atOnce), inBrief(got)); diff != "" {
		t.Errorf("policies (-at once +one by one):\n%s", diff)
	}
	if diff := cmp.Diff(atOnce.Files, got.Files); diff != "" {
		t.Errorf("files (-at once +one by one):\n%s", diff)
	}
	again := folder("shop", "shop.yaml", "policies: [{name: api, image: nginx}]\n")
	_, atOnceErr := c.With(fleet, again)
	_, err = first.With(again)
	if err == nil || atOnceErr == nil || err.Error() != atOnceErr.Error() {
		t.Errorf("a name that is taken: %v one by one, %v at once", err, atOnceErr)
	}
}

func TestWithRefuses(t *testing.T) {
	t.Parallel()
	for _, refused := range []struct {
		name    string
		folders []config.Folder
		want    string
	}{
		{
			"central keys",
			[]config.Folder{folder("fleet", "a.yaml", "registries: [{host: ghcr.io}]\ngit: [{name: x, url: /x.git}]\n")},
			"fleet:.image-updater/a.yaml:2:1: registries: is not for policy files in a Git repository, want it in the central one\n" +
				"fleet:.image-updater/a.yaml:3:1: git: is not for policy files in a Git repository, want it in the central one\n",
		},
		{
			"another Git repository",
			[]config.Folder{folder("fleet", "a.yaml", "defaults: {git: docs}\npolicies: [{name: api, image: nginx, git: [fleet, shop]}]\n")},
			"fleet:.image-updater/a.yaml:2:17: defaults: git: \"docs\", but the policies of Git repository \"fleet\" write to it alone\n" +
				"fleet:.image-updater/a.yaml:3:43: policy \"api\": git: \"shop\", but the policies of Git repository \"fleet\" write to it alone\n",
		},
		{
			"a name that is taken",
			[]config.Folder{
				folder("fleet", "a.yaml", "policies: [{name: nginx, image: nginx}, {name: api, image: nginx}]\n"),
				folder("shop", "b.yaml", "policies: [{name: api, image: nginx}]\n"),
			},
			"fleet:.image-updater/a.yaml:2:19: policy \"nginx\": duplicate name \"nginx\", which is at policies.yaml:8:12 already\n" +
				"shop:ops/b.yaml:2:19: policy \"api\": duplicate name \"api\", which is at fleet:.image-updater/a.yaml:2:48 already\n",
		},
		{
			"two defaults",
			[]config.Folder{folder("fleet", "a.yaml", "defaults: {interval: 5m}\n", "b.yaml", "defaults: {interval: 6m}\n")},
			"fleet:.image-updater/b.yaml:2:1: defaults are at fleet:.image-updater/a.yaml:2:12 already, want them in one place\n",
		},
		{"no YAML", []config.Folder{folder("fleet", "a.yaml", "\t")}, "fleet:.image-updater/a.yaml:2:2: found a tab character that violates indentation\n"},
		{"no such Git repository", []config.Folder{folder("flet")}, "flet: no git \"flet\"\n"},
	} {
		t.Run(refused.name, func(t *testing.T) {
			t.Parallel()
			_, err := loadCentral(t).With(refused.folders...)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(refused.want, withHints(t, err)); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}
