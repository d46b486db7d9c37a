package reconcile

import (
	"errors"
	"fmt"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/writeback"
)

// decided reports what a plan knows before anything is edited.
func (t *tree) decided(made plan.Plan) Report {
	var report Report
	for _, h := range made.Held {
		report.Held = append(report.Held, Held{Git: t.git.Name, Held: h})
	}
	for _, r := range made.Rulings {
		report.References = append(report.References, Reference{Git: t.git.Name, Ruling: r})
	}
	for _, p := range made.Problems {
		if !errors.Is(p.Err, ErrUnlisted) {
			report.Errors = append(report.Errors, Problem{Git: t.git.Name, Policy: p.Policy, Err: p.Err})
		}
	}
	report.Errors = append(report.Errors, t.unknown(made.Missing)...)
	t.note(&report, made.Notes)
	return report
}

// unknown reports what a plan still lacks when nothing more is looked up, so that no change is dropped in silence.
func (t *tree) unknown(missing []plan.Missing) []Problem {
	var problems []Problem
	for _, m := range missing {
		for _, p := range t.policies {
			if p.Image == m.Image {
				err := fmt.Errorf("%s:%s was not looked up in this pass, though its %v is wanted", m.Image, m.Tag, m.Facts)
				problems = append(problems, Problem{Git: t.git.Name, Policy: p.Name, Err: err})
			}
		}
	}
	return problems
}

// edited reports what became of the edits.
func (t *tree) edited(report *Report, groups []plan.Group, shown writeback.Preview) {
	t.made(report, groups, shown)
	t.refused(report, groups, shown)
}

// made reports the edits that were made.
func (t *tree) made(report *Report, groups []plan.Group, shown writeback.Preview) {
	done := make(map[edit.Change]bool, len(shown.Applied)) // many groups have many changes together
	for _, c := range shown.Applied {
		done[c] = true
	}
	for _, g := range groups {
		for _, c := range g.Changes {
			if done[c.Edit()] {
				report.Changes = append(report.Changes, c)
			}
		}
	}
	for _, f := range shown.Files {
		report.Files = append(report.Files, File{Git: t.git.Name, Path: f.Path, Old: f.Old, New: f.New})
	}
}

// refused reports the edits that must not be made, and the commits that were not, as failures of the policies that wanted
// them.
func (t *tree) refused(report *Report, groups []plan.Group, shown writeback.Preview) {
	t.note(report, shown.Notes)
	for _, f := range shown.Failed {
		for _, g := range groups {
			report.Errors = append(report.Errors, t.failed(t.behind(g.Only(f.Changes).Changes), f.Err).Errors...)
		}
	}
	for _, r := range shown.Refused {
		for _, g := range groups {
			for _, name := range wanting(g, r) {
				report.Errors = append(report.Errors, Problem{Git: t.git.Name, Policy: name, Err: &plan.RefusedError{Refusal: r}})
			}
		}
	}
}

// wanting returns the policies of a group with a change at the place of a refusal.
func wanting(g plan.Group, r edit.Refusal) []string {
	var at []plan.Change
	for _, c := range g.Changes {
		if c.Site.Path == r.Path && (r.Line == 0 || c.Site.Line == r.Line) {
			at = append(at, c)
		}
	}
	return plan.NewGroup(g.Key, at).Policies()
}

func (t *tree) note(report *Report, notes []edit.Refusal) {
	for _, n := range notes {
		report.Notes = append(report.Notes, Note{Git: t.git.Name, Refusal: n})
	}
}

// failed reports one failure for each policy it stops.
func (t *tree) failed(policies []config.Policy, err error) Report {
	var report Report
	for _, p := range policies {
		report.Errors = append(report.Errors, Problem{Git: t.git.Name, Policy: p.Name, Err: fmt.Errorf("git %q: %w", t.git.Name, err)})
	}
	return report
}
