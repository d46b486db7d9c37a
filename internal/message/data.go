package message

import (
	"fmt"
	"slices"
	"strings"
)

// Commit is what a template is given. All of its texts are of one line, but for Body.
type Commit struct {
	Git      string   // the name of the Git repository
	Branch   string   // the branch that is pushed to
	Group    string   // what write.group makes of it: a policy, the Git repository or a name; of squashed ones the first
	Images   []string // as people write them (nginx, ghcr.io/acme/api), sorted, each once
	Policies []string // sorted, each once; none where the command set writes what no policy governs
	Changes  []Change // by file and line
	Subject  string   // what is written without a template
	Body     string   // the same, without the trailers
}

// Change is one reference that is changed.
type Change struct {
	Policy     string // "" where the command set writes what no policy governs
	File       string
	Line       int
	Image      string // as people write it
	From, To   string // tags; "" for none
	FromDigest string // sha256:...; "" for none
	ToDigest   string
	Reason     string // why the policy took the tag; "" from the command set
}

// String returns the change as a body without a template lists it.
func (c Change) String() string {
	return fmt.Sprintf("%s:%d: %s %s -> %s", c.File, c.Line, c.Image, Version(c.From, c.FromDigest), Version(c.To, c.ToDigest))
}

// None stands for a reference without tag and digest. No tag can be spelled like it.
const None = "(none)"

// Version writes a tag and a digest as a reference does: "1.27.4", "1.27.4@sha256:...", or [None].
func Version(tag, digest string) string {
	switch {
	case tag == "" && digest == "":
		return None
	case digest == "":
		return tag
	}
	return tag + "@" + digest
}

// Distinct returns the values that are not empty, sorted, each once.
func Distinct(values []string) []string {
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	slices.Sort(values)
	return slices.Compact(values)
}

// sample is a commit as there may be one, for a template to be tried with.
type sample struct {
	what   string
	commit Commit
}

// samples returns the kinds of commits that there are.
func samples(git, branch string) []sample {
	var (
		before = "sha256:" + strings.Repeat("1f", 32)
		after  = "sha256:" + strings.Repeat("2e", 32)
		why    = "the best of 2 allowed tags"
		nginx  = Change{Policy: "web", File: "apps/web.yaml", Line: 7, Image: "nginx", From: "1.25.3", To: "1.27.4", Reason: why}
		second = Change{Policy: "web", File: "apps/web.yaml", Line: 12, Image: "nginx", From: "1.25.3", To: "1.27.4", Reason: why}
		api    = Change{Policy: "api", File: "apps/a b.yaml", Line: 3, Image: "ghcr.io/acme/api", To: "2.1.0", ToDigest: after, Reason: why}
		redis  = Change{Policy: "cache", File: `"apps/\n.yaml"`, Line: 1, Image: "redis", From: "7.0.0", FromDigest: before, To: "7.2.0", ToDigest: after}
		stable = Change{Policy: "base", File: "Dockerfile", Line: 1, Image: "debian", From: "stable", FromDigest: before, To: "stable", ToDigest: after,
			Reason: "the policy follows it"}
		told = Change{File: ".env", Line: 2, Image: "ghcr.io/acme/api", From: "2.1.0", To: "2.2.0"}
	)
	return []sample{
		newSample("one change", git, branch, "web", "Update nginx to 1.27.4", nginx),
		newSample("changes of several images", git, branch, git, "Update 3 images", api, redis, nginx, second),
		newSample("a change of a digest alone", git, branch, "base", "Update debian to stable@sha256:2e2e2e2e2e2e", stable),
		newSample("what the command set writes without a policy", git, branch, git, "Update ghcr.io/acme/api to 2.2.0", told),
	}
}

func newSample(what, git, branch, group, subject string, changes ...Change) sample {
	c := Commit{Git: git, Branch: branch, Group: group, Changes: changes, Subject: subject}
	var lines []string
	for _, change := range changes {
		c.Images = append(c.Images, change.Image)
		c.Policies = append(c.Policies, change.Policy)
		lines = append(lines, "- "+change.String())
	}
	c.Images, c.Policies, c.Body = Distinct(c.Images), Distinct(c.Policies), strings.Join(lines, "\n")
	return sample{what: what, commit: c}
}
