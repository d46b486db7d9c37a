package status_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/status"
)

var start = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// moment is a Status some time after the start.
type moment struct {
	after time.Duration
	status.Status
}

// world is where the tests begin: ready, and all is well.
func world() status.Status {
	return status.Status{
		Started: start, Ready: true,
		Policies: []status.Policy{
			{Name: "web", Image: "nginx", Registry: "docker.io", Git: []string{"fleet"}, Notify: []string{"all", "team"}, State: status.UpToDate},
			{Name: "api", Image: "ghcr.io/acme/api", Registry: "ghcr.io", Git: []string{"fleet"}, State: status.UpToDate},
			{Name: "job", Image: "ghcr.io/acme/job", Registry: "ghcr.io", Git: []string{"infra"}, State: status.UpToDate},
		},
		Registries: []status.Registry{
			{Host: "docker.io", Metered: true, Allowance: 100, Reserve: 50, Left: 50},
			{Host: "ghcr.io"},
		},
		Git: []status.Git{{Name: "fleet"}, {Name: "infra"}},
	}
}

// with returns the world after a change.
func with(after time.Duration, changes ...func(*status.Status)) moment {
	s := world()
	for _, change := range changes {
		change(&s)
	}
	return moment{after, s}
}

func state(name string, to status.State, detail string) func(*status.Status) {
	return func(s *status.Status) {
		for i := range s.Policies {
			if s.Policies[i].Name == name {
				s.Policies[i].State = to
				s.Policies[i].Why.Detail = detail
			}
		}
	}
}

func registryFails(times int) func(*status.Status) {
	return func(s *status.Status) { s.Registries[1].Error, s.Registries[1].FailingFor = "503", times }
}

func gitFails(s *status.Status)       { s.Git[0].Error = "refused" }
func filesFail(s *status.Status)      { s.Config.Fault = "policies.yaml:1:1: broken" }
func folderFails(s *status.Status)    { s.Git[1].Fault = "broken" }
func passIsStuck(s *status.Status)    { s.Running = status.Pass{Stuck: true, Stage: "pushing"} }
func notReady(s *status.Status)       { s.Ready = false }
func left(n int) func(*status.Status) { return func(s *status.Status) { s.Registries[0].Left = n } }

// since says when things came to be as they are.
func since(after time.Duration) func(*status.Status) {
	return func(s *status.Status) { s.Policies[0].Since, s.Git[0].Since = start.Add(after), start.Add(after) }
}

func opened(state string, policies ...string) func(*status.Status) {
	return func(s *status.Status) {
		s.Git[0].Open = []status.PullRequest{{Branch: "image-updater/x", Title: "Update x", Link: status.Link{Text: "#1", URL: "u"}, State: state, Policies: policies}}
	}
}

func written(after time.Duration, policy, commit, file, to string) func(*status.Status) {
	return func(s *status.Status) {
		s.History = append([]status.Written{{When: start.Add(after), Policy: policy, Git: "fleet", Commit: status.Link{Text: commit}, File: file, From: "1", To: to}}, s.History...)
	}
}

// tell writes events shortly.
func tell(events []status.Event) string {
	var all []string
	for _, e := range events {
		text := string(e.Kind)
		if e.Title != "" {
			text += " " + e.Title
		}
		if len(e.Policies) > 0 {
			text += " " + strings.Join(e.Policies, ",")
		}
		if e.Kind == status.EventQuota {
			text += " " + e.Registry + ": " + e.Why.Detail
		}
		if e.Kind == status.EventUpdated {
			text += fmt.Sprintf(" to %s, %d", e.To, e.Places)
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// run returns what each moment tells. What was told is kept in between as it is on a disk.
func run(t *testing.T, w status.Watch, moments []moment) []string {
	t.Helper()
	var told status.Told
	var out []string
	for _, m := range moments {
		m.At = start.Add(m.after)
		var events []status.Event
		events, told = w.Events(told, m.Status)
		out = append(out, tell(events))
		told = kept(t, told)
	}
	return out
}

func kept(t interface {
	Helper()
	Fatal(...any)
}, told status.Told) status.Told {
	t.Helper()
	data, err := json.Marshal(told)
	if err != nil {
		t.Fatal(err)
	}
	var back status.Told
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func TestEvents(t *testing.T) {
	t.Parallel()
	const minute, hour, day = time.Minute, time.Hour, 24 * time.Hour
	for _, test := range []struct {
		name    string
		watch   status.Watch
		moments []moment
		want    []string
	}{
		{"nothing", status.Watch{}, []moment{with(0), with(minute)}, []string{"", ""}},
		{"not ready", status.Watch{}, []moment{with(0, state("web", status.Failed, "x"), filesFail, notReady)}, []string{""}},
		{"failed once, and recovered", status.Watch{},
			[]moment{with(0), with(minute, state("web", status.Failed, "x")), with(hour, state("web", status.Failed, "y")), with(2*hour, state("web", status.New, "")),
				with(2*hour + minute), with(3 * hour)},
			[]string{"", "failed web", "", "", "recovered web", ""}},
		{"failed from the first moment", status.Watch{}, []moment{with(0, state("web", status.Failed, "x")), with(minute)}, []string{"failed web", "recovered web"}},
		{"failed for a moment", status.Watch{},
			[]moment{with(hour, state("web", status.Failed, "x"), since(hour)), with(hour+2*minute, state("web", status.Failed, "x"), since(hour)), with(hour + 3*minute),
				with(2*hour, state("web", status.Failed, "x"), since(2*hour)), with(2*hour+3*minute, state("web", status.Failed, "x"), since(2*hour)),
				with(3*hour, gitFails, since(3*hour))},
			[]string{"", "", "", "", "failed web", "recovered web"}},
		{"flapping", status.Watch{},
			[]moment{with(0, state("web", status.Failed, "x")), with(minute), with(5*minute, state("web", status.Failed, "x")), with(6 * minute),
				with(15*minute, state("web", status.Failed, "x")), with(16 * minute),
				with(44*minute, state("web", status.Failed, "x")), with(45*minute, state("web", status.Failed, "x")), with(46 * minute),
				with(46*minute+2*day, state("web", status.Failed, "x")), with(47*minute + 2*day), with(2*day+62*minute, state("web", status.Failed, "x"))},
			[]string{"failed web", "recovered web", "", "", "failed web", "recovered web", "", "failed web", "recovered web", "failed web", "recovered web", "failed web"}},
		{"held once for each reason", status.Watch{},
			[]moment{with(0, state("web", status.Held, "2 was reverted")), with(minute, state("web", status.Held, "2 was reverted")),
				with(2*minute, state("web", status.Held, "3 was reverted")), with(20*minute, state("web", status.Held, "3 was reverted")),
				with(hour, state("web", status.Failed, "")), with(2*hour, state("web", status.Held, "3 was reverted")), with(3 * hour),
				with(4*hour, state("web", status.Held, "3 was reverted"))},
			[]string{"held web", "", "", "held web", "failed web", "recovered web", "", "held web"}},
		{"waiting for long", status.Watch{WaitingAfter: day},
			[]moment{with(0, state("web", status.Waiting, "")), with(23*hour, state("web", status.Waiting, "")), with(25*hour, state("web", status.Waiting, "")),
				with(26*hour, state("web", status.Failed, "")), with(27*hour, state("web", status.Waiting, "")), with(28 * hour), with(29*hour, state("web", status.Waiting, ""))},
			[]string{"", "", "waiting web", "failed web", "recovered web", "", ""}},
		{"waiting since before the start", status.Watch{WaitingAfter: day},
			[]moment{with(0, state("web", status.Waiting, ""), func(s *status.Status) { s.Policies[0].Since = start.Add(-2 * day) })}, []string{"waiting web"}},
		{"a registry that fails is one event", status.Watch{},
			[]moment{with(0, state("api", status.Failed, "503"), registryFails(1)),
				with(minute, state("api", status.Failed, "503"), state("job", status.Failed, "503"), registryFails(3)),
				with(2*minute, registryFails(9), state("job", status.Failed, "503")), with(3 * minute)},
			[]string{"failed api", "failed registry ghcr.io api,job", "recovered api", "recovered registry ghcr.io"}},
		{"what fails for another reason later", status.Watch{},
			[]moment{with(0, state("web", status.Failed, ""), gitFails), with(minute, state("web", status.Failed, "")), with(2 * minute)},
			[]string{"failed Git repository fleet web", "failed web; recovered Git repository fleet web", "recovered web"}},
		{"policy files", status.Watch{}, []moment{with(0, filesFail), with(minute, filesFail), with(2 * minute)},
			[]string{"failed policy files", "", "recovered policy files"}},
		{"policy files in Git", status.Watch{}, []moment{with(0, folderFails), with(minute)},
			[]string{"failed policy files in Git repository infra", "recovered policy files in Git repository infra"}},
		{"stuck", status.Watch{}, []moment{with(0, passIsStuck), with(minute)}, []string{"failed pass", "recovered pass"}},
		{"quota", status.Watch{}, []moment{with(0, left(6)), with(minute, left(5)), with(2*minute, left(0)), with(3*minute, left(10)), with(hour, left(5)), with(2*hour, left(13)), with(3*hour, left(-1))},
			[]string{"", "quota docker.io: 5 of the 50 pulls that may be spent are left", "", "", "", "", "quota docker.io: 0 of the 50 pulls that may be spent are left"}},
		{"no quota to spend is not low", status.Watch{}, []moment{with(0, func(s *status.Status) { s.Registries[0].Reserve, s.Registries[0].Left = 100, 0 })}, []string{""}},
		{"pull request", status.Watch{}, []moment{with(0), with(minute, opened("opened", "web", "api")), with(2*minute, opened("updated", "web", "api")), with(3 * minute), with(4*minute, opened("unchanged", "web"))},
			[]string{"", "pull-request Update x api,web", "", "", ""}},
		{"pull requests of before", status.Watch{}, []moment{with(0, opened("unchanged", "web")), with(minute, opened("updated", "web"))}, []string{"", ""}},
		{"changes", status.Watch{},
			[]moment{with(0, written(-hour, "web", "a", "f", "2")),
				with(minute, written(-hour, "web", "a", "f", "2"), written(30*time.Second, "web", "b", "f", "3"), written(30*time.Second, "web", "b", "f", "3"), written(30*time.Second, "api", "b", "g", "3")),
				with(2 * minute), with(3*minute, written(30*time.Second, "web", "b", "f", "3"), written(2*minute, "web", "c", "f", "4"))},
			[]string{"", "updated api to 3, 1; updated web to 3, 2", "", "updated web to 4, 1"}},
		{"changes of a pull request, and when it was merged", status.Watch{},
			[]moment{with(minute, written(0, "web", "b", "f", "3"), func(s *status.Status) { s.History[0].Proposal.Text = "#1" }),
				with(2*minute, written(minute, "web", "squashed", "f", "3"))},
			[]string{"", ""}},
		{"some kinds", status.Watch{Kinds: []status.EventKind{status.EventRecovered}}, []moment{with(0, state("web", status.Failed, "")), with(minute)}, []string{"", "recovered web"}},
		{"some policies", status.Watch{Channel: "team"},
			[]moment{with(0, state("api", status.Failed, ""), registryFails(9), folderFails, opened("opened", "api"), written(0, "api", "a", "f", "2")),
				with(minute, opened("opened", "web", "api"), gitFails, state("web", status.Failed, ""), state("api", status.Failed, ""))},
			[]string{"", "failed Git repository fleet web; pull-request Update x web"}},
		{"a policy that is gone", status.Watch{}, []moment{with(0, state("web", status.Failed, "")), with(minute, func(s *status.Status) { s.Policies = s.Policies[1:] }), with(2 * minute)},
			[]string{"failed web", "", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, run(t, test.watch, test.moments)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// What waits or is held is told with the tag that it is about.
func TestTagOfStanding(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		state     status.State
		reference status.Reference
		want      string
	}{
		{"waits", status.Waiting, status.Reference{Current: "1", Chosen: "1", Coming: "2"}, "1 to 2"},
		{"held", status.Held, status.Reference{Current: "1", Chosen: "1", Coming: "2"}, "1 to 2"},
		{"decided and not written", status.Waiting, status.Reference{Current: "1", Chosen: "2", Coming: "2"}, "1 to 2"},
		{"not known", status.Held, status.Reference{Current: "1", Chosen: "1"}, "1 to "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.reference.State = test.state
			s := status.Status{At: start, Started: start, Ready: true, Policies: []status.Policy{
				{Name: "web", State: test.state, Since: start, References: []status.Reference{test.reference}}}}
			events, _ := status.Watch{}.Events(status.Told{}, s)
			if len(events) != 1 || events[0].From+" to "+events[0].To != test.want {
				t.Errorf("told is %+v, want %s", events, test.want)
			}
		})
	}
}
