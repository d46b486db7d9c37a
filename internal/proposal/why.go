package proposal

import (
	"fmt"
	"slices"

	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// reasons are those of one image and policy.
type reasons struct {
	title string
	taken []string // why the tags were taken, which may count tags
	not   []string // what waits, and what was refused
}

// why gathers the reasons of a group by image and policy, each once.
func why(g plan.Group) []reasons {
	var all []reasons
	at := map[string]int{}
	said := map[string]bool{}
	for _, c := range g.Changes {
		title := code(c.Site.Image.Familiar()) + ", policy " + code(c.Policy)
		for _, r := range explained(c) {
			i, known := at[title]
			if !known {
				i = len(all)
				at[title] = i
				all = append(all, reasons{title: title})
			}
			line := sentence(r)
			if said[title+line] {
				continue
			}
			said[title+line] = true
			if r.Outcome == policy.Chosen {
				all[i].taken = append(all[i].taken, line)
			} else {
				all[i].not = append(all[i].not, line)
			}
		}
	}
	return all
}

// mostRefused is how many newer tags are named that a rule is against, each by another rule.
const mostRefused = 3

// explained returns the reasons of a change as a commit gives them, with more of the tags that were refused.
func explained(c plan.Change) []plan.Reason {
	all := c.Reasons()
	refused := c.Decision.Refusals(1, mostRefused)
	if len(all) == 0 || len(refused) == 0 {
		return all // of a followed tag there is one refusal, and it is among them
	}
	all = slices.DeleteFunc(all, func(r plan.Reason) bool { return r.Outcome == policy.Rejected })
	for _, v := range refused {
		all = append(all, plan.Reason{Policy: c.Policy, Outcome: v.Outcome, Rule: v.Rule, Tag: v.Tag, Detail: v.Detail()})
	}
	return all
}

func sentence(r plan.Reason) string {
	switch {
	case r.More > 0:
		return fmt.Sprintf("%d more wait", r.More)
	case r.Outcome == policy.Chosen:
		return code(r.Tag) + " is " + phrase(r.Detail)
	case r.Outcome == policy.Waiting:
		return fmt.Sprintf("%s waits (%s): %s", code(r.Tag), code(string(r.Rule)), phrase(r.Detail))
	}
	return fmt.Sprintf("%s was not taken (%s): %s", code(r.Tag), code(string(r.Rule)), phrase(r.Detail))
}
