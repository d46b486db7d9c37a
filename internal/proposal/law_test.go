package proposal_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/proposal"
)

// Whatever happens, in whatever order: there are never two open pull requests, commits of others stay unless somebody asks
// for a rebuild, what was closed does not come back while a newer version does, and a second pass finds nothing to do.
func TestLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		w.files = map[string]string{"a.yaml": "1.0", "b.yaml": "1.0", "c.yaml": "1.0"}
		w.settings.MaxOpen = rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "maxOpen")
		var rejected []plan.Trailer
		w.keeps = map[string][]plan.Trailer{}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			what := rapid.SampledFrom(slices.Sorted(maps.Keys(happenings))).Draw(t, "happening")
			file := rapid.SampledFrom([]string{"a.yaml", "b.yaml", "c.yaml"}).Draw(t, "file")
			n := rapid.IntRange(0, 9).Draw(t, "n")
			if rapid.Bool().Draw(t, "newer") { // most happenings matter only beside one
				happenings["newer"](w, file, n)
			}
			open := w.open()
			if what == "reject" && open != nil {
				rejected = append(rejected, standing(w, *open)...)
			}
			happenings[what](w, file, n)
			w.passes(t, rejected, rapid.SampledFrom([]int{all, all, 0, 1, 2, 3}).Draw(t, "crash"))
		}
		w.settings.MaxOpen = 0
		w.ends(t, rejected)
	})
}

// standing returns the changes of a pull request, as its hidden part tells them, or its commits.
func standing(w *world, p pull) (all []plan.Trailer) {
	s, known := proposal.Parse(p.Body, "web")
	if !known {
		return w.keeps[p.HeadTip]
	}
	for _, c := range w.pushed {
		if s.Changes.Has(c) {
			all = append(all, c)
		}
	}
	return all
}

var happenings = map[string]func(w *world, file string, n int){
	"newer":    func(w *world, file string, n int) { w.want[file] = "2." + string(rune('0'+n)) },
	"unwanted": func(w *world, file string, _ int) { delete(w.want, file) },
	"by hand": func(w *world, file string, n int) {
		w.files[file] = "2." + string(rune('0'+n))
		w.baseTip++
		if w.branch != nil {
			w.branch.stale = slices.ContainsFunc(w.branch.changes, func(c plan.Trailer) bool { return c.Path == file })
		}
	},
	"moved":  func(w *world, _ string, _ int) { w.baseTip++ },
	"gate":   func(w *world, file string, _ int) { w.gated[file] = !w.gated[file] },
	"outage": func(w *world, _ string, _ int) { w.unsure = !w.unsure },
	"merge": func(w *world, _ string, _ int) {
		if w.open() != nil && w.branch != nil {
			w.merge()
		}
	},
	"reject": func(w *world, _ string, _ int) {
		if w.open() != nil {
			w.close("ann")
			w.later()
		}
	},
	"commit": func(w *world, _ string, _ int) {
		if w.branch != nil {
			w.commit("Ann")
		}
	},
	"delete": func(w *world, _ string, _ int) { w.branch = nil },
	"rebuild": func(w *world, _ string, _ int) {
		if w.open() != nil {
			w.label(proposal.LabelRebuild)
		}
	},
	"hold": func(w *world, _ string, _ int) {
		if w.open() != nil {
			w.label(proposal.LabelHold)
		}
	},
	"labels": func(w *world, _ string, _ int) {
		if w.open() != nil {
			w.open().Labels = nil
			w.later()
		}
	},
	"deface": func(w *world, _ string, _ int) {
		if w.open() != nil {
			w.open().Body = "mine"
			w.later()
		}
	},
	"forget": func(w *world, _ string, _ int) { w.memory = proposal.Memory{} },
	"time":   func(w *world, _ string, n int) { w.now = w.now.Add(time.Duration(n) * 24 * time.Hour) },
}

func (w *world) passes(t *rapid.T, rejected []plan.Trailer, crash int) {
	var theirs *proposal.Commit
	asked := false
	if w.branch != nil {
		theirs = w.branch.other
	}
	if p := w.open(); p != nil {
		asked = slices.Contains(p.Labels, proposal.LabelRebuild) && !slices.Contains(p.Labels, proposal.LabelHold)
	}
	before := len(w.pulls)
	d := w.pass(crash)
	open := 0
	for _, p := range w.pulls {
		if p.Status == proposal.Open {
			open++
		}
	}
	if open > 1 {
		t.Fatalf("%d pull requests are open", open)
	}
	if theirs != nil && !asked && (w.branch == nil || w.branch.other != theirs) {
		t.Fatal("commits of others are gone")
	}
	if slices.Contains(w.did, "push") {
		for _, c := range w.branch.changes {
			if slices.Contains(rejected, c) {
				t.Fatalf("%+v is back", c)
			}
		}
	}
	if len(w.pulls) > before && d.Outcome != proposal.Opened {
		t.Fatalf("opened one, and says %q", d.Outcome)
	}
	w.pass(all)
	after := *w
	if d := w.pass(all); len(w.asked)+len(w.did) > 0 {
		t.Fatalf("a second pass asks %v and does %v: %+v", w.asked, w.did, d)
	}
	w.memory = proposal.Memory{}
	if w.pass(all); len(w.did) > 0 {
		t.Fatalf("without its memory a pass does %v", w.did)
	}
	w.memory = after.memory
}

// ends lets all obstacles go away: what is wanted and was not rejected is proposed then, and nothing else.
func (w *world) ends(t *rapid.T, rejected []plan.Trailer) {
	w.gated, w.unsure = map[string]bool{}, false
	if p := w.open(); p != nil {
		p.Labels, p.Base = nil, "main"
	}
	if w.branch != nil {
		w.branch.other = nil
	}
	w.later()
	w.pass(all)
	var wanted []string
	for _, file := range slices.Sorted(maps.Keys(w.files)) {
		if w.want[file] != "" && w.want[file] != w.files[file] && !slices.Contains(rejected, w.change(file).Trailer()) {
			wanted = append(wanted, file+" "+w.want[file])
		}
	}
	var proposed []string
	if w.open() != nil {
		for _, c := range w.branch.changes {
			proposed = append(proposed, c.Path+" "+c.To)
		}
	}
	if !slices.Equal(wanted, proposed) {
		t.Fatalf("proposes %s, want %s", strings.Join(proposed, ", "), strings.Join(wanted, ", "))
	}
}
