package web_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/internal/web"
	"github.com/image-updater/image-updater/internal/web/webtest"
)

// served is the part of a name of a file that changes with every change to it.
var served = regexp.MustCompile(`(/static/[\w-]+)\.[0-9a-f]+\.`)

// blank is a line that templates leave.
var blank = regexp.MustCompile(`\n\s*\n+`)

// small is a company in which there is one of each kind of thing, so that golden pages stay readable.
func small() status.Status {
	s := webtest.Status(now)
	names := []string{"billing-api", "postgres", "web", "nginx", "python-base", "feature-flags"}
	s.Policies = slices.DeleteFunc(s.Policies, func(p status.Policy) bool { return !slices.Contains(names, p.Name) })
	s.History = slices.DeleteFunc(s.History, func(w status.Written) bool { return !slices.Contains(names, w.Policy) })
	s.Registries = slices.Concat(s.Registries[:1], s.Registries[3:])
	s.Git = s.Git[1:2]
	s.Running = status.Pass{Number: 4184, Began: now.Add(-5 * time.Second), Reason: "a push event", Stage: "reading fleet"}
	s.Config.Fault, s.Config.FaultAt = webtest.Fault, now.Add(-3*time.Minute)
	s.Config.Short = []string{"docker.io: 120 pulls an hour are wanted, and 33 are allowed; intervals are stretched to 54m"}
	return s
}

func TestGoldenPages(t *testing.T) {
	t.Parallel()
	h := web.New(optionsOf(small()))
	for name, url := range map[string]string{
		"overview.html": "/", "policies.html": "/policies?q=a&state=waiting&sort=name", "policy.html": "/policies/nginx?verdicts=all",
		"registry.html": "/registries/docker.io", "git.html": "/git/platform", "history.html": "/history", "missing.html": "/nowhere/at/all",
		"empty.html": "/policies?q=nothing-at-all",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, page := ask(t, h, request(t, url))
			golden(t, name, strings.TrimSpace(blank.ReplaceAllString(served.ReplaceAllString(page, "$1."), "\n"))+"\n")
		})
	}
	golden(t, "starting.html", strings.TrimSpace(blank.ReplaceAllString(served.ReplaceAllString(get(t, web.New(optionsOf(status.Status{At: now})), "/"), "$1."), "\n"))+"\n")
}

// dressing is what only concerns how a text looks and what it leads to.
var dressing = regexp.MustCompile(`</?a\b[^>]*>|<wbr>`)

// plain is a page without its links and the places where long names may break.
func plain(page string) string { return dressing.ReplaceAllString(page, "") }

// The first sentence is the worst thing there is to say.
func TestHeadline(t *testing.T) {
	t.Parallel()
	in := func(states ...status.State) status.Status {
		s := status.Status{Ready: true}
		for _, state := range states {
			s.Policies = append(s.Policies, status.Policy{Name: "p", State: state})
		}
		return s
	}
	for _, test := range []struct {
		name   string
		change func(*status.Status)
		states []status.State
		want   string
		points []string
	}{
		{name: "all is well", states: []status.State{status.UpToDate, status.UpToDate}, want: "All is well", points: []string{"2 policies are all up to date."}},
		{name: "one policy", states: []status.State{status.UpToDate}, want: "All is well", points: []string{"1 policy is up to date."}},
		{name: "on its way", states: []status.State{status.UpToDate, status.Waiting, status.Proposed}, want: "All is well", points: []string{
			"1 of 3 policies is up to date.",
		}},
		{name: "first looks", states: []status.State{status.New, status.UpToDate, status.New}, want: "Looking for the first time", points: []string{
			"2 of 3 policies have no list of tags yet.",
		}},
		{name: "a new policy", states: []status.State{status.New, status.UpToDate}, want: "All is well"},
		{name: "held", states: []status.State{status.UpToDate, status.Held, status.NotFound}, want: "2 policies need a person"},
		{name: "failed", states: []status.State{status.Failed, status.Held}, want: "1 policy fails"},
		{name: "starting", change: func(s *status.Status) { s.Ready = false }, want: "Starting"},
		{
			name: "a remote that says nothing", change: func(s *status.Status) {
				s.Ready, s.Git = false, []status.Git{{Name: "fleet", Read: now}, {Name: "silent"}}
			}, want: "Starting", points: []string{"Git repository silent is being read for the first time."},
		},
		{
			name: "many remotes", change: func(s *status.Status) { s.Ready, s.Git = false, make([]status.Git, 5) },
			want: "Starting", points: []string{"So are 2 others."},
		},
		{name: "nothing", want: "There is nothing to do"},
		{
			name: "a fault", states: []status.State{status.UpToDate}, change: func(s *status.Status) { s.Config.Fault = "a: b" },
			want: "Something does not work", points: []string{"The policy file is not valid."},
		},
		{
			name: "a broken auth file", states: []status.State{status.UpToDate},
			change: func(s *status.Status) {
				s.Files = []status.File{{Flag: "--tls-cert"}, {Flag: "--auth-file", Error: "auth: line 2: no"}}
			},
			want: "Something does not work", points: []string{"What --auth-file names cannot be read, and what it held before still holds: auth: line 2: no."},
		},
		{
			name: "stuck", states: []status.State{status.UpToDate}, change: func(s *status.Status) { s.Running.Stuck = true },
			want: "Something does not work", points: []string{"The pass does not go on."},
		},
		{
			name: "refused credentials", states: []status.State{status.UpToDate},
			change: func(s *status.Status) { s.Registries = []status.Registry{{Host: "ghcr.io", Parked: "refused"}} },
			want:   "Something does not work", points: []string{"The credentials of ghcr.io are refused."},
		},
		{
			name: "one failed look is an accident", states: []status.State{status.UpToDate},
			change: func(s *status.Status) { s.Registries = []status.Registry{{Host: "ghcr.io", FailingFor: 1}} }, want: "All is well",
		},
		{name: "one policy that waits", states: []status.State{status.Waiting}, want: "All is well", points: []string{"1 policy is not up to date."}},
		{
			name: "everything at once", change: func(s *status.Status) {
				for name := range strings.FieldsSeq("a b c d e f g h i") {
					s.Git = append(s.Git, status.Git{Name: name, Error: "no route to host"})
				}
			}, want: "Something does not work", points: []string{
				"Git repository f cannot be read or written.", "And 3 more; each says so below.", "There are no policies.",
			},
		},
		{
			name: "policy files in git", states: []status.State{status.UpToDate},
			change: func(s *status.Status) { s.Git = []status.Git{{Name: "fleet", Fault: "no"}} },
			want:   "Something does not work", points: []string{"The policy files of Git repository fleet are not valid."},
		},
		{
			name: "git", states: []status.State{status.UpToDate}, change: func(s *status.Status) { s.Git = []status.Git{{Name: "fleet", Error: "no"}} },
			want: "Something does not work", points: []string{"Git repository fleet cannot be read or written."},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := in(test.states...)
			if test.change != nil {
				test.change(&s)
			}
			page := plain(get(t, web.New(optionsOf(s)), "/"))
			if want := `<h1 id="headline">` + test.want + "</h1>"; !strings.Contains(page, want) {
				t.Errorf("%s is missing in\n%s", want, page)
			}
			for _, point := range test.points {
				if !strings.Contains(page, `<p class="point">`+point+"</p>") {
					t.Errorf("%q is missing in\n%s", point, page)
				}
			}
		})
	}
}

// The beginning of the table leads to the whole one, whose pages are longer, and not to a second page.
func TestTableOfTheOverview(t *testing.T) {
	t.Parallel()
	h := web.New(optionsOf(webtest.Large(now, 250)))
	page := get(t, h, "/")
	if n := strings.Count(page, "<tr role=\"row\" data-row="); n != 10 || strings.Contains(page, "page=2") || !strings.Contains(page, "1 to 10 here") {
		t.Errorf("%d rows, or a second page", n)
	}
	seen := 0
	for _, url := range []string{"/policies", "/policies?page=2", "/policies?page=3"} {
		seen += strings.Count(get(t, h, url), "<tr role=\"row\" data-row=")
	}
	if seen != 250 {
		t.Errorf("%d of 250 on the pages of the table", seen)
	}
	if page := get(t, h, "/policies?page=9"); !strings.Contains(page, "1 to 100 here") {
		t.Error("a page that is not there is not the first")
	}
}

// What a commit has changed in several places in the same way is told once on the first page.
func TestLatestChanges(t *testing.T) {
	t.Parallel()
	change := func(policy, file, to, commit string) status.Written {
		return status.Written{When: now, Policy: policy, Git: "fleet", File: file, From: "1", To: to, Commit: status.Link{Text: commit}}
	}
	s := status.Status{Ready: true, History: []status.Written{
		change("api", "a.yaml", "2", "c1"), change("api", "b.yaml", "2", "c1"), change("api", "c.yaml", "3", "c1"), change("web", "a.yaml", "3", "c1"),
	}}
	page := get(t, web.New(optionsOf(s)), "/")
	if n := strings.Count(page, `<a class="name" href="/policies/`); n != 3 || strings.Count(page, "2 places") != 1 {
		t.Errorf("%d changes in\n%s", n, page)
	}
}

// Where no registry tells when a tag was pushed, there is no empty column for it.
func TestDecisionWithoutTimes(t *testing.T) {
	t.Parallel()
	o := options()
	for name, pushed := range map[string]time.Time{"known": now.Add(-time.Hour), "not known": {}} {
		o.Explain = func(context.Context, web.Place) (status.Decision, error) {
			return status.Decision{Current: "1", Chosen: "1", Verdicts: []status.Verdict{{Tag: "1", Verdict: "chosen", Pushed: pushed}}}, nil
		}
		page := get(t, web.New(o), "/policies/nginx")
		if got := strings.Contains(page, ">Pushed</th>"); got != !pushed.IsZero() {
			t.Errorf("%s: a column for it is %t", name, got)
		}
	}
}
