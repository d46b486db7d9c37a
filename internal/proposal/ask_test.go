package proposal_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/proposal"
)

// Nothing is asked that is not needed: a question is a request to a forge, or a fetch from Git.
func TestAsks(t *testing.T) {
	t.Parallel()
	const pulls, commits, branch, open, links, same = proposal.AskPulls, proposal.AskCommits, proposal.AskBranch, proposal.AskOpened, proposal.AskLinks, proposal.AskSame
	settled := func(w *world) {
		w.settings.Settle = time.Hour
		w.files["a.yaml"] += "@" + sha.String()
		w.digest("a.yaml", newSHA.String(), w.now.Add(-time.Hour))
	}
	for _, test := range []struct {
		name  string
		world func(w *world)
		want  []proposal.Ask
	}{
		{name: "nothing wanted, nothing there"},
		{name: "first", world: first, want: []proposal.Ask{pulls, links}},
		{name: "first, with a limit", world: func(w *world) { first(w); w.settings.MaxOpen = 3 }, want: []proposal.Ask{pulls, open, links}},
		{name: "a limit is for new ones", world: func(w *world) { opens(w); w.settings.MaxOpen = 3 }, want: []proposal.Ask{pulls, branch}},
		{name: "nothing has happened", world: opens},
		{name: "nothing has happened for nearly an hour", world: func(w *world) { opens(w); w.now = w.now.Add(time.Hour - 1) }},
		{name: "an hour is over since the last look, not since the last pass", world: func(w *world) {
			opens(w)
			w.now = w.now.Add(time.Hour / 2)
			w.pass(all)
			w.now = w.now.Add(time.Hour / 2)
		}, want: []proposal.Ask{pulls, branch}},
		{name: "an hour is over", world: func(w *world) { opens(w); w.later() }, want: []proposal.Ask{pulls, branch}},
		{name: "the clock was turned back", world: func(w *world) { opens(w); w.now = w.now.Add(-1) }, want: []proposal.Ask{pulls, branch}},
		{name: "newer", world: func(w *world) { opens(w); w.want["a.yaml"] = "3.0" }, want: []proposal.Ask{pulls, branch, links}},
		{name: "base moved", world: func(w *world) { opens(w); w.baseTip++ }, want: []proposal.Ask{pulls, branch}},
		{name: "another setting", world: func(w *world) { opens(w); w.settings.Draft = true }, want: []proposal.Ask{pulls, branch}},
		{name: "memory lost", world: func(w *world) { opens(w); w.memory = proposal.Memory{} }, want: []proposal.Ask{pulls, branch}},
		{name: "frozen", world: func(w *world) { opens(w); w.label(proposal.LabelHold) }, want: []proposal.Ask{pulls}},
		{name: "closed", world: func(w *world) { opens(w); w.close("ann"); w.later() }, want: []proposal.Ask{pulls, branch}},
		{name: "closed, and its text is gone", world: func(w *world) { opens(w); w.close("ann"); w.pulls[0].Body = ""; w.later() },
			want: []proposal.Ask{pulls, commits, branch}},
		{name: "a digest settles", world: func(w *world) {
			w.settings.Settle = time.Hour
			w.files["a.yaml"] += "@" + sha.String()
			w.digest("a.yaml", newSHA.String(), w.now)
		}},
		{name: "a digest has settled", world: settled, want: []proposal.Ask{same, pulls, links}},
		{name: "a digest of the same images", world: func(w *world) { settled(w); w.same = true }, want: []proposal.Ask{same}},
		{name: "the same again", world: func(w *world) { settled(w); w.same = true; w.pass(0) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if test.world != nil {
				test.world(w)
			}
			w.pass(0)
			if diff := cmp.Diff(test.want, w.asked); diff != "" {
				t.Errorf("asks (-want +got):\n%s", diff)
			}
		})
	}
}

func opens(w *world) {
	first(w)
	w.pass(all)
}

// What is kept between passes is what the next process needs.
func TestMemoryIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld()
	opens(w)
	w.close("ann")
	w.later()
	before := w.pass(all)
	data, err := json.Marshal(w.memory)
	if err != nil {
		t.Fatal(err)
	}
	w.memory = proposal.Memory{}
	if err := json.Unmarshal(data, &w.memory); err != nil {
		t.Fatal(err)
	}
	after := w.pass(all)
	if len(w.asked) > 0 || after.Outcome != before.Outcome || !slices.Equal(after.Held, before.Held) || after.Detail != before.Detail {
		t.Errorf("asks %v, and tells %+v, want %+v", w.asked, after, before)
	}
}
