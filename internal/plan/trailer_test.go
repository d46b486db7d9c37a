package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
)

var (
	nginx  = image.Repository{Host: "docker.io", Path: "library/nginx"}
	api    = image.Repository{Host: "ghcr.io", Path: "acme/api"}
	sha    = image.Digest("sha256:" + strings.Repeat("0a", 32))
	newSHA = image.Digest("sha256:" + strings.Repeat("1b", 32))
)

func change(policy, path string, line int, of image.Repository, from, to string) plan.Change {
	return plan.Change{Policy: policy, Site: edit.Site{Path: path, Line: line, Column: 16, Image: of, Tag: from}, To: to}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	pinned := change("api", "a b/values.yaml", 3, api, "1.0", "2.0")
	pinned.Site.Digest, pinned.ToDigest = sha, newSHA
	for _, test := range []struct {
		name    string
		changes []plan.Change
		want    string
	}{{
		name:    "one change",
		changes: []plan.Change{change("nginx", "apps/web/deploy.yaml", 14, nginx, "1.25.3", "1.27.4")},
		want: `Update nginx to 1.27.4

- apps/web/deploy.yaml:14: nginx 1.25.3 -> 1.27.4

Image-Updater-Policy: nginx
Image-Updater-Change: apps/web/deploy.yaml docker.io/library/nginx 1.25.3 -> 1.27.4
`,
	}, {
		name: "every change has its trailer, and the order is that of the files",
		changes: []plan.Change{
			change("nginx", "b.yaml", 1, nginx, "1.25.3-alpine", "1.27.4-alpine"),
			change("nginx", "a.yaml", 20, nginx, "1.25.3", "1.27.4"),
			change("nginx", "a.yaml", 9, nginx, "1.25.3", "1.27.4"),
		},
		want: `Update nginx to 1.27.4, 1.27.4-alpine

- a.yaml:9: nginx 1.25.3 -> 1.27.4
- a.yaml:20: nginx 1.25.3 -> 1.27.4
- b.yaml:1: nginx 1.25.3-alpine -> 1.27.4-alpine

Image-Updater-Policy: nginx
Image-Updater-Change: a.yaml docker.io/library/nginx 1.25.3 -> 1.27.4
Image-Updater-Change: a.yaml docker.io/library/nginx 1.25.3 -> 1.27.4
Image-Updater-Change: b.yaml docker.io/library/nginx 1.25.3-alpine -> 1.27.4-alpine
`,
	}, {
		name:    "several images, digests, no tag before, a path of two lines",
		changes: []plan.Change{pinned, change("", "x\ny.yaml", 1, nginx, "", "1.27.4")},
		want: `Update 2 images

- a b/values.yaml:3: ghcr.io/acme/api 1.0@` + sha.String() + ` -> 2.0@` + newSHA.String() + `
- "x\ny.yaml":1: nginx (none) -> 1.27.4

Image-Updater-Change: "x\ny.yaml" docker.io/library/nginx (none) -> 1.27.4
Image-Updater-Policy: api
Image-Updater-Change: a b/values.yaml ghcr.io/acme/api 1.0@` + sha.String() + ` -> 2.0@` + newSHA.String() + `
`,
	}, {
		name: "a digest alone, of a tag that moved and of one that had none",
		changes: []plan.Change{
			{Policy: "base", Site: edit.Site{Path: "a.yaml", Line: 1, Image: api, Tag: "stable", Digest: sha}, To: "stable", ToDigest: newSHA},
			{Policy: "base", Site: edit.Site{Path: "b.yaml", Line: 2, Image: api, Tag: "stable"}, To: "stable", ToDigest: newSHA},
		},
		want: `Update ghcr.io/acme/api to stable@sha256:1b1b1b1b1b1b

- a.yaml:1: ghcr.io/acme/api stable@` + sha.String() + ` -> stable@` + newSHA.String() + `
- b.yaml:2: ghcr.io/acme/api stable -> stable@` + newSHA.String() + `

Image-Updater-Policy: base
Image-Updater-Change: a.yaml ghcr.io/acme/api stable@` + sha.String() + ` -> stable@` + newSHA.String() + `
Image-Updater-Change: b.yaml ghcr.io/acme/api stable -> stable@` + newSHA.String() + `
`,
	}, {
		name: "many tags",
		changes: []plan.Change{change("p", "a", 1, nginx, "0", "1"), change("p", "b", 1, nginx, "0", "2"),
			change("p", "c", 1, nginx, "0", "3"), change("p", "d", 1, nginx, "0", "4")},
		want: "Update nginx in 4 places\n",
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := plan.NewGroup("key", test.changes).Message()
			if len(test.want) < len(got) && strings.HasSuffix(test.want, "places\n") {
				got = got[:len(test.want)]
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
		})
	}
}

// What a message tells is read back from it: history has no other source.
func TestTrailersAreReadBack(t *testing.T) {
	t.Parallel()
	tag := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9._-]{0,20}`))
	digest := rapid.SampledFrom([]image.Digest{"", sha, newSHA})
	rapid.Check(t, func(t *rapid.T) {
		c := change(rapid.StringMatching(`[a-z0-9-]{0,9}`).Draw(t, "policy"), rapid.OneOf(rapid.String(), rapid.Just("d\xffir/x.yaml")).Draw(t, "path"), 1,
			rapid.SampledFrom([]image.Repository{nginx, api}).Draw(t, "image"), tag.Draw(t, "from"), tag.Draw(t, "to"))
		c.Site.Digest, c.ToDigest = digest.Draw(t, "fromDigest"), digest.Draw(t, "toDigest")
		policies, changes := plan.ParseTrailers(plan.NewGroup("", []plan.Change{c}).Message())
		var wantPolicies []string
		if c.Policy != "" {
			wantPolicies = []string{c.Policy}
		}
		want := []plan.Trailer{{Path: c.Site.Path, Image: c.Site.Image, From: c.Site.Tag, To: c.To,
			FromDigest: c.Site.Digest, ToDigest: c.ToDigest}}
		if diff := cmp.Diff(wantPolicies, policies); diff != "" {
			t.Fatalf("policies (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, changes); diff != "" {
			t.Fatalf("changes (-want +got):\n%s", diff)
		}
	})
}

func TestParseTrailersPassesOverWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, message := range []string{
		"", "Update nginx to 1\n", "Image-Updater-Change: a b", "Image-Updater-Change: a docker.io/library/nginx 1 => 2",
		"Image-Updater-Change: a NGINX 1 -> 2", "Image-Updater-Change: a nginx 1 -> -2", "Image-Updater-Change: a nginx 1@x -> 2",
		`Image-Updater-Change: "a nginx 1 -> 2`,
	} {
		if _, changes := plan.ParseTrailers(message); len(changes) != 0 {
			t.Errorf("ParseTrailers(%q) = %v, want none", message, changes)
		}
	}
}

func FuzzParseTrailers(f *testing.F) {
	f.Add("Image-Updater-Change: a b docker.io/library/nginx 1.25.3 -> 1.27.4@" + sha.String())
	f.Add("Image-Updater-Policy: x\r\nImage-Updater-Change: \"\\n\" nginx (none) -> 1")
	f.Fuzz(func(t *testing.T, message string) {
		_, changes := plan.ParseTrailers(message)
		for _, c := range changes {
			if c.Image.Path == "" || c.To != "" && !image.IsTag(c.To) {
				t.Fatalf("read %+v", c)
			}
		}
	})
}
