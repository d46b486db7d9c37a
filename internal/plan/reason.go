package plan

import (
	"fmt"

	"github.com/image-updater/image-updater/policy"
)

// maxWaiting is how many of the tags that wait are named for one change, the best first.
const maxWaiting = 3

// Reason is why the tag of a change was taken, or why a better one was not.
type Reason struct {
	Policy  string
	Outcome policy.Outcome
	Rule    policy.Rule // that keeps the tag back, "" for the one taken
	Tag     string      // "" for More
	Detail  string      // half a sentence
	More    int         // tags that wait and are not named
}

// String returns the reason as a sentence.
func (r Reason) String() string {
	switch {
	case r.More > 0:
		return fmt.Sprintf("%d more wait.", r.More)
	case r.Outcome == policy.Chosen:
		return fmt.Sprintf("Policy %s chose %s: %s.", r.Policy, r.Tag, r.Detail)
	case r.Outcome == policy.Waiting:
		return fmt.Sprintf("%s waits: %s.", r.Tag, r.Detail)
	}
	return fmt.Sprintf("%s was not taken: %s.", r.Tag, r.Detail)
}

// Reasons says why the change's tag was taken, and which better one waits or was refused.
func (c Change) Reasons() []Reason {
	if c.Policy == "" || len(c.Decision.Verdicts) == 0 {
		return nil
	}
	var reasons []Reason
	if detail := c.Decision.Verdicts[0].Detail(); detail != "" {
		reasons = append(reasons, Reason{Policy: c.Policy, Outcome: policy.Chosen, Tag: c.To, Detail: detail})
	}
	waiting := 0
	for _, v := range c.Decision.Verdicts {
		if v.Outcome != policy.Waiting {
			continue
		}
		if waiting++; waiting <= maxWaiting {
			reasons = append(reasons, Reason{Policy: c.Policy, Outcome: v.Outcome, Rule: v.Rule, Tag: v.Tag, Detail: v.Detail()})
		}
	}
	if waiting > maxWaiting {
		reasons = append(reasons, Reason{Policy: c.Policy, Outcome: policy.Waiting, More: waiting - maxWaiting})
	}
	if v, refused := c.Decision.Refused(); refused {
		reasons = append(reasons, Reason{Policy: c.Policy, Outcome: v.Outcome, Rule: v.Rule, Tag: v.Tag, Detail: v.Detail()})
	}
	return reasons
}
