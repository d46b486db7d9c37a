package proposal_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/proposal"
)

const all = 1000 // actions

// step is something that happens, and what the next pass makes of it.
type step struct {
	name    string
	happens func(w *world)
	did     string // by the pass
	outcome proposal.Outcome
	held    string // rule and detail of the first that is held
	check   func(w *world) string
}

func first(w *world) { w.want["a.yaml"] = "2.0" }

var opened = step{name: "first", happens: first, did: "push create", outcome: proposal.Opened}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		world func(w *world)
		steps []step
	}{
		{name: "first", steps: []step{opened, {name: "again", outcome: proposal.Unchanged}}},
		{name: "nothing wanted", steps: []step{{name: "nothing"}}},
		{name: "extras", world: func(w *world) {
			w.settings = proposal.Settings{Labels: []string{"deps"}, Reviewers: []string{"ann"}, Assignees: []string{"bob"}, AutoMerge: true}
		}, steps: []step{
			{name: "first", happens: first, did: "push create add-labels request-review assign auto-merge", outcome: proposal.Opened},
			{name: "taken away by a person", happens: func(w *world) { w.open().Labels = nil; w.later() }, outcome: proposal.Unchanged},
		}},
		{name: "update", steps: []step{opened,
			{name: "newer", happens: func(w *world) { w.want["a.yaml"] = "2.1" }, did: "push update", outcome: proposal.Updated,
				check: func(w *world) string {
					return diff(w.open().Title, "Update nginx to 2.1") + diff(w.open().Number, 1)
				}},
		}},
		{name: "opened twice at once", steps: []step{opened,
			{name: "the first stays", happens: func(w *world) { w.double(); w.later() }, did: "comment update close", outcome: proposal.Unchanged,
				check: func(w *world) string {
					return diff(w.open().Number, 1) + diff(string(w.pulls[1].Status), "closed") + diff(len(w.pulls[1].comments), 1)
				}},
			{name: "and what was closed is not rejected", happens: func(w *world) { w.want["a.yaml"] = "2.1" }, did: "push update", outcome: proposal.Updated},
		}},
		{name: "superseded", steps: []step{opened,
			{name: "done by hand", happens: func(w *world) { w.files["a.yaml"] = "2.0"; w.baseTip++ },
				did: "comment update close delete-branch", outcome: proposal.Withdrawn, check: saying("has these versions already")},
			{name: "then nothing"},
			{name: "taken back by hand: what we closed is not rejected", happens: func(w *world) { w.files["a.yaml"] = "1.0"; w.baseTip++ },
				did: "push create", outcome: proposal.Opened},
		}},
		{name: "made needless by something newer", steps: []step{opened,
			{name: "newer by hand", happens: func(w *world) { w.files["a.yaml"] = "3.0"; w.want = nil; w.baseTip++ },
				did: "comment update close delete-branch", outcome: proposal.Withdrawn, check: saying("have changed on `main` since")},
		}},
		{name: "not wanted any more", steps: []step{opened,
			{name: "another policy", happens: func(w *world) { w.want = nil },
				did: "comment update close delete-branch", outcome: proposal.Withdrawn, check: saying("want none of these")},
		}},
		{name: "closed, then newer", steps: []step{opened,
			{name: "closed", happens: func(w *world) { w.close("ann"); w.later() }, outcome: proposal.HeldBack,
				held: "rejected a.yaml:7: 1.0 -> 2.0 is not proposed again: closed by ann in #1"},
			{name: "still", happens: (*world).later, outcome: proposal.HeldBack, held: "rejected a.yaml:7: 1.0 -> 2.0 is not proposed again: closed by ann in #1"},
			{name: "newer", happens: func(w *world) { w.want["a.yaml"] = "2.1" }, did: "push create", outcome: proposal.Opened},
			{name: "and the old one again", happens: func(w *world) { w.want["a.yaml"] = "2.0" },
				did: "comment update close delete-branch", outcome: proposal.Withdrawn, held: "rejected a.yaml:7: 1.0 -> 2.0 is not proposed again: closed by ann in #1",
				check: saying("was closed before")},
		}},
		{name: "closed by nobody known", steps: []step{opened,
			{name: "closed", happens: func(w *world) { w.close(""); w.later() }, outcome: proposal.HeldBack,
				held: "rejected a.yaml:7: 1.0 -> 2.0 is not proposed again: closed in #1"},
		}},
		{name: "closed, and its text is gone", steps: []step{opened,
			{name: "closed", happens: func(w *world) { w.close("ann"); w.pulls[0].Body = "no"; w.later() }, outcome: proposal.HeldBack,
				held: "rejected a.yaml:7: 1.0 -> 2.0 is not proposed again: closed by ann in #1"},
			{name: "the branch is gone as well", happens: func(w *world) { w.branch = nil }, did: "push create", outcome: proposal.Opened},
		}},
		{name: "closed and opened again", steps: []step{opened,
			{name: "closed", happens: func(w *world) { w.close("ann"); w.later() }, outcome: proposal.HeldBack, held: "rejected a.yaml:7: 1.0 -> 2.0 is not proposed again: closed by ann in #1"},
			{name: "opened", happens: func(w *world) { w.pulls[0].Status = proposal.Open; w.later() }, outcome: proposal.Unchanged},
		}},
		{name: "group with some rejected", steps: []step{opened,
			{name: "closed, and another change", happens: func(w *world) { w.close("ann"); w.files["b.yaml"], w.want["b.yaml"] = "1.0", "2.0" },
				did: "push create", outcome: proposal.Opened, held: "rejected a.yaml:7: 1.0 -> 2.0 is not proposed again: closed by ann in #1",
				check: func(w *world) string {
					return diff(len(w.branch.changes), 1) + diff(w.branch.changes[0].Path, "b.yaml")
				}},
			{name: "and a newer one of the first", happens: func(w *world) { w.want["a.yaml"] = "2.1" }, did: "push update", outcome: proposal.Updated,
				check: func(w *world) string { return diff(len(w.branch.changes), 2) }},
		}},
		{name: "edited by a person", steps: []step{opened,
			{name: "commit", happens: func(w *world) { w.commit("Ann"); w.want["a.yaml"] = "2.1" }, did: "comment", outcome: proposal.HeldBack,
				held: "edited edited by Ann, 0000000002", check: func(w *world) string { return diff(len(w.open().comments), 1) }},
			{name: "said once", happens: func(w *world) { w.commit("Ann"); w.want["a.yaml"] = "2.2" }, outcome: proposal.HeldBack,
				held: "edited edited by Ann, 0000000003", check: func(w *world) string { return diff(len(w.open().comments), 1) }},
			{name: "not even if nothing is wanted", happens: func(w *world) { w.want = map[string]string{} }, outcome: proposal.HeldBack,
				held: "edited edited by Ann, 0000000003"},
			{name: "rebuild", happens: func(w *world) { w.want["a.yaml"] = "2.2"; w.label(proposal.LabelRebuild) }, did: "push remove-label update",
				outcome: proposal.Updated, check: func(w *world) string { return diff(w.branch.other == nil, true) + diff(len(w.open().Labels), 0) }},
			{name: "edited again", happens: func(w *world) { w.commit("Ann"); w.later() }, did: "comment", outcome: proposal.HeldBack,
				held: "edited edited by Ann, 0000000005", check: func(w *world) string { return diff(len(w.open().comments), 2) }},
		}},
		{name: "amended", steps: []step{opened,
			{name: "amended", happens: func(w *world) { w.commit("Bob") }, did: "comment", outcome: proposal.HeldBack, held: "edited edited by Bob, 0000000002"},
		}},
		{name: "another name of ours", steps: []step{opened,
			{name: "the author of commits is another one", happens: func(w *world) {
				w.branch.other = &proposal.Commit{ID: w.branch.tip, By: "the old name"}
				w.want["a.yaml"] = "2.1"
			}, did: "push update", outcome: proposal.Updated},
		}},
		{name: "base moved", steps: []step{opened,
			{name: "elsewhere", happens: func(w *world) { w.baseTip++ }, outcome: proposal.Unchanged},
		}},
		{name: "conflict", steps: []step{opened,
			{name: "in our files", happens: func(w *world) { w.baseTip++; w.branch.stale = true }, did: "push update", outcome: proposal.Updated},
		}},
		{name: "merged", steps: []step{opened,
			{name: "merged", happens: (*world).merge, did: "delete-branch", outcome: proposal.WasMerged},
			{name: "then nothing"},
			{name: "newer", happens: func(w *world) { w.want["a.yaml"] = "2.1" }, did: "push create", outcome: proposal.Opened},
		}},
		{name: "merged and taken back, of which the commits tell nothing", steps: []step{opened,
			{name: "merged", happens: (*world).merge, did: "delete-branch", outcome: proposal.WasMerged},
			{name: "taken back", happens: func(w *world) { w.files["a.yaml"] = "1.0"; w.baseTip++ }, outcome: proposal.HeldBack,
				held: "held a.yaml:7: 1.0 -> 2.0 was merged in #1 and taken back since, so it is held until a newer one comes"},
			{name: "newer", happens: func(w *world) { w.want["a.yaml"] = "2.1" }, did: "push create", outcome: proposal.Opened},
		}},
		{name: "merged, and the forge deletes the branch", steps: []step{opened,
			{name: "merged", happens: func(w *world) { w.merge(); w.branch = nil }, outcome: proposal.WasMerged},
			{name: "then nothing"},
		}},
		{name: "merged with commits of others that stay", steps: []step{opened,
			{name: "merged", happens: func(w *world) { w.commit("Ann"); w.merge() }, outcome: proposal.WasMerged},
			{name: "newer", happens: func(w *world) { w.want["a.yaml"] = "2.1" }, outcome: proposal.HeldBack,
				held: "edited edited by Ann, 0000000002; delete the branch image-updater/web to have it proposed again"},
			{name: "deleted", happens: func(w *world) { w.branch = nil }, did: "push create", outcome: proposal.Opened},
		}},
		{name: "branch deleted by hand", steps: []step{opened,
			{name: "the forge leaves it open", happens: func(w *world) { w.branch = nil }, did: "push update", outcome: proposal.Updated},
			{name: "the forge closes it", happens: func(w *world) { w.branch = nil; w.close("ann") }, outcome: proposal.HeldBack,
				held: "rejected a.yaml:7: 1.0 -> 2.0 is not proposed again: closed by ann in #1"},
		}},
		{name: "branch deleted by hand, and nothing wanted", steps: []step{opened,
			{name: "both", happens: func(w *world) { w.branch, w.want = nil, nil }, did: "comment update close", outcome: proposal.Withdrawn,
				check: saying("needed on `main`")},
		}},
		{name: "hold", steps: []step{opened,
			{name: "frozen", happens: func(w *world) { w.label(proposal.LabelHold); w.want["a.yaml"] = "2.1" }, outcome: proposal.HeldBack,
				held: "hold-label #1 carries the label image-updater/hold"},
			{name: "rebuild as well", happens: func(w *world) { w.label(proposal.LabelRebuild) }, outcome: proposal.HeldBack,
				held: "hold-label #1 carries the label image-updater/hold"},
			{name: "not wanted", happens: func(w *world) { w.want = map[string]string{} }, outcome: proposal.HeldBack,
				held: "hold-label #1 carries the label image-updater/hold"},
			{name: "free", happens: func(w *world) { w.want["a.yaml"] = "2.1"; w.open().Labels = nil; w.later() }, did: "push update", outcome: proposal.Updated},
		}},
		{name: "rebuild what is ours", steps: []step{opened,
			{name: "rebuild", happens: func(w *world) { w.label(proposal.LabelRebuild) }, did: "push remove-label update", outcome: proposal.Updated},
			{name: "once", happens: (*world).later, outcome: proposal.Unchanged},
		}},
		{name: "sent to another branch", steps: []step{opened,
			{name: "base changed", happens: func(w *world) { w.open().Base = "release"; w.want["a.yaml"] = "2.1" }, outcome: proposal.HeldBack,
				held: `edited it goes to "release" now`},
		}},
		{name: "title and text of a person", steps: []step{opened,
			{name: "edited", happens: func(w *world) {
				p := w.open()
				p.Title, p.Body = "OPS-1: nginx", "Look at this, @ann.\r\n\r\n"+strings.ReplaceAll(p.Body, "\n", "\r\n")
				w.later()
			}, outcome: proposal.Unchanged},
			{name: "hidden part lost", happens: func(w *world) { w.open().Body = "mine"; w.later() }, did: "update", outcome: proposal.Updated},
		}},
		{name: "gates", steps: []step{opened,
			{name: "window closes", happens: func(w *world) { w.gated["a.yaml"] = true }, outcome: proposal.Unchanged},
			{name: "for another change, too", happens: func(w *world) { w.files["b.yaml"], w.want["b.yaml"], w.gated["b.yaml"] = "1.0", "2.0", true },
				outcome: proposal.Unchanged},
			{name: "a third one is free", happens: func(w *world) { w.files["c.yaml"], w.want["c.yaml"] = "1.0", "2.0" }, did: "push update",
				outcome: proposal.Updated, check: func(w *world) string { return diff(len(w.branch.changes), 2) }},
			{name: "done by hand meanwhile", happens: func(w *world) { w.want, w.files["c.yaml"] = map[string]string{}, "2.0"; w.baseTip++ },
				did: "comment update close delete-branch", outcome: proposal.Withdrawn},
		}},
		{name: "nothing is known of the image", steps: []step{opened,
			{name: "the registry is down", happens: func(w *world) { w.unsure = true }, outcome: proposal.Unchanged},
			{name: "done by hand meanwhile", happens: func(w *world) { w.files["a.yaml"] = "2.0"; w.baseTip++ },
				did: "comment update close delete-branch", outcome: proposal.Withdrawn},
		}},
		{name: "max open", world: func(w *world) { w.settings.MaxOpen = 2; w.others(2, 24*time.Hour) }, steps: []step{
			{name: "full", happens: first, outcome: proposal.HeldBack, held: "max-open 2 pull requests are open, and write.maxOpen is 2"},
			{name: "the old ones do not count", happens: func(w *world) { w.now = w.now.Add(13 * 24 * time.Hour) }, did: "push create", outcome: proposal.Opened},
			{name: "one that is open is no new one", happens: func(w *world) { w.others(5, 0); w.want["a.yaml"] = "2.1" }, did: "push update", outcome: proposal.Updated},
		}},
		{name: "settle", world: func(w *world) { w.settings.Settle = 6 * time.Hour; w.files["a.yaml"] = "1.0@" + sha.String() }, steps: []step{
			{name: "a new digest", happens: func(w *world) { w.digest("a.yaml", newSHA.String(), w.now) }, outcome: proposal.HeldBack,
				held: "settle a digest has to be 6h0m0s old before a pull request is opened for it alone (write.settle)"},
			{name: "settled", happens: func(w *world) { w.now = w.now.Add(6 * time.Hour) }, did: "push create", outcome: proposal.Opened},
			{name: "the next needs no time", happens: func(w *world) { w.digest("a.yaml", "sha256:"+strings.Repeat("2c", 32), w.now) }, did: "push update",
				outcome: proposal.Updated},
		}},
		{name: "the same images", world: func(w *world) { w.settings.Settle = 6 * time.Hour; w.files["a.yaml"] = "1.0@" + sha.String() }, steps: []step{
			{name: "a new digest", happens: func(w *world) { w.digest("a.yaml", newSHA.String(), w.now.Add(-6*time.Hour)); w.same = true },
				outcome: proposal.HeldBack, held: "settle the new digest is of the same images: only what stands beside them has changed (write.settle)"},
			{name: "other images", happens: func(w *world) {
				w.digest("a.yaml", "sha256:"+strings.Repeat("2c", 32), w.now.Add(-6*time.Hour))
				w.same = false
			}, did: "push create", outcome: proposal.Opened},
			{name: "an open one follows", happens: func(w *world) { w.digest("a.yaml", newSHA.String(), w.now); w.same = true }, did: "push update",
				outcome: proposal.Updated},
		}},
		{name: "settle beside a tag", world: func(w *world) { w.settings.Settle = 6 * time.Hour; w.files["a.yaml"] = "1.0@" + sha.String() }, steps: []step{
			{name: "both", happens: func(w *world) {
				w.digest("a.yaml", newSHA.String(), w.now)
				w.files["b.yaml"], w.want["b.yaml"] = "1.0", "2.0"
			}, did: "push create", outcome: proposal.Opened},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if test.world != nil {
				test.world(w)
			}
			for _, s := range test.steps {
				w.play(t, s)
			}
		})
	}
}

// What belongs to a new pull request is there even if the pass broke off right after it was opened.
func TestOpenedAndNoMore(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.settings = proposal.Settings{Labels: []string{"deps"}, AutoMerge: true}
	first(w)
	w.pass(2)
	for _, want := range []string{"add-labels auto-merge", ""} {
		w.pass(all)
		if got := strings.Join(w.did, " "); got != want {
			t.Errorf("did %q, want %q", got, want)
		}
		w.later()
	}
	if got := w.open().Labels; !slices.Equal(got, []string{"deps"}) {
		t.Errorf("labels %q", got)
	}
}

// A label that the token may not take away has the branch built once, as long as that is remembered.
func TestLabelThatStays(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.stuck = true
	first(w)
	w.pass(all)
	w.label(proposal.LabelRebuild)
	for _, want := range []string{"push remove-label update", "remove-label", "remove-label"} {
		w.later()
		w.pass(all)
		if got := strings.Join(w.did, " "); got != want {
			t.Errorf("did %q, want %q", got, want)
		}
	}
	w.want["a.yaml"] = "2.1"
	if w.pass(all); w.open().Title != "Update nginx to 2.1" {
		t.Errorf("what is newer does not come: %q", w.open().Title)
	}
}

// play lets a step happen, and holds what follows to it; then nothing is left to do.
func (w *world) play(t *testing.T, s step) {
	t.Helper()
	if s.happens != nil {
		s.happens(w)
	}
	d := w.pass(all)
	if got := strings.Join(w.did, " "); got != s.did || d.Outcome != s.outcome {
		t.Errorf("%s: did %q, outcome %q; want %q, %q", s.name, got, d.Outcome, s.did, s.outcome)
	}
	got := ""
	if len(d.Held) > 0 {
		got = string(d.Held[0].Rule) + " " + d.Held[0].Detail
	}
	if got != s.held {
		t.Errorf("%s: held %q, want %q", s.name, got, s.held)
	}
	if s.check != nil {
		if wrong := s.check(w); wrong != "" {
			t.Errorf("%s: %s", s.name, wrong)
		}
	}
	if again := w.pass(all); len(w.asked)+len(w.did) > 0 {
		t.Errorf("%s: a second pass asks %v and does %v (%s)", s.name, w.asked, w.did, again.Outcome)
	}
	memory := w.memory
	w.memory = proposal.Memory{}
	if w.pass(all); len(w.did) > 0 {
		t.Errorf("%s: without its memory a pass does %v", s.name, w.did)
	}
	w.memory = memory
}

func diff(got, want any) string { return cmp.Diff(want, got) }

func saying(what string) func(*world) string {
	return func(w *world) string {
		last := w.pulls[len(w.pulls)-1]
		if n := len(last.comments); n == 0 || !strings.Contains(last.comments[n-1], what) {
			return "does not say " + what + ": " + strings.Join(last.comments, "\n")
		}
		return ""
	}
}

func (w *world) later() { w.now = w.now.Add(time.Hour) }

func (w *world) label(name string) {
	p := w.open()
	p.Labels = append(slices.Clone(p.Labels), name)
	w.later()
}

// others opens pull requests of other groups.
func (w *world) others(n int, old time.Duration) {
	for range n {
		w.pulls = append(w.pulls, &pull{Pull: proposal.Pull{Number: len(w.pulls) + 1, Head: "other", Base: "main", Status: proposal.Open, Created: w.now.Add(-old)}})
	}
}

func (w *world) digest(file, digest string, seen time.Time) {
	tag, _, _ := strings.Cut(w.files[file], "@")
	w.want[file] = tag + "@" + digest
	w.firsts[w.want[file]] = seen
}

// Whatever a pass that breaks off has done, the next one does the rest, and nothing twice.
func TestCrash(t *testing.T) {
	t.Parallel()
	for most := range 6 {
		w := newWorld()
		w.settings.Labels = []string{"deps"}
		first(w)
		w.pass(most)
		w.pass(all)
		if p := w.open(); p == nil || len(w.pulls) != 1 || p.HeadTip != w.branchTip() {
			t.Errorf("after %d actions: %d pull requests", most, len(w.pulls))
		}
		w.want["a.yaml"] = "2.1"
		w.pass(most)
		w.pass(all)
		if p := w.open(); p.Title != "Update nginx to 2.1" || len(w.pulls) != 1 || w.branch.changes[0].To != "2.1" {
			t.Errorf("after %d actions of an update: %q, %v", most, p.Title, w.branch.changes)
		}
		w.files["a.yaml"] = "2.1"
		w.pass(most)
		w.pass(all)
		if w.open() != nil || w.branch != nil || len(w.pulls[0].comments) > 1 || !w.pulls[0].byUs {
			t.Errorf("after %d actions of a withdrawal: %+v", most, w.pulls[0])
		}
		w.files["a.yaml"] = "1.0"
		w.pass(all)
		if w.open() == nil {
			t.Errorf("after %d actions of a withdrawal it counts as rejected", most)
		}
	}
}

// Two that decide at the same time open one pull request.
func TestReplicas(t *testing.T) {
	t.Parallel()
	w := newWorld()
	first(w)
	in1, d1 := w.decide(w.input())
	in2, d2 := w.decide(w.input())
	w.carryOut(in1, d1, all)
	w.carryOut(in2, d2, all)
	if len(w.pulls) != 1 || w.commits != 1 {
		t.Errorf("%d pull requests, %d commits", len(w.pulls), w.commits)
	}
}
