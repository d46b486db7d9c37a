package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// ours is the message of a commit of ours: PATH FROM -> TO for each change, by the policy given, or by set for none.
func ours(by *plan.Policy, changes ...string) string {
	var made []plan.Change
	for i, text := range changes {
		f := strings.Fields(text)
		c := change("web", f[0], i, nginx, "", "")
		c.Site.Tag, c.Site.Digest = parse(f[1])
		c.To, c.ToDigest = parse(f[3])
		if by != nil {
			c.PolicyHash = by.Name + " " + hashOf(*by)
		}
		made = append(made, c)
	}
	return plan.NewGroup("web", made).Message()
}

func parse(version string) (string, image.Digest) {
	tag, digest, _ := strings.Cut(version, "@")
	return tag, image.Digest(digest)
}

// hashOf is the hash that a policy writes.
func hashOf(p plan.Policy) string {
	made := plan.Make(plan.Input{Policies: []plan.Policy{p}, Now: now,
		Found: edit.Found{Sites: []edit.Site{site("x", 1, nginx, "1.0.1")}},
		Lists: map[image.Repository]plan.List{nginx: {Candidates: []policy.Candidate{{Tag: "1.0.2", Pushed: now}}}}})
	_, hash, _ := strings.Cut(made.Changes()[0].PolicyHash, " ")
	return hash
}

func TestHold(t *testing.T) {
	t.Parallel()
	of := func(s policy.Spec) plan.Policy {
		return plan.Policy{Name: "web", Image: nginx, Choice: choice(t, s), Group: "web"}
	}
	web := of(policy.Spec{})
	narrow := of(policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: "<2"}})
	newest := of(policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "pushed"}})
	patches := of(policy.Spec{Guard: policy.Guard{Bump: policy.Patch}})
	lower := of(policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: "<1.27"}, Guard: policy.Guard{Downgrade: true}})
	const byHand = "By hand"
	reverts := func(commit int) string { return fmt.Sprintf("Revert\n\nThis reverts commit %040x.", commit) }
	altered := func(message string) string { return "By a person: " + message }
	below2 := of(policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: "<2"}, Guard: policy.Guard{Downgrade: true}})
	marked := site("a.yaml", 1, nginx, "latest")
	marked.Named, marked.Policy = true, "web"
	for _, test := range []struct {
		name    string
		policy  plan.Policy
		commits []string      // messages, the oldest first; from 1 on
		later   time.Duration // than the commits
		sites   []edit.Site
		list    plan.List
		want    []string
	}{{
		name: "by the commit that reverts ours", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4"), reverts(1), byHand, byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.25.3")},
		want:    []string{"web held a.yaml:1: 1.27.4 is held by Person 2, 0000000, until a newer one comes"},
	}, {
		name: "by the only other commit since", policy: web, list: list("1.27.4"),
		commits: []string{byHand, ours(&web, "a.yaml 1.25.3 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.26.0")},
		want:    []string{"web held a.yaml:1: 1.27.4 is held by Person 3, 0000000, until a newer one comes"},
	}, {
		name: "by one of two", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4"), byHand, byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.26.0")},
		want:    []string{"web held a.yaml:1: 1.27.4 is held by Person 3, 0000000 or the commit before it, until a newer one comes"},
	}, {
		name: "by nobody", policy: web, list: list("1.27.4"),
		commits: []string{byHand, ours(&web, "a.yaml 1.25.3 -> 1.27.4")},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.26.0")},
		want:    []string{"a.yaml:1 1.26.0 -> 1.27.4"},
	}, {
		name: "an older one is held, too", policy: web, list: list("1.26.5"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.25.3")},
		want:    []string{"web held a.yaml:1: 1.26.5 is held by Person 2, 0000000, until a newer one comes"},
	}, {
		name: "another file and another image are not held", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.27.4"), site("b.yaml", 1, nginx, "1.25.3")},
		want:    []string{"b.yaml:1 1.25.3 -> 1.27.4"},
	}, {
		name: "one of two references in a file", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4", "a.yaml 1.25.3 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.25.3"), site("a.yaml", 9, nginx, "1.27.4")},
		want:    []string{"web held a.yaml:1: 1.27.4 is held by Person 2, 0000000, until a newer one comes"},
	}, {
		name: "one of two references that were written one after the other", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4"), ours(&web, "a.yaml 1.25.3 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.25.3"), site("a.yaml", 9, nginx, "1.27.4")},
		want:    []string{"web held a.yaml:1: 1.27.4 is held by Person 3, 0000000, until a newer one comes"},
	}, {
		name: "two references, one reverted twice", policy: web, list: list("1.28.0"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4", "a.yaml 1.25.3 -> 1.27.4"), byHand,
			ours(&web, "a.yaml 1.25.3 -> 1.28.0", "a.yaml 1.27.4 -> 1.28.0"), byHand},
		sites: []edit.Site{site("a.yaml", 1, nginx, "1.27.4"), site("a.yaml", 9, nginx, "1.28.0")},
		want:  []string{"web held a.yaml:1: 1.28.0 is held by Person 4, 0000000, until a newer one comes"},
	}, {
		name: "two references that go different ways", policy: patches, list: list("1.25.10", "1.27.5"),
		commits: []string{ours(&patches, "a.yaml 1.25.3 -> 1.25.9"), ours(&patches, "a.yaml 1.27.0 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.25.9"), site("a.yaml", 9, nginx, "1.27.4")},
		want:    []string{"a.yaml:1 1.25.9 -> 1.25.10", "a.yaml:9 1.27.4 -> 1.27.5"},
	}, {
		name: "a reference that was added to the file is not held", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.27.4"), site("a.yaml", 9, nginx, "1.25.3")},
		want:    []string{"a.yaml:9 1.25.3 -> 1.27.4"},
	}, {
		name: "back to no version, by a reference that is named", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml latest -> 1.27.4"), byHand},
		sites:   []edit.Site{marked},
		want:    []string{"web held a.yaml:1: 1.27.4 is held by Person 2, 0000000, until a newer one comes"},
	}, {
		name: "the policy has changed since", policy: narrow, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.25.3")},
		want:    []string{"a.yaml:1 1.25.3 -> 1.27.4"},
	}, {
		name: "the policy had changed before, and has written since", policy: narrow, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4"), ours(&narrow, "b.yaml 1.25.3 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.25.3")},
		want:    []string{"web held a.yaml:1: 1.27.4 is held by Person 3, 0000000, until a newer one comes"},
	}, {
		name: "a way down that the policy has gone itself", policy: lower, list: list("1.26.1"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4"), ours(&lower, "a.yaml 1.27.4 -> 1.26.0"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.26.0")},
		want:    []string{"a.yaml:1 1.26.0 -> 1.26.1"},
	}, {
		name: "a way back by set, then another one", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4"), ours(nil, "a.yaml 1.27.4 -> 1.25.3"), ours(nil, "a.yaml 1.25.3 -> 1.26.0")},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.26.0")},
		want:    []string{"web held a.yaml:1: 1.27.4 is held by Person 3, 0000000, until a newer one comes"},
	}, {
		name: "set goes on, and a person follows", policy: web, list: list("1.27.5"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.26.0"), ours(nil, "a.yaml 1.26.0 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.27.4")},
		want:    []string{"a.yaml:1 1.27.4 -> 1.27.5"},
	}, {
		name: "a way down that is taken back", policy: below2, list: list("1.2.0", "2.0.0"),
		commits: []string{ours(&below2, "a.yaml 2.0.0 -> 1.2.0"), reverts(1)},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "2.0.0")},
		want:    []string{"web held a.yaml:1: 1.2.0 is held by Person 2, 0000000, until a newer one comes"},
	}, {
		name: "a way down that is taken back by set", policy: below2, list: list("1.2.0", "2.0.0"),
		commits: []string{ours(&below2, "a.yaml 2.0.0 -> 1.2.0"), ours(nil, "a.yaml 1.2.0 -> 2.0.0")},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "2.0.0")},
		want:    []string{"web held a.yaml:1: 1.2.0 is held by Person 2, 0000000, until a newer one comes"},
	}, {
		name: "a way down that is taken back, and a newer one comes", policy: below2, list: list("1.2.1", "2.0.0"),
		commits: []string{ours(&below2, "a.yaml 2.0.0 -> 1.2.0"), reverts(1)},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "2.0.0")},
		want:    []string{"a.yaml:1 2.0.0 -> 1.2.1"},
	}, {
		name: "a way down that is taken back, and an older one is left", policy: below2, list: list("1.1.0", "2.0.0"),
		commits: []string{ours(&below2, "a.yaml 2.0.0 -> 1.2.0"), reverts(1)},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "2.0.0")},
		want:    []string{"web held a.yaml:1: 1.1.0 is held by Person 2, 0000000, until a newer one comes"},
	}, {
		name: "a revert that has taken over our message", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4"), altered(ours(&web, "a.yaml 1.25.3 -> 1.27.4"))},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.25.3")},
		want:    []string{"web held a.yaml:1: 1.27.4 is held by Person 2, 0000000, until a newer one comes"},
	}, {
		name: "a revert that has taken over an older message", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.26.0"), ours(&web, "a.yaml 1.26.0 -> 1.27.4"),
			altered(ours(&web, "a.yaml 1.25.3 -> 1.26.0"))},
		sites: []edit.Site{site("a.yaml", 1, nginx, "1.25.3")},
		want:  []string{"web held a.yaml:1: 1.27.4 is held by Person 3, 0000000, until a newer one comes"},
	}, {
		name: "a branch that was changed as it was merged", policy: web, list: list("1.27.4"),
		commits: []string{byHand, altered(ours(&web, "a.yaml 1.25.3 -> 1.27.4"))},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.26.0")},
		want:    []string{"web held a.yaml:1: 1.27.4 is held by Person 2, 0000000, until a newer one comes"},
	}, {
		name: "a branch that was merged as one commit", policy: web, list: list("1.27.5"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.26.0"), byHand, altered(ours(&web, "a.yaml 1.25.3 -> 1.27.4"))},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.27.4")},
		want:    []string{"a.yaml:1 1.27.4 -> 1.27.5"},
	}, {
		name: "in what came in with another merge", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "a.yaml 1.25.3 -> 1.27.4"), altered(ours(&web, "b.yaml 1.25.3 -> 1.27.4"))},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "1.26.0")},
		want:    []string{"web held a.yaml:1: 1.27.4 is held by Person 2, 0000000, until a newer one comes"},
	}, {
		name: "a file that was moved", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "old/a.yaml 1.25.3 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("new/a.yaml", 1, nginx, "1.25.3"), site("new/b.yaml", 1, nginx, "1.25.3")},
		want: []string{"new/b.yaml:1 1.25.3 -> 1.27.4",
			"web held new/a.yaml:1: 1.27.4 is held by Person 2, 0000000, until a newer one comes; taken back in old/a.yaml, which is gone"},
	}, {
		name: "a file that was moved, and its reference to what never stood there", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "old/a.yaml 1.25.3 -> 1.27.4"), byHand, byHand},
		sites:   []edit.Site{site("new/a.yaml", 1, nginx, "1.26.0"), site("newer/a.yaml", 1, nginx, "1.28.0")},
		want: []string{"web held new/a.yaml:1: 1.27.4 is held by Person 3, 0000000 or the commit before it, until a newer one comes; " +
			"taken back in old/a.yaml, which is gone"},
	}, {
		name: "a file that looks like one that is gone for long", policy: web, list: list("1.27.4"), later: 30 * 24 * time.Hour,
		commits: []string{ours(&web, "old/a.yaml 1.25.3 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("new/a.yaml", 1, nginx, "1.25.3")},
		want:    []string{"new/a.yaml:1 1.25.3 -> 1.27.4"},
	}, {
		name: "a file that was moved after a revert, by another name", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "old/a.yaml 1.25.3 -> 1.27.4"), reverts(1)},
		sites:   []edit.Site{site("new/b.yaml", 1, nginx, "1.25.3"), site("new/c.yaml", 1, nginx, "1.25.4")},
		want: []string{"new/c.yaml:1 1.25.4 -> 1.27.4", "web held new/b.yaml:1: 1.27.4 is held by Person 2, 0000000, until a newer one comes; " +
			"taken back in old/a.yaml, which is gone"},
	}, {
		name: "a file that was moved after a revert, long ago", policy: web, list: list("1.27.4"), later: 300 * 24 * time.Hour,
		commits: []string{ours(&web, "old/a.yaml 1.25.3 -> 1.27.4"), reverts(1)},
		sites:   []edit.Site{site("new/a.yaml", 1, nginx, "1.25.3"), site("new/b.yaml", 1, nginx, "1.25.3")},
		want: []string{"new/b.yaml:1 1.25.3 -> 1.27.4", "web held new/a.yaml:1: 1.27.4 is held by Person 2, 0000000, until a newer one comes; " +
			"taken back in old/a.yaml, which is gone"},
	}, {
		name: "a file that was copied", policy: web, list: list("1.27.4"),
		commits: []string{ours(&web, "old/a.yaml 1.25.3 -> 1.27.4"), byHand},
		sites:   []edit.Site{site("new/a.yaml", 1, nginx, "1.25.3"), site("old/a.yaml", 1, api, "1.25.3")},
		want:    []string{"new/a.yaml:1 1.25.3 -> 1.27.4"},
	}, {
		name: "by times, and what was taken back is gone", policy: newest,
		list: plan.List{Candidates: []policy.Candidate{
			{Tag: "old", Pushed: time.Unix(10, 0)}, {Tag: "mid", Pushed: time.Unix(20, 0)}}},
		commits: []string{ours(&newest, "a.yaml old -> bad"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "old")},
		want:    []string{"web held a.yaml:1: mid is held by Person 2, 0000000, until a newer one comes"},
	}, {
		name: "by times, and a newer one comes", policy: newest,
		list: plan.List{Candidates: []policy.Candidate{
			{Tag: "old", Pushed: time.Unix(10, 0)}, {Tag: "good", Pushed: time.Unix(2_000, 0)}}},
		commits: []string{ours(&newest, "a.yaml old -> bad"), byHand},
		sites:   []edit.Site{site("a.yaml", 1, nginx, "old")},
		want:    []string{"a.yaml:1 old -> good"},
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var commits []plan.Commit
			for i, message := range test.commits {
				n := i + 1
				commits = append([]plan.Commit{{ID: fmt.Sprintf("%040x", n), Maker: fmt.Sprintf("Person %d", n),
					When: time.Unix(int64(1000*n), 0), Message: message, Made: strings.HasPrefix(message, "Update ")}}, commits...)
			}
			gists := slices.Clone(commits)
			for i, c := range gists {
				gists[i].Message = plan.Gist(c.Message)
			}
			for what, past := range map[string][]plan.Commit{"messages": commits, "gists": gists} {
				made := plan.Make(plan.Input{Policies: []plan.Policy{test.policy}, Found: edit.Found{Sites: test.sites},
					Lists: map[image.Repository]plan.List{nginx: test.list}, Past: plan.NewPast(past),
					Now: time.Unix(10_000, 0).Add(test.later)})
				if diff := cmp.Diff(test.want, heldAndChanged(made)); diff != "" {
					t.Errorf("plan by %s (-want +got):\n%s\nproblems %v", what, diff, made.Problems)
				}
			}
		})
	}
}

// What two policies write to one file by its lines is not mixed up.
func TestHoldOfTwoPolicies(t *testing.T) {
	t.Parallel()
	newest := plan.Policy{Name: "new", Image: nginx, Choice: choice(t, policy.Spec{}), Group: "all"}
	oldest := plan.Policy{Name: "old", Image: nginx, Group: "all",
		Choice: choice(t, policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: "<1.2"}})}
	by := func(p plan.Policy, line int, from, to string) plan.Change {
		c := change(p.Name, "a.yaml", line, nginx, from, to)
		c.PolicyHash = p.Name + " " + hashOf(p)
		return c
	}
	message := func(changes ...plan.Change) string { return plan.NewGroup("all", changes).Message() }
	first := []plan.Change{by(newest, 1, "1.0.0", "1.2.0"), by(oldest, 2, "1.0.0", "1.1.0")}
	// earlier puts the policies before all the changes, as it used to be.
	earlier := strings.Replace(strings.Replace(message(first...), "Image-Updater-Policy: old\n", "", 1),
		"Image-Updater-Policy: new\n", "Image-Updater-Policy: new\nImage-Updater-Policy: old\n", 1)
	renamed := strings.ReplaceAll(message(first...), ": new\n", ": newest\n")
	for _, test := range []struct {
		name    string
		commits []string // the oldest first
		tags    [2]string
		want    []string
	}{{
		name: "each in a commit of its own", tags: [2]string{"1.1.0", "1.0.0"}, commits: []string{message(first[0]), message(first[1])},
		want: []string{"new held a.yaml:1: 1.2.0", "old held a.yaml:2: 1.1.0"},
	}, {
		name: "both in one commit", tags: [2]string{"1.1.0", "1.0.0"}, commits: []string{message(first...)},
		want: []string{"new held a.yaml:1: 1.2.0", "old held a.yaml:2: 1.1.0"},
	}, {
		name: "both in one commit of an earlier version", tags: [2]string{"1.1.0", "1.0.0"}, commits: []string{earlier},
		want: []string{"new held a.yaml:1: 1.2.0", "old held a.yaml:2: 1.1.0"},
	}, {
		name: "one of them", tags: [2]string{"1.1.0", "1.1.0"}, commits: []string{message(first...)},
		want: []string{"new held a.yaml:1: 1.2.0"},
	}, {
		name: "the other one", tags: [2]string{"1.2.0", "1.0.0"}, commits: []string{message(first...)},
		want: []string{"old held a.yaml:2: 1.1.0"},
	}, {
		name: "one that was renamed since", tags: [2]string{"1.1.0", "1.1.0"}, commits: []string{renamed},
		want: []string{"new held a.yaml:1: 1.2.0"},
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			commits := []plan.Commit{{ID: "ff", Maker: "Ann", Message: "Back"}}
			for i, m := range test.commits {
				commits = slices.Insert(commits, 1, plan.Commit{ID: fmt.Sprint(i), Message: m, Made: true})
			}
			sites := []edit.Site{site("a.yaml", 1, nginx, test.tags[0]), site("a.yaml", 2, nginx, test.tags[1])}
			sites[0].Policy, sites[1].Policy = "new", "old"
			made := plan.Make(plan.Input{Policies: []plan.Policy{newest, oldest}, Found: edit.Found{Sites: sites}, Now: now,
				Lists: map[image.Repository]plan.List{nginx: list("1.0.0", "1.1.0", "1.2.0")}, Past: plan.NewPast(commits)})
			var want []string
			for _, line := range test.want {
				want = append(want, line+" is held by Ann, ff, until a newer one comes")
			}
			if diff := cmp.Diff(want, heldAndChanged(made)); diff != "" {
				t.Errorf("plan (-want +got):\n%s\nproblems %v", diff, made.Problems)
			}
		})
	}
}

// heldAndChanged renders the changes of a plan, and what it holds after a revert.
func heldAndChanged(p plan.Plan) []string {
	var lines []string
	for _, c := range p.Changes() {
		lines = append(lines, fmt.Sprintf("%s:%d %s -> %s", c.Site.Path, c.Site.Line, c.Site.Tag, c.To))
	}
	for _, held := range p.Held {
		if held.Rule == policy.RuleHeld {
			lines = append(lines, fmt.Sprintf("%s %s %s", held.Policy, held.Rule, held.Detail))
		}
	}
	return lines
}

// The commits tell of changes only where something was written before.
func TestPastTells(t *testing.T) {
	t.Parallel()
	past := plan.NewPast([]plan.Commit{{Message: ours(nil, "a.yaml 1.25.3 -> 1.27.4")}})
	a, b := change("web", "a.yaml", 7, nginx, "1.25.3", "1.27.4"), change("web", "a.yaml", 7, api, "1.25.3", "1.27.4")
	if !past.Tells([]plan.Change{a}) || past.Tells([]plan.Change{a, b}) {
		t.Error("it tells of what was not written, or does not of what was")
	}
}
