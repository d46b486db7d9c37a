package plan_test

import (
	"testing"

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
		{Policy: "nginx", Rule: plan.Suspended, Detail: "a.yaml:1 and 1 more: 1.25.3 -> 1.27.4 is not written: the policy is suspended"},
		{Policy: "nginx", Rule: plan.Suspended, Detail: "b.yaml:2: 1.26.0 -> 1.27.4 is not written: the policy is suspended"},
	}
	if diff := cmp.Diff(want, made.Held); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if got := told(plan.Plan{Groups: made.Groups}); len(got) != 1 || got[0] != "all: d.yaml:5 1.0.0 -> 1.1.0 by api" {
		t.Errorf("changes are %q", got)
	}
}
