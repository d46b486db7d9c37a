package policy_test

import (
	"testing"
	"time"

	"github.com/image-updater/image-updater/policy"
)

// A tag whose time lies in the future is none that is newer than all others until then, nor one that waits for years.
func TestTimesInTheFuture(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		spec   policy.Spec
		ahead  time.Duration
		chosen string
		rule   policy.Rule // of the other tag
		detail string
	}{
		{name: "pushed", spec: policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "pushed"}}, ahead: 25 * time.Hour,
			chosen: "1.0.1", rule: policy.RuleNoVersion, detail: "its time is taken for unknown, as 2026-11-22 lies in the future"},
		{name: "built", spec: policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "created"}}, ahead: 25 * time.Hour,
			chosen: "1.0.1", rule: policy.RuleNoVersion, detail: "its time is taken for unknown, as 2026-11-22 lies in the future"},
		{name: "young", spec: policy.Spec{Guard: policy.Guard{MinAge: time.Hour}}, ahead: 25 * time.Hour,
			chosen: "1.0.1", rule: policy.RuleMinAge, detail: "its time is taken for unknown, as 2026-11-22 lies in the future"},
		{name: "a clock that is fast", spec: policy.Spec{Select: policy.Select{Kind: policy.Newest, Arg: "pushed"}}, ahead: 23 * time.Hour,
			chosen: "1.0.2", rule: policy.RuleNotBest, detail: "allowed, but 1.0.2 is better"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, err := policy.New(test.spec)
			if err != nil {
				t.Fatal(err)
			}
			candidates := make([]policy.Candidate, 3)
			for i, tag := range []string{"1.0.0", "1.0.1", "1.0.2"} {
				then := at.Add(time.Duration(i-100) * time.Hour)
				if tag == "1.0.2" {
					then = at.Add(test.ahead)
				}
				candidates[i] = policy.Candidate{Tag: tag, Pushed: then, Created: then}
			}
			d := p.Choose(policy.Current{Tag: "1.0.0"}, candidates, at)
			if d.Chosen != test.chosen {
				t.Errorf("chose %s, want %s", d.Chosen, test.chosen)
			}
			for _, v := range d.Verdicts {
				if v.Tag != test.chosen && v.Tag != "1.0.0" && (v.Rule != test.rule || v.Detail() != test.detail) {
					t.Errorf("%s: %s %q, want %s %q", v.Tag, v.Rule, v.Detail(), test.rule, test.detail)
				}
			}
			if candidates[2].Pushed.IsZero() {
				t.Error("the candidates were changed")
			}
		})
	}
}
