package plan_test

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// history is a repository with one reference in each file, in which this program, a pipeline and people write.
type history struct {
	policy  plan.Policy
	files   map[string]string // the tag of the reference in each
	tags    []string          // in the registry
	commits []plan.Commit     // the latest first
	written map[string]string // what our side wrote last in each file, "" for nothing
	moved   map[string]string // where a file is now by where it was
}

// move is git mv, with another tag in the same commit or not. The name of the file stays.
func (h *history) move(from, tag string) {
	to := fmt.Sprintf("%d/%s", len(h.commits), path.Base(from))
	h.files[to], h.written[to] = tag, h.written[from]
	delete(h.files, from)
	delete(h.written, from)
	for was, is := range h.moved {
		if is == from {
			h.moved[was] = to
		}
	}
	h.moved[from] = to
	h.commit("A Person", "Move")
}

// isMoved reports whether a file was somewhere else before.
func (h *history) isMoved(path string) bool {
	return slices.Contains(slices.Collect(maps.Values(h.moved)), path)
}

func (h *history) commit(author, message string) {
	id := fmt.Sprintf("%040x", len(h.commits)+1)
	h.commits = slices.Insert(h.commits, 0, plan.Commit{ID: id, Maker: author, Message: message, Made: author == "image-updater", When: time.Unix(int64(len(h.commits)), 0)})
}

func (h *history) found() edit.Found {
	var found edit.Found
	for path, tag := range h.files {
		found.Sites = append(found.Sites, edit.Site{Path: path, Line: 1, Image: nginx, Tag: tag})
	}
	return found
}

// make plans a pass.
func (h *history) make() plan.Plan {
	list := plan.List{}
	for _, tag := range h.tags {
		list.Candidates = append(list.Candidates, policy.Candidate{Tag: tag})
	}
	return plan.Make(plan.Input{
		Policies: []plan.Policy{h.policy}, Found: h.found(), Lists: map[image.Repository]plan.List{nginx: list},
		Past: plan.NewPast(h.commits), Now: time.Unix(int64(len(h.commits)), 0),
	})
}

// run makes a pass and returns the files that it wrote.
func (h *history) run() map[string]string {
	wrote := map[string]string{}
	for _, g := range h.make().Groups {
		for _, c := range g.Changes {
			h.files[c.Site.Path], h.written[c.Site.Path], wrote[c.Site.Path] = c.To, c.To, c.To
		}
		h.commit("image-updater", g.Message())
	}
	return wrote
}

// set is the command of that name, in a pipeline that a person has started.
func (h *history) set(path, tag string) {
	from := h.files[path]
	if from == tag {
		return
	}
	change := plan.Change{Policy: "web", Site: edit.Site{Path: path, Line: 1, Image: nginx, Tag: from}, To: tag}
	h.commit("image-updater", plan.NewGroup("web", []plan.Change{change}).Message())
	h.files[path] = tag
	if before := cmp.Or(h.written[path], from); newer(before, tag) {
		h.written[path] = before // a way back does not count as what we want there
		return
	}
	h.written[path] = tag
}

// revert is git revert of one of the last commits of ours, as far as the files still are as it left them.
func (h *history) revert(back int) {
	for _, c := range h.commits {
		_, changes := plan.ParseTrailers(c.Message)
		if len(changes) == 0 {
			continue
		}
		if back--; back >= 0 {
			continue
		}
		for _, change := range changes {
			at := cmp.Or(h.moved[change.Path], change.Path) // git finds a file that was renamed
			if h.files[at] == change.To {
				h.files[at] = change.From
			}
		}
		h.commit("A Person", "Revert \"Update nginx\"\n\nThis reverts commit "+c.ID+".\n")
		return
	}
}

// newer compares tags of three digits.
func newer(a, b string) bool { return a > b }

func versions() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("1.%d.%d", rapid.IntRange(0, 5).Draw(t, "minor"), rapid.IntRange(0, 2).Draw(t, "patch"))
	})
}

// Whatever people, pipelines and publishers do, a pass writes the best tag everywhere but where a person has moved a
// reference below what was written there last, by that file's name wherever it is, and there only a newer one than that. A second pass does nothing.
func TestNoFight(t *testing.T) {
	t.Parallel()
	web := plan.Policy{Name: "web", Image: nginx, Choice: choice(t, policy.Spec{}), Group: "web"}
	begin := []string{"a/web.yaml", "a/api.yaml", "b/cache.yaml"}
	rapid.Check(t, func(t *rapid.T) {
		h := &history{policy: web, files: map[string]string{}, written: map[string]string{}, moved: map[string]string{}}
		for _, path := range begin {
			h.files[path] = versions().Draw(t, path)
		}
		draw := func(t *rapid.T) string { return rapid.SampledFrom(slices.Sorted(maps.Keys(h.files))).Draw(t, "path") }
		t.Repeat(map[string]func(*rapid.T){
			"a publisher pushes": func(t *rapid.T) { h.tags = append(h.tags, versions().Draw(t, "tag")) },
			"a person edits": func(t *rapid.T) {
				h.files[draw(t)] = versions().Draw(t, "tag")
				h.commit("A Person", "By hand")
			},
			"a person reverts":             func(t *rapid.T) { h.revert(rapid.IntRange(0, 2).Draw(t, "back")) },
			"a person does something else": func(*rapid.T) { h.commit("A Person", "Unrelated") },
			"a pipeline sets": func(t *rapid.T) {
				if path := draw(t); !h.isMoved(path) {
					h.set(path, versions().Draw(t, "tag"))
				}
			},
			"a person moves a file": func(t *rapid.T) {
				path := draw(t)
				h.move(path, rapid.SampledFrom([]string{h.files[path], versions().Draw(t, "tag")}).Draw(t, "tag there"))
			},
			"a pass": func(t *rapid.T) {
				want := map[string]string{}
				for path, tag := range h.files {
					best := slices.Max(append(h.tags, tag))
					last := h.written[path]
					if newer(best, tag) && (tag >= last || newer(best, last)) {
						want[path] = best
					}
				}
				held := len(h.make().Held)
				got := h.run()
				for path := range h.files {
					if got[path] == "" && h.isMoved(path) {
						continue // it may be taken for another one that has moved, and wait for a newer tag
					}
					if got[path] != want[path] {
						t.Errorf("%s: wrote %q, want %q", path, got[path], want[path])
					}
				}
				again := h.make()
				if len(again.Groups) > 0 || len(again.Held) != held {
					t.Errorf("a second pass changes %v and holds %v", again.Changes(), again.Held)
				}
			},
		})
	})
}
