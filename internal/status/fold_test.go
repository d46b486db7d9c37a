package status_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/internal/status"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func loaded(names ...string) status.Loaded {
	l := status.Loaded{At: noon, Config: status.Config{Loaded: noon}, Git: []status.Git{{Name: "fleet"}, {Name: "shop"}}}
	for _, name := range names {
		l.Policies = append(l.Policies, status.Policy{Name: name, Image: name, Registry: "docker.io", Git: []string{"fleet", "shop"}})
	}
	return l
}

func pass(at time.Time, found ...status.Finding) status.Findings {
	return status.Findings{Pass: status.Pass{Number: 1, Began: at, Ended: at}, Found: found}
}

func reference(git string, state status.State) status.Reference {
	return status.Reference{Git: git, File: "a.yaml", State: state, Why: status.Reason{Rule: string(state)}}
}

// TestStateOfPolicy: a policy has the first of the states of its references and of what is said of it as a whole.
func TestStateOfPolicy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		references []status.Reference
		notes      []status.Note
		want       status.State
		why        string
	}{
		{name: "nothing is known", want: status.New},
		{name: "all is well", references: []status.Reference{reference("fleet", status.UpToDate)}, want: status.UpToDate},
		{name: "one waits", references: []status.Reference{reference("fleet", status.UpToDate), reference("fleet", status.Waiting)},
			want: status.Waiting, why: "waiting"},
		{name: "one is held", references: []status.Reference{reference("fleet", status.Proposed), reference("fleet", status.Held)},
			want: status.Held, why: "held"},
		{name: "the whole has failed", references: []status.Reference{reference("fleet", status.Held)},
			notes: []status.Note{{Git: "fleet", State: status.Failed, Why: status.Reason{Rule: "error"}}}, want: status.Failed, why: "error"},
		{name: "suspended", references: []status.Reference{reference("fleet", status.UpToDate)},
			notes: []status.Note{{Git: "fleet", State: status.Suspended, Why: status.Reason{Rule: "suspend"}}}, want: status.Suspended, why: "suspend"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := status.Status{}.Load(loaded("web")).Pass(pass(noon.Add(time.Minute), status.Finding{
				Policy: "web", Git: "fleet", References: test.references, Notes: test.notes}))
			if got := s.Policies[0]; got.State != test.want || got.Why.Rule != test.why {
				t.Errorf("it is %q for %q, want %q for %q", got.State, got.Why.Rule, test.want, test.why)
			}
		})
	}
}

// TestPassOfOneRepository: what is known of other Git repositories and policies stays.
func TestPassOfOneRepository(t *testing.T) {
	t.Parallel()
	s := status.Status{}.Load(loaded("web", "api"))
	first := s.Pass(pass(noon, status.Finding{Policy: "web", Git: "fleet", References: []status.Reference{reference("fleet", status.Held)}},
		status.Finding{Policy: "web", Git: "shop", References: []status.Reference{reference("shop", status.UpToDate)}}))
	second := first.Pass(pass(noon.Add(time.Hour), status.Finding{Policy: "web", Git: "shop", References: []status.Reference{reference("shop", status.Waiting)}}))
	web := second.Policies[0]
	if len(web.References) != 2 || web.State != status.Held || !web.Since.Equal(noon) {
		t.Errorf("after a pass of the other repository: %+v", web)
	}
	third := second.Pass(pass(noon.Add(2*time.Hour), status.Finding{Policy: "web", Git: "fleet", Unread: true,
		Notes: []status.Note{{Git: "fleet", State: status.Failed, Why: status.Reason{Rule: "error", Detail: "down"}}}}))
	web = third.Policies[0]
	if len(web.References) != 2 || web.State != status.Failed || !web.Since.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("after a pass that could not read: %+v", web)
	}
	if third.Policies[1].State != status.New {
		t.Errorf("a policy that was not decided is %q", third.Policies[1].State)
	}
}

// TestLooks: a failure of a look is told of each policy of the image, until one succeeds.
func TestLooks(t *testing.T) {
	t.Parallel()
	s := status.Status{}.Load(loaded("web", "api")).Pass(pass(noon,
		status.Finding{Policy: "web", Git: "fleet", References: []status.Reference{reference("fleet", status.UpToDate)}}))
	look := status.Look{Image: "web", Registry: "docker.io", At: noon, Error: "refused"}
	failed := s.Looks(noon, []status.Look{look})
	if p := failed.Policies[0]; p.State != status.Failed || p.Why.Detail != "refused" || !p.Looked.IsZero() {
		t.Errorf("after a failure: %+v", p)
	}
	look.Error, look.At, look.New = "", noon.Add(time.Hour), true
	mended := failed.Looks(noon.Add(time.Hour), []status.Look{look})
	if p := mended.Policies[0]; p.State != status.UpToDate || !p.Looked.Equal(look.At) || !p.NewTags.Equal(look.At) {
		t.Errorf("after a look that went well: %+v", p)
	}
	quiet := mended.Looks(noon.Add(time.Hour), []status.Look{{Image: "web", Registry: "docker.io", Quiet: true, Next: noon.Add(2 * time.Hour)}})
	if p := quiet.Policies[0]; !p.Looked.Equal(look.At) || !p.NextLook.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("after a plan: %+v", p)
	}
}

// TestHistory: the latest first, no more than are kept, and what was known before the start goes behind what was written
// since, once.
func TestHistory(t *testing.T) {
	t.Parallel()
	s := status.Status{}.Load(loaded("web"))
	written := func(i int) status.Written {
		return status.Written{When: noon.Add(time.Duration(i) * time.Minute), Policy: "web", To: fmt.Sprint(i), Commit: status.Link{Text: fmt.Sprint(i)}}
	}
	s = s.Wrote([]status.Written{written(500)})
	var older []status.Written
	for i := range 300 {
		older = append(older, written(500-i))
	}
	s = s.Remember(older)
	if len(s.History) != status.HistoryKept {
		t.Fatalf("%d are kept", len(s.History))
	}
	for i, w := range s.History {
		if w.To != fmt.Sprint(500-i) {
			t.Fatalf("in place %d is %s", i, w.To)
		}
	}
	if p := s.Policies[0]; !p.Written.Equal(written(499).When) || p.Commit.Text != "499" {
		t.Errorf("the policy was written %v by %v", p.Written, p.Commit)
	}
}

// TestReloadKeeps: a policy of the same name and image keeps what is known of it, as far as it writes to the same places.
func TestReloadKeeps(t *testing.T) {
	t.Parallel()
	s := status.Status{}.Load(loaded("web")).Pass(pass(noon,
		status.Finding{Policy: "web", Git: "fleet", References: []status.Reference{reference("fleet", status.Held)}},
		status.Finding{Policy: "web", Git: "shop", References: []status.Reference{reference("shop", status.UpToDate)}}))
	l := loaded("web", "api")
	l.At, l.Policies[0].Git = noon.Add(time.Hour), []string{"shop"}
	if p := s.Load(l).Policies[0]; len(p.References) != 1 || p.State != status.UpToDate || !p.Since.Equal(l.At) {
		t.Errorf("with one repository less: %+v", p)
	}
	l.Policies[0].Image = "other"
	if p := s.Load(l).Policies[0]; len(p.References) != 0 || p.State != status.New {
		t.Errorf("with another image: %+v", p)
	}
	if fault := s.Fault("no", noon); fault.Config.Fault != "no" || len(fault.Policies) != 1 {
		t.Errorf("with an error: %+v", fault.Config)
	}
}

// TestFoldsChangeNothing: whoever holds a status sees the same in it after any steps, and the same steps give the same.
func TestFoldsChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"web", "api", "db"}
		at := noon
		step := func(s status.Status) func(status.Status) status.Status {
			at = at.Add(time.Minute)
			now, name := at, rapid.SampledFrom(names).Draw(t, "policy")
			state := rapid.SampledFrom(status.States).Draw(t, "state")
			git := rapid.SampledFrom([]string{"fleet", "shop"}).Draw(t, "git")
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				return func(s status.Status) status.Status {
					return s.Looks(now, []status.Look{{Image: name, Registry: "docker.io", At: now, Error: map[bool]string{true: "no"}[state == status.Failed]}})
				}
			case 1:
				return func(s status.Status) status.Status {
					f := pass(now, status.Finding{Policy: name, Git: git, References: []status.Reference{reference(git, state)}})
					f.Written = []status.Written{{When: now, Policy: name}}
					f.Git = []status.Git{{Name: git, Read: now, Tip: now.String()}}
					return s.Pass(f)
				}
			case 2:
				kept := slices.Clone(names[:1+rapid.IntRange(0, 2).Draw(t, "policies")])
				return func(s status.Status) status.Status { return s.Load(loaded(kept...)) }
			}
			if rapid.Bool().Draw(t, "silent") {
				return func(s status.Status) status.Status { return s.Silent(git, "no answer", now) }
			}
			return func(s status.Status) status.Status { return s.Fault("no", now) }
		}
		s := status.Status{}.Load(loaded(names...))
		type moment struct{ was, copied status.Status }
		var moments []moment
		for range 20 {
			next := step(s)
			moments = append(moments, moment{s, deep(s)})
			a, b := next(s), next(s)
			if diff := cmp.Diff(a, b); diff != "" {
				t.Fatalf("the same step gives something else:\n%s", diff)
			}
			s = a
			for _, p := range s.Policies {
				if p.Since.IsZero() || !slices.Contains(status.States, p.State) {
					t.Fatalf("%+v", p)
				}
			}
		}
		for _, m := range moments {
			if diff := cmp.Diff(m.copied, m.was); diff != "" {
				t.Fatalf("a status that was shown has changed:\n%s", diff)
			}
		}
	})
}

// deep returns a status that shares nothing with the one given.
func deep(s status.Status) status.Status {
	s.Policies, s.Git, s.History = slices.Clone(s.Policies), slices.Clone(s.Git), slices.Clone(s.History)
	for i := range s.Policies {
		s.Policies[i].References = slices.Clone(s.Policies[i].References)
		s.Policies[i].Notes = slices.Clone(s.Policies[i].Notes)
	}
	return s
}

// TestLoadNotes: what only the policy files say of a policy is gone with them, and what was learned stays.
func TestLoadNotes(t *testing.T) {
	t.Parallel()
	nowhere := status.Note{State: status.NotFound, Why: status.Reason{Rule: "not-found", Detail: "the policy names no Git repository"}}
	suspended := status.Note{State: status.Suspended, Why: status.Reason{Rule: "suspend"}}
	unlisted := status.Note{State: status.Failed, Why: status.Reason{Rule: status.RuleError, Detail: "no answer"}}
	inFleet := status.Note{Git: "fleet", State: status.NotFound, Why: status.Reason{Rule: "not-found"}}
	for _, test := range []struct {
		name         string
		before, read []status.Note
		git          []string
		want         []status.Note
		wantState    status.State
	}{
		{name: "it says the same again", before: []status.Note{nowhere}, read: []status.Note{nowhere}, want: []status.Note{nowhere}, wantState: status.NotFound},
		{name: "a Git repository was added", before: []status.Note{nowhere}, git: []string{"fleet"}, wantState: status.New},
		{name: "no longer suspended", before: []status.Note{suspended}, git: []string{"fleet"}, wantState: status.New},
		{name: "learned of the registry", before: []status.Note{unlisted}, git: []string{"fleet"}, want: []status.Note{unlisted}, wantState: status.Failed},
		{name: "learned of Git", before: []status.Note{inFleet}, git: []string{"fleet"}, want: []status.Note{inFleet}, wantState: status.NotFound},
		{name: "of Git no longer written to", before: []status.Note{inFleet}, git: []string{"infra"}, wantState: status.New},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before := status.Status{Policies: []status.Policy{{Name: "web", Image: "nginx", Notes: test.before}}}
			read := status.Policy{Name: "web", Image: "nginx", Git: test.git, Notes: test.read}
			got := before.Load(status.Loaded{At: start, Policies: []status.Policy{read}}).Policies[0]
			if diff := cmp.Diff(test.want, got.Notes); diff != "" || got.State != test.wantState {
				t.Errorf("it is %q, want %q; notes (-want +got):\n%s", got.State, test.wantState, diff)
			}
		})
	}
}

// TestReadyWithoutGit: where nothing is written to there is nothing to wait for.
func TestReadyWithoutGit(t *testing.T) {
	t.Parallel()
	if s := (status.Status{}).Load(status.Loaded{At: noon}); !s.Ready {
		t.Error("it is not ready without a Git repository")
	}
	if s := (status.Status{}).Load(loaded("web")); s.Ready {
		t.Error("it is ready before a Git repository was read")
	}
}

// TestReadyBesideSilence: a Git repository that does not answer is told with its reason and no longer waited for; once it has
// answered that is over.
func TestReadyBesideSilence(t *testing.T) {
	t.Parallel()
	l := loaded("web")
	l.Git = []status.Git{{Name: "fleet"}, {Name: "shop"}}
	f := pass(noon)
	f.Git = []status.Git{{Name: "shop", Read: noon}}
	s := (status.Status{}).Load(l).Pass(f)
	if s.Ready {
		t.Error("it is ready before the other Git repository was read")
	}
	s = s.Silent("fleet", "nothing comes", noon)
	if !s.Ready || s.Git[0].Error != "nothing comes" || !s.Git[0].Since.Equal(noon) || s.Git[1].Error != "" {
		t.Errorf("ready: %v, %+v", s.Ready, s.Git)
	}
	f.Git = []status.Git{{Name: "fleet", Read: noon}}
	if s = s.Pass(f); s.Git[0].Error != "" || !s.Git[0].Since.IsZero() {
		t.Errorf("once it has answered: %+v", s.Git[0])
	}
}

// TestProposal: a policy shows the pull request of one Git repository until that is closed, whatever is found in another.
func TestProposal(t *testing.T) {
	t.Parallel()
	first, second := status.Link{Text: "#1"}, status.Link{Text: "#2"}
	found := func(git string, l status.Link) status.Finding {
		return status.Finding{Policy: "web", Git: git, Proposal: l}
	}
	for _, test := range []struct {
		name   string
		passes [][]status.Finding
		want   status.Link
		since  int // the pass
	}{
		{name: "none", passes: [][]status.Finding{{found("fleet", status.Link{})}}},
		{name: "nothing new", passes: [][]status.Finding{{found("fleet", first)}, {found("fleet", first)}}, want: first},
		{name: "none in the other", passes: [][]status.Finding{{found("fleet", first), found("shop", status.Link{})}}, want: first},
		{name: "one in the other", passes: [][]status.Finding{{found("fleet", first)}, {found("shop", second)}}, want: first},
		{name: "another one", passes: [][]status.Finding{{found("fleet", first)}, {found("fleet", second)}}, want: second, since: 1},
		{name: "closed", passes: [][]status.Finding{{found("fleet", first)}, {found("fleet", status.Link{})}}},
		{name: "closed, and one is left", passes: [][]status.Finding{{found("fleet", first)}, {found("fleet", status.Link{}), found("shop", second)}}, want: second, since: 1},
		{name: "unread", passes: [][]status.Finding{{found("fleet", first)}, {{Policy: "web", Git: "fleet", Unread: true}}}, want: first},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := status.Status{}.Load(loaded("web"))
			for i, f := range test.passes {
				s = s.Pass(pass(noon.Add(time.Duration(i)*time.Hour), f...))
			}
			since := noon.Add(time.Duration(test.since) * time.Hour)
			if test.want == (status.Link{}) {
				since = time.Time{}
			}
			got := s.Policies[0]
			if got.Proposal != test.want || !got.ProposalAt.Equal(since) {
				t.Errorf("it shows %q since %v, want %q since %v", got.Proposal.Text, got.ProposalAt, test.want.Text, since)
			}
		})
	}
}
