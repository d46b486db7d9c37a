package plan_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/policy"
)

// What a closed gate keeps from being written is told, each move once, and the other policies are not concerned.
func TestGateHolds(t *testing.T) {
	t.Parallel()
	stopped := plan.Policy{Name: "nginx", Image: nginx, Choice: choice(t, policy.Spec{}), Group: "all", Gate: plan.Gate{Suspended: true}}
	open := plan.Policy{Name: "api", Image: api, Choice: choice(t, policy.Spec{}), Group: "all"}
	made := plan.Make(plan.Input{
		Git: "fleet", Policies: []plan.Policy{stopped, open}, Now: now,
		Found: edit.Found{Sites: []edit.Site{
			site("a.yaml", 1, nginx, "1.25.3"), site("b.yaml", 2, nginx, "1.26.0"), site("c.yaml", 3, nginx, "1.25.3"),
			site("d.yaml", 4, nginx, "1.27.4"), site("d.yaml", 5, api, "1.0.0")}},
		Lists: map[image.Repository]plan.List{nginx: list("1.25.3", "1.26.0", "1.27.4"), api: list("1.0.0", "1.1.0")},
	})
	want := []plan.Held{
		{Policy: "nginx", Tag: "1.27.4", Rule: plan.Suspended, Detail: "a.yaml:1 and 1 more: 1.25.3 -> 1.27.4 is not written: the policy is suspended"},
		{Policy: "nginx", Tag: "1.27.4", Rule: plan.Suspended, Detail: "b.yaml:2: 1.26.0 -> 1.27.4 is not written: the policy is suspended"},
	}
	if diff := cmp.Diff(want, made.Held); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if got := told(plan.Plan{Groups: made.Groups}); len(got) != 1 || got[0] != "all: d.yaml:5 1.0.0 -> 1.1.0 by api" {
		t.Errorf("changes are %q", got)
	}
}

func TestGateOpens(t *testing.T) {
	t.Parallel()
	windows := policy.Windows{{Days: []time.Weekday{time.Monday}, From: 8 * 60, To: 18 * 60}}
	monday := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name string
		gate plan.Gate
		at   time.Time
		want plan.Stop
	}{
		{name: "always"},
		{name: "in the window", gate: plan.Gate{Windows: windows}, at: monday},
		{name: "before it", gate: plan.Gate{Windows: windows}, at: now,
			want: plan.Stop{Rule: plan.OutsideWindow, Why: "outside the window mon 08:00-18:00 UTC", Until: monday}},
		{name: "suspended before it: no time helps", gate: plan.Gate{Windows: windows, Suspended: true}, at: now,
			want: plan.Stop{Rule: plan.Suspended, Why: "the policy is suspended"}},
		{name: "suspended in the window", gate: plan.Gate{Windows: windows, Suspended: true}, at: monday,
			want: plan.Stop{Rule: plan.Suspended, Why: "the policy is suspended"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, closed := test.gate.Closed(test.at)
			if diff := cmp.Diff(test.want, got); diff != "" || closed != (test.want != plan.Stop{}) {
				t.Errorf("closed is %t (-want +got):\n%s", closed, diff)
			}
		})
	}
}

// Of each reference is told which tag is kept from it.
func TestTagThatIsKeptBack(t *testing.T) {
	t.Parallel()
	aged := policy.Spec{Guard: policy.Guard{MinAge: 72 * time.Hour}}
	closed := plan.Gate{Windows: policy.Windows{{Days: []time.Weekday{time.Monday}, From: 8 * 60, To: 18 * 60}}}
	young := plan.List{Candidates: []policy.Candidate{{Tag: "1.25.3"}, {Tag: "1.27.4", Pushed: now.Add(-time.Hour)}}}
	for _, test := range []struct {
		name   string
		policy plan.Policy
		list   plan.List
		want   plan.Ruling
	}{
		{"too young", plan.Policy{Choice: choice(t, aged)}, young, plan.Ruling{To: "1.25.3", Held: plan.Held{Tag: "1.27.4", Rule: policy.RuleMinAge}}},
		{"out of its window", plan.Policy{Choice: choice(t, policy.Spec{}), Gate: closed}, list("1.25.3", "1.27.4"),
			plan.Ruling{To: "1.27.4", Held: plan.Held{Tag: "1.27.4", Rule: plan.OutsideWindow}}},
		{"out of range", plan.Policy{Choice: choice(t, policy.Spec{Select: policy.Select{Kind: policy.Semver, Arg: "<1.26"}})}, list("1.25.3", "1.27.4"),
			plan.Ruling{To: "1.25.3", Held: plan.Held{Tag: "1.27.4", Rule: policy.RuleRange}}},
		{"nothing", plan.Policy{Choice: choice(t, policy.Spec{})}, list("1.25.3"), plan.Ruling{To: "1.25.3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := test.policy
			p.Name, p.Image, p.Group = "nginx", nginx, "all"
			made := plan.Make(plan.Input{Git: "fleet", Policies: []plan.Policy{p}, Now: now,
				Found: edit.Found{Sites: []edit.Site{site("a.yaml", 1, nginx, "1.25.3")}}, Lists: map[image.Repository]plan.List{nginx: test.list}})
			if len(made.Rulings) != 1 {
				t.Fatalf("rulings are %+v", made.Rulings)
			}
			got := made.Rulings[0]
			if got.To != test.want.To || got.Held.Tag != test.want.Held.Tag || got.Held.Rule != test.want.Held.Rule {
				t.Errorf("it is to carry %q and is kept from %q by %q, want %q, %q by %q",
					got.To, got.Held.Tag, got.Held.Rule, test.want.To, test.want.Held.Tag, test.want.Held.Rule)
			}
		})
	}
}
