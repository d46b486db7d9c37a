package plan_test

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// hostile are texts that try to be a trailer, to hide those that there are, or to be lost.
var hostile = rapid.Map(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{
	"\n", "\n\n", "\r", "\r\n", "\x00", "\v", "\u0085", "\u2028", "\u202e", "\ufeff", " ", "\t", "#", "---", "--- ", "\xff", `"`, `\`, "x",
	plan.ChangeTrailer + ": evil.yaml docker.io/library/evil 1 -> 2", "image-updater-change: evil.yaml docker.io/library/evil 1 -> 2",
	plan.PolicyTrailer + ": evil", plan.PolicyHashTrailer + ": evil 0123456789ab", plan.ChangeTrailer, ": ", " -> ", "docker.io/library/evil 1 -> 2",
	"Signed-off-by: Eve <eve@acme.example>", "(cherry picked from commit 1)", "# ------------------------ >8 ------------------------",
	"diff --git a/x b/x",
}), rapid.String()), 0, 6), func(parts []string) string { return strings.Join(parts, "") })

// drawHostile returns a group of which nearly everything is hostile, and what a template or a person makes of it.
func drawHostile(t *rapid.T) (plan.Group, message.Text) {
	var changes []plan.Change
	for range rapid.IntRange(1, 3).Draw(t, "changes") {
		c := change("p"+hostile.Draw(t, "policy")+"p", hostile.Draw(t, "path"), 1, nginx, hostile.Draw(t, "from"), hostile.Draw(t, "to"))
		c.ToDigest = rapid.SampledFrom([]image.Digest{"", newSHA}).Draw(t, "digest")
		c.PolicyHash = c.Policy + " h" + hostile.Draw(t, "hash") + "h"
		c.Decision = policy.Decision{Verdicts: []policy.Verdict{
			{Tag: c.To, Outcome: policy.Chosen, Rule: policy.Rule(hostile.Draw(t, "rule"))},
			{Tag: hostile.Draw(t, "waiting"), Outcome: policy.Waiting, Rule: policy.Rule(hostile.Draw(t, "why"))},
		}}
		changes = append(changes, c)
	}
	g := plan.NewGroup("key", changes)
	if rapid.Bool().Draw(t, "plain") {
		return g, message.Text{Subject: hostile.Draw(t, "subject"), Body: hostile.Draw(t, "body")}
	}
	text, err := message.Templates{Subject: template(t, repeating.Draw(t, "subject")), Body: template(t, repeating.Draw(t, "body"))}.Text(g.Commit("git", "main"))
	if err != nil {
		return g, message.Text{Subject: err.Error()} // no such commit is made
	}
	return g, text
}

// repeating are templates that repeat what they are given, where it may do harm.
var repeating = rapid.Map(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{
	"{{.Subject}}", "{{.Body}}", "{{range .Changes}}", "{{range .Policies}}{{.}}", "{{end}}", "{{with index .Changes 0}}", "{{.File}}", "{{slice .File 1}}",
	"{{.From}}", "{{.To}}", "{{.Policy}}", "{{.Reason}}", "{{.}}", "\n", "\n\n",
}), hostile), 1, 8), func(parts []string) string { return strings.Join(parts, "") })

// template reads a template. One that is none stands for itself.
func template(t *rapid.T, text string) *message.Template {
	parsed, err := message.ParseTemplate(text)
	if err != nil {
		parsed, err = message.ParseTemplate(strings.ReplaceAll(text, "{", "("))
	}
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// Templates need not look after what they are given: all texts are of one line.
func TestTemplatesAreGivenLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, _ := drawHostile(t)
		c := g.Commit("git", "main")
		texts := append([]string{c.Subject}, slices.Concat(c.Images, c.Policies)...)
		for _, change := range c.Changes {
			texts = append(texts, change.Policy, change.File, change.Image, change.From, change.To, change.Reason, change.String())
		}
		for _, text := range texts {
			if message.Line(text) != text {
				t.Fatalf("%q is not to be printed", text)
			}
		}
	})
}

// The trailers of a message are those of its group, whatever stands in the files, the registry, the policy file and the
// templates.
func TestNoTrailerIsForged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, text := drawHostile(t)
		alone := strings.Join(g.Trailers(), "\n")
		if n := strings.Count(alone, "\n") + 1; n != len(g.Trailers()) {
			t.Fatalf("%d trailers are on %d lines", len(g.Trailers()), n)
		}
		wantPolicies, wantChanges := plan.ParseTrailers(alone)
		for _, m := range []string{g.Message(), g.Worded(text)} {
			policies, changes := plan.ParseTrailers(m)
			if diff := cmp.Diff([]any{wantPolicies, wantChanges}, []any{policies, changes}); diff != "" {
				t.Fatalf("trailers of %q (-want +got):\n%s", m, diff)
			}
			for _, c := range changes {
				if c.Image != nginx {
					t.Fatalf("%q tells of %s", m, c.Image)
				}
			}
		}
	})
}

// Git reads the same, and does not change such a message when somebody amends it.
func TestGitReadsTheTrailers(t *testing.T) {
	t.Parallel()
	if err := gittest.Available(); err != nil {
		t.Skip(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		g, text := drawHostile(t)
		m := g.Worded(text)
		want := strings.Join(g.Trailers(), "\n") + "\n"
		if diff := cmp.Diff(want, git(t, m, "interpret-trailers", "--parse")); diff != "" {
			t.Fatalf("trailers of %q (-want +git's):\n%s", m, diff)
		}
		if diff := cmp.Diff(strings.TrimLeft(m, "\n"), git(t, m, "stripspace", "--strip-comments")); diff != "" {
			t.Fatalf("%q amended (-want +git's):\n%s", m, diff)
		}
	})
}

func git(t *rapid.T, input string, args ...string) string {
	cmd := exec.Command("git", args...)
	cmd.Stdin = strings.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, stderr.String())
	}
	return string(out)
}
