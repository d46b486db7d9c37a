package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

// hour returns the time n hours after noon.
func hour(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }

// historyOf reads "TAG@HOUR" and "TAG@HOUR@DIGEST".
func historyOf(t *testing.T, text string) []policy.Candidate {
	t.Helper()
	var history []policy.Candidate
	for entry := range strings.FieldsSeq(text) {
		tag, rest, _ := strings.Cut(entry, "@")
		at, digest, _ := strings.Cut(rest, "@")
		c := policy.Candidate{Tag: tag, Digest: image.Digest(digest)}
		if at != "" {
			var n int
			if _, err := fmt.Sscan(at, &n); err != nil {
				t.Fatalf("%s: %v", entry, err)
			}
			c.Pushed, c.Created = hour(n), hour(n)
		}
		history = append(history, c)
	}
	return history
}

// steps writes a replay as its start, its updates and its end: "1.0@0 1.1@3+2 -1.1@9" is 1.0 from hour 0, 1.1 at hour 3
// after a wait of 2, and the end at hour 9.
func steps(r policy.Replay) string {
	since := func(at time.Time) int { return int(at.Sub(noon).Hours()) }
	name := func(c policy.Current) string {
		if c.Digest == "" {
			return c.Tag
		}
		return c.Tag + "@" + string(c.Digest)
	}
	all := []string{fmt.Sprintf("%s@%d", name(r.Start), since(r.Begin))}
	for _, u := range r.Updates {
		all = append(all, fmt.Sprintf("%s@%d+%d", name(u.To), since(u.At), int(u.Waited().Hours())))
	}
	return strings.Join(append(all, fmt.Sprintf("-%s@%d", r.Last.Chosen, since(r.End))), " ")
}

func TestReplay(t *testing.T) {
	t.Parallel()
	patient := policy.Guard{MinAge: 3 * time.Hour}
	for _, test := range []struct {
		name    string
		spec    policy.Spec
		current policy.Current
		history string
		since   time.Time
		want    string
	}{
		{name: "each better tag is an update", current: policy.Current{Tag: "1.0.0"},
			history: "1.0.0@0 1.0.1@1 1.0.1-alpine@2 0.9.9@3 1.1.0@4 1.1.1-rc.1@5",
			want:    "1.0.0@0 1.0.1@1+0 1.1.0@4+0 -1.1.0@5"},
		{name: "of one moment only the best", current: policy.Current{Tag: "1.0.0"},
			history: "1.0.0@0 1.0.1@1 1.0.2@1 1.0.3@1", want: "1.0.0@0 1.0.3@1+0 -1.0.3@1"},
		{name: "without a current tag the first choice is the start",
			history: "latest@0 1.0.0@1 1.0.1@2", want: "1.0.0@1 1.0.1@2+0 -1.0.1@2"},
		{name: "a tag waits for its age, and is taken between two pushes", spec: policy.Spec{Guard: patient},
			current: policy.Current{Tag: "1.0.0"}, history: "1.0.0@0 1.0.1@1 0.1.0@9",
			want: "1.0.0@0 1.0.1@4+3 -1.0.1@12"},
		{name: "a tag that is overtaken while it waits is taken all the same", spec: policy.Spec{Guard: patient},
			current: policy.Current{Tag: "1.0.0"}, history: "1.0.0@0 1.0.1@1 1.0.2@2 1.0.3@10",
			want: "1.0.0@0 1.0.1@4+3 1.0.2@5+3 1.0.3@13+3 -1.0.3@13"},
		{name: "a tag that waits behind a better one is never taken", spec: policy.Spec{Guard: patient},
			current: policy.Current{Tag: "1.0.0"}, history: "1.0.0@0 1.0.2@1 1.0.1@2", want: "1.0.0@0 1.0.2@4+3 -1.0.2@5"},
		{name: "a tag that is pushed again waits again", spec: policy.Spec{Guard: patient},
			current: policy.Current{Tag: "1.0.0"}, history: "1.0.0@0 1.0.1@1 1.0.1@2", want: "1.0.0@0 1.0.1@5+3 -1.0.1@5"},
		{name: "no reference had the current tag before its push", current: policy.Current{Tag: "1.0.5"},
			history: "1.0.0@0 1.1.0@1 1.0.5@2 1.1.1@3", want: "1.0.5@2 1.1.0@2+1 1.1.1@3+0 -1.1.1@3"},
		{name: "a current tag that the history does not have", current: policy.Current{Tag: "1.0.5"},
			history: "1.0.0@0 1.1.0@1", want: "1.0.5@0 1.1.0@1+0 -1.1.0@1"},
		{name: "since, from the best choice of then", history: "1.0.0@0 1.0.1@1 1.0.2@5", since: hour(3),
			want: "1.0.1@3 1.0.2@5+0 -1.0.2@5"},
		{name: "since, from a current tag that is behind", current: policy.Current{Tag: "1.0.0"},
			history: "1.0.0@0 1.0.1@1 1.0.2@5", since: hour(3), want: "1.0.0@3 1.0.1@3+2 1.0.2@5+0 -1.0.2@5"},
		{name: "since, before all", history: "1.0.0@0 1.0.1@1", since: hour(-5), want: "1.0.0@0 1.0.1@1+0 -1.0.1@1"},
		{name: "since, behind all", history: "1.0.0@0 1.0.1@1", since: hour(5), want: "1.0.1@5 -1.0.1@5"},
		{name: "an unusable current tag", current: policy.Current{Tag: "latest"},
			history: "latest@0 1.0.0@1 1.0.1@2", want: "latest@0 1.0.0@1+0 1.0.1@2+0 -1.0.1@2"},
		{name: "without a current tag nothing is taken while what is asked for waits", spec: policy.Spec{Guard: patient},
			history: "1.0.0-alpine@0 1.0.0@2", want: "1.0.0@5 -1.0.0@5"},
		{name: "nothing to choose", history: "latest@0", want: "@0 -@0"},
		{name: "a candidate without a time is left out", history: "1.0.0@0 1.0.1@", want: "1.0.0@0 -1.0.0@0"},
		{name: "a digest that is followed", spec: policy.Spec{Select: policy.Select{Kind: policy.FollowDigest, Arg: "16"}},
			current: policy.Current{Tag: "16"}, history: "16@0@a 17@1@b 16@2@c 16@3@c 16@4@d",
			want: "16@a@0 16@c@2+0 16@d@4+0 -16@4"},
		{name: "a digest that waits, and is replaced meanwhile",
			spec:    policy.Spec{Select: policy.Select{Kind: policy.FollowDigest, Arg: "16"}, Guard: patient},
			current: policy.Current{Tag: "16", Digest: "a"}, history: "16@0@a 16@4@b 16@5@c 16@20@a",
			want: "16@a@0 16@c@8+3 16@a@23+3 -16@23"},
		{name: "newest by time of push", spec: policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "pushed"}},
			current: policy.Current{Tag: "blue"}, history: "red@0 blue@1 green@2 red@3",
			want: "blue@1 green@2+0 red@3+0 -red@3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, history := compile(t, test.spec), historyOf(t, test.history)
			if diff := cmp.Diff(test.want, steps(p.Replay(test.current, history, test.since))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, steps(replayNaively(p, test.spec, test.current, history, test.since))); diff != "" {
				t.Errorf("naively (-want +got):\n%s", diff)
			}
		})
	}
}

// What was refused for the sake of a tag that still waited may be wanted after all, when that tag is pushed again without
// the platform that made it count.
func TestReplayOfATagThatLosesAPlatform(t *testing.T) {
	t.Parallel()
	arm, amd := image.Platform{OS: "linux", Architecture: "arm64"}, image.Platform{OS: "linux", Architecture: "amd64"}
	s := policy.Spec{Guard: policy.Guard{MinAge: 3 * time.Hour, Platforms: []image.Platform{arm}}}
	history := historyOf(t, "1.0.0-alpine@0 1.0.0@2 1.0.0@4")
	history[1].Platforms, history[2].Platforms = []image.Platform{arm}, []image.Platform{amd}
	const want = "1.0.0-alpine@4 -1.0.0-alpine@7"
	p := compile(t, s)
	if got := steps(p.Replay(policy.Current{}, history, time.Time{})); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := steps(replayNaively(p, s, policy.Current{}, history, time.Time{})); got != want {
		t.Errorf("naively %q, want %q", got, want)
	}
}

func TestReplayOfNothing(t *testing.T) {
	t.Parallel()
	r := compile(t, policy.Spec{}).Replay(policy.Current{Tag: "1.0.0"}, nil, time.Time{})
	if r.Start.Tag != "1.0.0" || !r.Begin.IsZero() || !r.End.IsZero() || len(r.Updates) > 0 || r.Last.Chosen != "1.0.0" {
		t.Errorf("got %+v", r)
	}
}

// replayNaively is what Replay promises, without its shortcuts: all tags that have been pushed, at every moment there is.
func replayNaively(p *policy.Policy, s policy.Spec, current policy.Current, history []policy.Candidate, since time.Time) policy.Replay {
	history = slices.DeleteFunc(slices.Clone(history), func(c policy.Candidate) bool { return birth(c).IsZero() })
	slices.SortFunc(history, func(a, b policy.Candidate) int { return birth(a).Compare(birth(b)) })
	for i, c := range history {
		if c.Created.Sub(birth(c)) > 24*time.Hour {
			history[i].Created = time.Time{}
		}
	}
	begin := since
	if since.IsZero() && len(history) > 0 {
		begin = birth(history[0])
	}
	same := func(c policy.Candidate) bool {
		return c.Tag == current.Tag && (c.Digest == "" || current.Digest == "" || c.Digest == current.Digest)
	}
	if i := slices.IndexFunc(history, same); i >= 0 && birth(history[i]).After(begin) {
		begin = birth(history[i])
	}
	moments := []time.Time{begin}
	for _, c := range history {
		moments = append(moments, birth(c), birth(c).Add(s.Guard.MinAge))
	}
	moments = slices.DeleteFunc(moments, func(at time.Time) bool { return at.Before(begin) })
	slices.SortFunc(moments, time.Time.Compare)
	out := policy.Replay{Start: current, Begin: begin, End: moments[len(moments)-1]}
	for i, at := range moments {
		var there []policy.Candidate
		for _, c := range history {
			if !birth(c).After(at) {
				there = append(there, c)
			}
		}
		// What Choose takes of doubles is its affair; asked for the tag alone it tells the digest.
		if i == 0 && current.Tag != "" && current.Digest == "" {
			current.Digest = digestOf(there, current.Tag)
			out.Start = current
		}
		if d := p.Choose(current, there, at); d.Changed {
			to := policy.Current{Tag: d.Chosen, Digest: d.Digest}
			if current.Tag == "" {
				out.Start, out.Begin = to, at
			} else {
				out.Updates = append(out.Updates, policy.Update{At: at, From: current, To: to, Pushed: lastPush(there, to.Tag)})
			}
			current = to
		}
	}
	out.Last = p.Choose(current, history, out.End)
	return out
}

func digestOf(candidates []policy.Candidate, tag string) image.Digest {
	p, err := policy.New(policy.Spec{Select: policy.Select{Kind: policy.Alphabetical, Arg: "ascending"}})
	if err != nil {
		panic(err)
	}
	return p.Choose(policy.Current{}, slices.DeleteFunc(slices.Clone(candidates), func(c policy.Candidate) bool { return c.Tag != tag }), noon).Digest
}

func birth(c policy.Candidate) time.Time {
	if !c.Pushed.IsZero() {
		return c.Pushed
	}
	return c.FirstSeen
}

func lastPush(candidates []policy.Candidate, tag string) time.Time {
	var last time.Time
	for _, c := range candidates {
		if c.Tag == tag && birth(c).After(last) {
			last = birth(c)
		}
	}
	return last
}

// told is all of a replay that can be seen.
func told(r policy.Replay) []string {
	all := []string{fmt.Sprint(r.Start, r.Begin, r.End)}
	for _, u := range r.Updates {
		all = append(all, fmt.Sprint(u))
	}
	return append(all, written(r.Last)...)
}

// anyHistory makes a situation whose candidates were pushed over some hours, and a time to begin at.
func anyHistory(t *rapid.T) (s situation, since time.Time) {
	s = anySituation(t)
	few := rapid.SliceOfN(anyTag(), 1, 4).Draw(t, "few tags")
	again := rapid.Bool().Draw(t, "again and again?")
	for i := range s.candidates {
		c := &s.candidates[i]
		c.NoQuotaUntil = time.Time{} // a history is read, and nothing is looked up for it
		if again {
			c.Tag = rapid.SampledFrom(few).Draw(t, "again")
		}
		c.Pushed = hour(rapid.IntRange(0, 8).Draw(t, "hour"))
		if rapid.IntRange(0, 9).Draw(t, "seen?") == 0 {
			c.Pushed = time.Time{}
		}
	}
	if rapid.IntRange(0, 2).Draw(t, "since?") == 0 {
		since = hour(rapid.IntRange(-1, 9).Draw(t, "since"))
	}
	if again && s.current.Tag != "" {
		s.current.Tag = few[0]
	}
	return s, since
}

func TestReplayIsTheNaiveOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, since := anyHistory(t)
		got := told(s.policy.Replay(s.current, s.candidates, since))
		if diff := cmp.Diff(told(replayNaively(s.policy, s.spec, s.current, s.candidates, since)), got); diff != "" {
			t.Fatalf("(-naive +got):\n%s", diff)
		}
		shuffled := rapid.Permutation(s.candidates).Draw(t, "shuffled")
		if diff := cmp.Diff(got, told(s.policy.Replay(s.current, shuffled, since))); diff != "" {
			t.Fatalf("in another order (-want +got):\n%s", diff)
		}
	})
}

func TestUpdatesOfAReplay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, since := anyHistory(t)
		r := s.policy.Replay(s.current, s.candidates, since)
		last, at := r.Start, r.Begin
		for _, u := range r.Updates {
			if u.From != last || u.At.Before(at) || u.At.Before(since) || u.At.After(r.End) {
				t.Fatalf("%+v does not follow on %v of %v", u, last, at)
			}
			if u.Pushed.After(u.At) || u.Waited() < s.spec.Guard.MinAge {
				t.Fatalf("%+v is younger than %v", u, s.spec.Guard.MinAge)
			}
			if !slices.ContainsFunc(s.candidates, func(c policy.Candidate) bool { return c.Tag == u.To.Tag && birth(c).Equal(u.Pushed) }) {
				t.Fatalf("%+v was not pushed then", u)
			}
			// Times and digests may come back, and a range may lie below the current tag.
			up := !s.spec.Guard.Downgrade && s.spec.Select.Kind != policy.Newest && s.spec.Select.Kind != policy.FollowDigest
			back := s.policy.Choose(u.To, []policy.Candidate{{Tag: u.From.Tag, Pushed: hour(-9000)}}, u.At)
			if up && back.Changed {
				t.Fatalf("%+v is a downgrade", u)
			}
			last, at = u.To, u.At
		}
		if r.Last.Chosen != last.Tag && r.Last.Changed {
			t.Fatalf("ends at %q behind %q", r.Last.Chosen, last.Tag)
		}
	})
}

func TestReplayChangesNothingItIsGiven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, since := anyHistory(t)
		before := slices.Clone(s.candidates)
		s.policy.Replay(s.current, s.candidates, since)
		if diff := cmp.Diff(before, s.candidates); diff != "" {
			t.Fatalf("the history changed:\n%s", diff)
		}
	})
}
