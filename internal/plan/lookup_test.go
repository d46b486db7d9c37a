package plan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// digested renders what a plan lacks, writes and holds, digests included.
func digested(p plan.Plan) []string {
	var lines []string
	for _, m := range p.Missing {
		chosen := ""
		if m.Chosen {
			chosen = ", to be written"
		}
		if m.Confirm {
			chosen += " and confirmed"
		}
		lines = append(lines, fmt.Sprintf("missing %s of %s%s", m.Facts, m.Tag, chosen))
	}
	for _, c := range p.Changes() {
		lines = append(lines, fmt.Sprintf("%s@%s -> %s@%s", c.Site.Tag, c.Site.Digest.Short(), c.To, c.ToDigest.Short()))
	}
	for _, h := range p.Held {
		until := ""
		if !h.Until.IsZero() {
			until = " until " + h.Until.Format(time.RFC3339)
		}
		lines = append(lines, "held "+string(h.Rule)+until)
	}
	for _, problem := range p.Problems {
		lines = append(lines, fmt.Sprintf("problem: %v", problem.Err))
	}
	return lines
}

func TestLookUps(t *testing.T) {
	t.Parallel()
	follow := policy.Spec{Select: policy.Select{Kind: policy.FollowDigest, Arg: "stable"}}
	aged := policy.Spec{Guard: policy.Guard{MinAge: 72 * time.Hour}}
	pushed := policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "pushed"}}
	followAged := policy.Spec{Select: follow.Select, Guard: aged.Guard}
	asked := func(tag string, facts image.Facts) map[string]plan.Look {
		return map[string]plan.Look{tag: {Asked: facts, Confirmed: true}}
	}
	plain, pinned := site("a.yaml", 1, nginx, "1.25.3"), site("a.yaml", 1, nginx, "1.25.3")
	pinned.Digest = sha
	stable, stablePinned := site("a.yaml", 1, nginx, "stable"), site("a.yaml", 1, nginx, "stable")
	stablePinned.Digest = sha
	old, moved := policy.Candidate{Tag: "1.25.3"}, policy.Candidate{Tag: "1.25.3", Digest: newSHA}
	next, nextDigest := policy.Candidate{Tag: "1.27.4"}, policy.Candidate{Tag: "1.27.4", Digest: newSHA}
	const digestPart = "@sha256:0a0a0a0a0a0a"
	const newDigestPart = "@sha256:1b1b1b1b1b1b"
	for _, test := range []struct {
		name string
		spec policy.Spec
		pin  bool
		site edit.Site
		list plan.List
		want []string
	}{{
		name: "a reference without a digest needs none",
		site: plain, list: plan.List{Candidates: []policy.Candidate{old, next}},
		want: []string{"1.25.3@ -> 1.27.4@"},
	}, {
		name: "one with a digest needs that of the new tag",
		site: pinned, list: plan.List{Candidates: []policy.Candidate{old, next}},
		want: []string{"missing digest of 1.27.4, to be written and confirmed"},
	}, {
		name: "and gets it",
		site: pinned, list: plan.List{Candidates: []policy.Candidate{old, nextDigest}, Looked: asked("1.27.4", image.DigestFact)},
		want: []string{"1.25.3" + digestPart + " -> 1.27.4" + newDigestPart},
	}, {
		name: "a tag that stays is left alone, also when it was pushed again",
		site: pinned, pin: true, list: plan.List{Candidates: []policy.Candidate{moved}},
	}, {
		name: "pin adds the digest of a new tag",
		site: plain, pin: true, list: plan.List{Candidates: []policy.Candidate{old, nextDigest}},
		want: []string{"1.25.3@ -> 1.27.4" + newDigestPart},
	}, {
		name: "pin wants the digest of a tag that stays",
		site: plain, pin: true, list: plan.List{Candidates: []policy.Candidate{old}},
		want: []string{"missing digest of 1.25.3, to be written and confirmed"},
	}, {
		name: "and adds it",
		site: plain, pin: true, list: plan.List{Candidates: []policy.Candidate{moved}},
		want: []string{"1.25.3@ -> 1.25.3" + newDigestPart},
	}, {
		name: "a tag that stays and is no more has no digest to add",
		site: plain, pin: true, list: plan.List{Looked: asked("1.25.3", image.DigestFact)},
		want: []string{"held not-found"},
	}, {
		name: "a digest that may not be asked for is waited for",
		site: plain, pin: true, list: plan.List{Looked: asked("1.27.4", image.DigestFact),
			Candidates: []policy.Candidate{old, {Tag: "1.27.4", NoQuotaUntil: now.Add(time.Hour)}}},
		want: []string{"held quota until 2026-11-21T11:00:00Z"},
	}, {
		name: "what is left alone is not looked up",
		site: site("a.yaml", 1, nginx, "latest"), pin: true, spec: aged, list: plan.List{Candidates: []policy.Candidate{{Tag: "latest"}, next}},
		want: []string{"held not-a-version"},
	}, {
		name: "a list from elsewhere is confirmed before it is written",
		site: plain, list: plan.List{Candidates: []policy.Candidate{old, nextDigest}, SecondHand: true},
		want: []string{"missing digest of 1.27.4, to be written and confirmed"},
	}, {
		name: "once",
		site: plain, list: plan.List{Candidates: []policy.Candidate{old, nextDigest}, SecondHand: true, Looked: asked("1.27.4", image.DigestFact)},
		want: []string{"1.25.3@ -> 1.27.4@"},
	}, {
		name: "a list from elsewhere that changes nothing needs no confirmation",
		site: plain, list: plan.List{Candidates: []policy.Candidate{old}, SecondHand: true},
	}, {
		name: "a tag that was never seen is looked at, and waits until then",
		site: plain, spec: aged, list: plan.List{Candidates: []policy.Candidate{old, next}},
		want: []string{"missing digest of 1.27.4"},
	}, {
		name: "a tag that could not be looked at in this pass waits",
		site: plain, spec: aged, list: plan.List{Candidates: []policy.Candidate{old, next}, Looked: map[string]plan.Look{"1.27.4": {Waived: image.DigestFact}}},
		want: []string{"held min-age"},
	}, {
		name: "a tag whose age runs from an earlier look is looked at again before it is written",
		site: plain, spec: aged, list: plan.List{Candidates: []policy.Candidate{old, {Tag: "1.27.4", FirstSeen: now.Add(-72 * time.Hour)}}},
		want: []string{"missing digest of 1.27.4, to be written and confirmed"},
	}, {
		name: "but not while it waits",
		site: plain, spec: aged, list: plan.List{Candidates: []policy.Candidate{old, {Tag: "1.27.4", FirstSeen: now.Add(-time.Hour)}}},
		want: []string{"held min-age until 2026-11-24T09:00:00Z"},
	}, {
		name: "one whose age runs from its push is not",
		site: plain, spec: aged, list: plan.List{Candidates: []policy.Candidate{old, {Tag: "1.27.4", Pushed: now.Add(-72 * time.Hour)}}},
		want: []string{"1.25.3@ -> 1.27.4@"},
	}, {
		name: "a look-up that failed stops what needs it",
		site: plain, spec: aged, list: plan.List{Candidates: []policy.Candidate{old, next}, Looked: map[string]plan.Look{
			"1.27.4": {Asked: image.DigestFact, Err: errors.New("cut off")}}},
		want: []string{"problem: cut off"},
	}, {
		name: "and nothing else",
		site: plain, list: plan.List{Candidates: []policy.Candidate{old, next}, Looked: map[string]plan.Look{
			"1.25.3": {Asked: image.DigestFact, Err: errors.New("cut off")}}},
		want: []string{"1.25.3@ -> 1.27.4@"},
	}, {
		name: "push times stand in the list or nowhere",
		site: plain, spec: pushed, list: plan.List{Candidates: []policy.Candidate{old, next}},
		want: []string{"problem: select.newest: nothing tells when the tags of docker.io/library/nginx were pushed; " +
			"select.newest: created goes by when they were built"},
	}, {
		name: "also when they do for tags that are not meant",
		site: plain, spec: policy.Spec{Select: pushed.Select, Match: "^1"}, list: plan.List{Candidates: []policy.Candidate{
			old, next, {Tag: "edge", Pushed: now.Add(-time.Minute)}}},
		want: []string{"problem: select.newest: nothing tells when the tags of docker.io/library/nginx were pushed; " +
			"select.newest: created goes by when they were built"},
	}, {
		name: "the one tag with a time waits",
		site: plain, spec: policy.Spec{Select: pushed.Select, Guard: aged.Guard}, list: plan.List{Candidates: []policy.Candidate{
			old, next, {Tag: "edge", Pushed: now.Add(-time.Hour)}}},
		want: []string{"held min-age until 2026-11-24T09:00:00Z"},
	}, {
		name: "a single tag without one is passed over",
		site: plain, spec: pushed, list: plan.List{Candidates: []policy.Candidate{
			{Tag: "1.25.3", Pushed: now.Add(-time.Hour)}, next, {Tag: "edge", Pushed: now.Add(-time.Minute)}}},
		want: []string{"1.25.3@ -> edge@"},
	}, {
		name: "a followed tag is looked up without a list",
		site: stablePinned, spec: follow, pin: true, list: plan.List{Candidates: []policy.Candidate{{Tag: "stable"}}, Err: errors.New("cut off")},
		want: []string{"missing digest of stable, to be written"},
	}, {
		name: "whatever the list remembers of it",
		site: stablePinned, spec: follow, pin: true, list: plan.List{Candidates: []policy.Candidate{{Tag: "stable", Digest: sha}}},
		want: []string{"missing digest of stable, to be written"},
	}, {
		name: "and written when it has moved",
		site: stablePinned, spec: follow, pin: true, list: plan.List{Candidates: []policy.Candidate{{Tag: "stable", Digest: newSHA}}, Looked: asked("stable", image.DigestFact)},
		want: []string{"stable" + digestPart + " -> stable" + newDigestPart},
	}, {
		name: "and left alone when it has not",
		site: stablePinned, spec: follow, pin: true, list: plan.List{Candidates: []policy.Candidate{{Tag: "stable", Digest: sha}}, Looked: asked("stable", image.DigestFact)},
	}, {
		name: "and added where there was none",
		site: stable, spec: follow, pin: true, list: plan.List{Candidates: []policy.Candidate{{Tag: "stable", Digest: sha}}, Looked: asked("stable", image.DigestFact)},
		want: []string{"stable@ -> stable" + digestPart},
	}, {
		name: "a followed tag that is lost is kept",
		site: stable, spec: follow, pin: true, list: plan.List{Looked: asked("stable", image.DigestFact)},
		want: []string{"held not-found"},
	}, {
		name: "with its digest, too",
		site: stablePinned, spec: follow, pin: true, list: plan.List{Looked: asked("stable", image.DigestFact)},
		want: []string{"held not-found"},
	}, {
		name: "where another tag stands it never was, which is a problem",
		site: plain, spec: follow, pin: true, list: plan.List{Looked: asked("stable", image.DigestFact)},
		want: []string{`problem: docker.io/library/nginx has no tag "stable" to follow`},
	}, {
		name: "so it is looked up although such a reference is left alone",
		site: plain, spec: follow, pin: true, list: plan.List{Candidates: []policy.Candidate{{Tag: "stable"}}},
		want: []string{"missing digest of stable, to be written"},
	}, {
		name: "and then it is",
		site: plain, spec: follow, pin: true, list: plan.List{Candidates: []policy.Candidate{{Tag: "stable", Digest: sha}}, Looked: asked("stable", image.DigestFact)},
		want: []string{"held not-a-version"},
	}, {
		name: "an answer that may be a remembered one is confirmed before a digest is written",
		site: stablePinned, spec: follow, pin: true, list: plan.List{Candidates: []policy.Candidate{{Tag: "stable", Digest: newSHA}},
			Looked: map[string]plan.Look{"stable": {Asked: image.DigestFact}}},
		want: []string{"missing digest of stable, to be written and confirmed"},
	}, {
		name: "and with it all that was asked",
		site: plain, spec: aged, list: plan.List{Candidates: []policy.Candidate{old, {Tag: "1.27.4", Digest: newSHA, FirstSeen: now.Add(-100 * time.Hour)}},
			Looked: map[string]plan.Look{"1.27.4": {Asked: image.DigestFact | image.PlatformsFact}}},
		want: []string{"missing digest, platforms of 1.27.4, to be written and confirmed"},
	}, {
		name: "where nothing is written, it is good enough",
		site: stablePinned, spec: follow, pin: true, list: plan.List{Candidates: []policy.Candidate{{Tag: "stable", Digest: sha}},
			Looked: map[string]plan.Look{"stable": {Asked: image.DigestFact}}},
	}, {
		name: "a list that was to tell its age has to be there",
		site: stablePinned, spec: followAged, pin: true, list: plan.List{Candidates: []policy.Candidate{{Tag: "stable"}}, Err: errors.New("cut off"), Ages: true},
		want: []string{"problem: cut off"},
	}, {
		name: "and is nothing to who does not want it",
		site: stablePinned, spec: follow, pin: true, list: plan.List{Candidates: []policy.Candidate{{Tag: "stable"}}, Err: errors.New("cut off"), Ages: true},
		want: []string{"missing digest of stable, to be written"},
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			in := plan.Input{Git: "fleet", Now: now, Found: edit.Found{Sites: []edit.Site{test.site}},
				Policies: []plan.Policy{{Name: "p", Image: nginx, Choice: choice(t, test.spec), Pin: test.pin, Group: "p"}},
				Lists:    map[image.Repository]plan.List{nginx: test.list}}
			if diff := cmp.Diff(test.want, digested(plan.Make(in))); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// Two references that lack different things of one tag lack them together.
func TestLackedOnce(t *testing.T) {
	t.Parallel()
	pinned := site("web/a.yaml", 1, nginx, "1.25.3")
	pinned.Digest = sha
	in := plan.Input{Git: "fleet", Now: now,
		Policies: []plan.Policy{
			{Name: "web", Image: nginx, Choice: choice(t, policy.Spec{}), Group: "web", Paths: edit.Paths{"web/**"}},
			{Name: "db", Image: nginx, Choice: choice(t, policy.Spec{Guard: policy.Guard{
				Platforms: []image.Platform{{OS: "linux", Architecture: "arm64"}}}}), Group: "db", Paths: edit.Paths{"db/**"}},
		},
		Found: edit.Found{Sites: []edit.Site{site("db/a.yaml", 1, nginx, "1.25.3"), pinned}},
		Lists: map[image.Repository]plan.List{nginx: list("1.25.3", "1.27.4")},
	}
	want := []plan.Missing{{Image: nginx, Tag: "1.27.4", Facts: image.DigestFact | image.PlatformsFact, Chosen: true, Confirm: true}}
	if diff := cmp.Diff(want, plan.Make(in).Missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

// What waits for many references is held back once, and a message does not name a long queue.
func TestQueues(t *testing.T) {
	t.Parallel()
	l := list("1.25.3", "1.25.4", "1.26.0")
	for i := range 5 {
		l.Candidates = append(l.Candidates, policy.Candidate{Tag: fmt.Sprintf("1.27.%d", i), Pushed: now.Add(-time.Hour)})
	}
	l.Candidates[2].Pushed = now.Add(-100 * time.Hour)
	in := plan.Input{Git: "fleet", Now: now,
		Policies: []plan.Policy{{Name: "web", Image: nginx, Choice: choice(t, policy.Spec{Guard: policy.Guard{MinAge: 72 * time.Hour}}), Group: "web"}},
		Found:    edit.Found{Sites: []edit.Site{site("a.yaml", 1, nginx, "1.25.3"), site("b.yaml", 1, nginx, "1.25.4")}},
		Lists:    map[image.Repository]plan.List{nginx: l},
	}
	made := plan.Make(in)
	if len(made.Held) != 5 || len(made.Changes()) != 2 {
		t.Fatalf("%d held, %d changes, want 5 and 2", len(made.Held), len(made.Changes()))
	}
	message := made.Groups[0].Message()
	if strings.Count(message, " waits: ") != 3 || !strings.Contains(message, "\n1.27.4 waits: ") || !strings.Contains(message, "\n2 more wait.\n") {
		t.Errorf("message:\n%s", message)
	}
}
