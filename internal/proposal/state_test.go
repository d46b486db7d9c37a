package proposal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
)

var (
	nginx  = image.Repository{Host: "docker.io", Path: "library/nginx"}
	api    = image.Repository{Host: "ghcr.io", Path: "acme/api"}
	sha    = image.Digest("sha256:" + strings.Repeat("0a", 32))
	newSHA = image.Digest("sha256:" + strings.Repeat("1b", 32))
)

// comparing looks into what the package keeps to itself.
var comparing = cmp.AllowUnexported(proposal.Changes{})

func tip(n int) string { return fmt.Sprintf("%010x%030x", n, 0) }

func trailer(path, from, to string) plan.Trailer {
	return plan.Trailer{Path: path, Image: nginx, From: from, To: to}
}

func TestStateParsesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		changes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) plan.Trailer {
			return trailer(rapid.String().Draw(t, "path"), rapid.String().Draw(t, "from"), rapid.String().Draw(t, "to"))
		}), 0, 30).Draw(t, "changes")
		s := proposal.State{
			Group: rapid.String().Draw(t, "group"), Tip: tip(rapid.IntRange(0, 1<<30).Draw(t, "tip")), Text: "0123+/ab",
			Changes: proposal.NewChanges(changes, rapid.IntRange(-5, 300).Draw(t, "most")),
		}
		line := s.Format()
		if strings.ContainsAny(line, "\"\n<>`") || strings.Contains(line, "--") {
			t.Fatalf("cannot be hidden: %q", line)
		}
		body := rapid.String().Draw(t, "before") + " " + line + " " + rapid.String().Draw(t, "after")
		got, ok := proposal.Parse(body, s.Group)
		if diff := cmp.Diff(s, got, comparing); !ok || diff != "" {
			t.Fatalf("parsed %v (-want +got):\n%s", ok, diff)
		}
		if _, ok := proposal.Parse(body, s.Group+"x"); ok {
			t.Fatal("is taken for the state of another group")
		}
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	first := proposal.State{Group: "web", Tip: tip(1), Text: "aaaaaaaa", Changes: proposal.NewChanges([]plan.Trailer{trailer("a.yaml", "1", "2")}, 100)}
	second := first
	second.Tip = tip(2)
	for _, test := range []struct {
		name, body string
		want       string // tip
	}{
		{"hidden", "Words\n\n<!-- " + first.Format() + " -->", tip(1)},
		{"as a definition", "Words\r\n\r\n[//]: # \"" + first.Format() + "\"\r\n", tip(1)},
		{"words added behind", "<!-- " + first.Format() + " -->\n\nPlease look, @ann", tip(1)},
		{"the last of two", first.Format() + "\n" + second.Format(), tip(2)},
		{"the last that is whole", first.Format() + "\n" + second.Format()[:90], tip(1)},
		{"none", "Words", ""},
		{"empty", "", ""},
		{"of another version", strings.Replace(first.Format(), ":v1", ":v2", 1), ""},
		{"of another group", strings.Replace(first.Format(), "group=web", "group=api", 1), ""},
		{"another tip", strings.Replace(first.Format(), tip(1), tip(2), 1), ""},
		{"a change less", strings.Replace(first.Format(), "changes=e8:", "changes=e8:aaaaaaaa", 1), ""},
		{"cut", first.Format()[:len(first.Format())-1], ""},
		{"folded", strings.Replace(first.Format(), " tip=", "\ntip=", 1), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, ok := proposal.Parse(test.body, "web")
			if got.Tip != test.want || ok != (test.want != "") {
				t.Errorf("parsed %v %q, want %q", ok, got.Tip, test.want)
			}
		})
	}
}

// A hash stands for the exact change and for nothing else.
func TestHash(t *testing.T) {
	t.Parallel()
	one := plan.Trailer{Path: "a.yaml", Image: nginx, From: "1", FromDigest: sha, To: "2", ToDigest: newSHA}
	other := func(with func(*plan.Trailer)) plan.Trailer {
		changed := one
		with(&changed)
		return changed
	}
	seen := map[string]bool{}
	for _, c := range []plan.Trailer{
		one,
		other(func(c *plan.Trailer) { c.Path = "b.yaml" }),
		other(func(c *plan.Trailer) { c.Image = api }),
		other(func(c *plan.Trailer) { c.From = "0" }),
		other(func(c *plan.Trailer) { c.To = "3" }),
		other(func(c *plan.Trailer) { c.FromDigest = "" }),
		other(func(c *plan.Trailer) { c.ToDigest = sha }),
		other(func(c *plan.Trailer) { c.From, c.To = "12", "" }),
	} {
		if hash := proposal.Hash(c); seen[hash] || len(hash) != 8 {
			t.Errorf("%+v has the hash %q", c, hash)
		} else {
			seen[hash] = true
		}
	}
}

// However many changes there are, they fit, and each of them is known again as long as that is possible at all.
func TestChangesFit(t *testing.T) {
	t.Parallel()
	many := make([]plan.Trailer, 2000)
	for i := range many {
		many[i] = trailer(fmt.Sprintf("apps/%d/deploy.yaml", i), "1.0", fmt.Sprintf("1.%d", i%500))
	}
	for _, test := range []struct {
		name          string
		changes, most int
		known         int
	}{
		{"exactly", 2000, 16000, 2000},
		{"without the files", 2000, 4000, 2000},
		{"shortened", 2000, 2000, 2000},
		{"cut", 2000, 400, 400},
		{"no room", 10, 3, 0},
		{"no changes", 0, 100, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := proposal.NewChanges(many[:test.changes], test.most)
			known := 0
			for _, change := range many[:test.changes] {
				if c.Has(change) {
					known++
				}
			}
			if known != test.known {
				t.Errorf("%d of %d are known again, want %d", known, test.changes, test.known)
			}
			if newer := trailer("apps/1/deploy.yaml", "1.0", "2.0"); c.Has(newer) {
				t.Error("so is what was never proposed")
			}
			line := proposal.State{Group: "web", Changes: c}.Format()
			bare := proposal.State{Group: "web"}.Format()
			if len(line)-len(bare) > test.most {
				t.Errorf("takes %d characters, want at most %d", len(line)-len(bare), test.most)
			}
		})
	}
}

func TestSaid(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text, key string
		want      bool
	}{
		{"Words\n\n<!-- image-updater:said edited-1a2b -->", "edited-1a2b", true},
		{"[//]: # \"image-updater:said edited-1a2b\"", "edited-1a2b", true},
		{"<!-- image-updater:said edited-1a2b3 -->", "edited-1a2b", false},
		{"edited-1a2b", "edited-1a2b", false},
		{"", "edited", false},
	} {
		if got := proposal.Said(test.text, test.key); got != test.want {
			t.Errorf("Said(%q, %q) is %v", test.text, test.key, got)
		}
	}
}
