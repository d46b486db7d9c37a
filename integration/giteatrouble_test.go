package integration

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestGiteaRunRights runs the program with tokens that may do less.
func TestGiteaRunRights(t *testing.T) {
	t.Parallel()
	g := newGitea(t)
	t.Run("no issues", func(t *testing.T) {
		t.Parallel()
		s := g.stage(t, g.token(t, "robot", "write:repository"), stagePolicies{
			write: "{mode: pull-request, labels: [images], reviewers: [ada, nobody], assignees: [grace]}"})
		r := s.says(t, "run", "opened: Update nginx to 1.27.4")
		for _, want := range []string{"label", "review"} {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("nothing is said of a %s:\n%s", want, r.stderr)
			}
		}
		s.says(t, "run", "unchanged")
		s.commit(t, nginxHead, map[string]string{"README.md": "mine\n"})
		if r := s.says(t, "run", "(edited)"); !strings.Contains(r.stderr, "comments") {
			t.Errorf("nothing is said of the comment:\n%s", r.stderr)
		}
		if r := s.says(t, "run", "(edited)"); r.stderr != "" {
			t.Errorf("it is said again:\n%s", r.stderr)
		}
		s.commit(t, "main", map[string]string{"apps/web.yaml": deployment("nginx:1.27.4")})
		s.says(t, "run", "(edited)")
		s.expect(t, "#1 open image-updater/nginx: Update nginx to 1.27.4")
	})
	t.Run("no issues, by hand", func(t *testing.T) {
		t.Parallel()
		s := g.stage(t, g.token(t, "grace", "write:repository"), stagePolicies{})
		s.says(t, "run", "opened: Update nginx to 1.27.4")
		s.commit(t, "main", map[string]string{"apps/web.yaml": deployment("nginx:1.27.4")})
		s.says(t, "run", "closed: Update nginx to 1.27.4")
		s.expect(t, "#1 closed image-updater/nginx: Update nginx to 1.27.4")
		if s.tip(t, nginxHead) != "" {
			t.Error("the branch is still there")
		}
	})
	t.Run("reads only", func(t *testing.T) {
		t.Parallel()
		token := g.token(t, "ada", "read:repository")
		s := g.stage(t, token, stagePolicies{})
		s.says(t, "plan", "would be opened")
		if r := s.run(t, "run"); r.code != 1 || strings.Contains(r.stdout+r.stderr, token) {
			t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		t.Parallel()
		const token = "0123456789012345678901234567890123456789"
		s := g.stage(t, token, stagePolicies{})
		if r := s.run(t, "run"); r.code != 1 || strings.Contains(r.stdout+r.stderr, token) {
			t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
		}
	})
}

func maxOpenStory(t *testing.T, s *stage) {
	s.says(t, "run", "fleet image-updater/nginx opened", "(max-open)")
	s.expect(t, "#1 open image-updater/nginx: Update nginx to 1.27.4")
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "fleet image-updater/nginx updated", "(max-open)")
	s.merge(t, 1, "squash")
	s.says(t, "run", "fleet image-updater/nginx merged", "fleet image-updater/redis opened")
	s.expect(t, "#1 merged image-updater/nginx: Update nginx to 1.28.0", "#2 open image-updater/redis: Update redis to 7.2.5")
}

// atOnceStory runs replicas at the same time, each with a state of its own.
func atOnceStory(t *testing.T, s *stage) {
	for round, title := range []string{"Update nginx to 1.27.4", "Update nginx to 1.28.0", "Update nginx to 1.29.0"} {
		if round > 0 {
			s.registry.Add("library/nginx", strings.TrimPrefix(title, "Update nginx to "))
		}
		var running sync.WaitGroup
		for i := range 3 {
			running.Go(func() {
				if r := s.run(t, "run", "--state-dir", fmt.Sprintf("%s/replica%d", s.dir, i)); r.code != 0 {
					t.Errorf("replica %d: exit %d\n%s%s", i, r.code, r.stdout, r.stderr)
				}
			})
		}
		running.Wait()
		var open []string
		for line := range strings.Lines(s.pulls(t)) {
			if strings.Contains(line, " open ") {
				open = append(open, strings.TrimSpace(line))
			}
		}
		if want := "#1 open image-updater/nginx: " + title; len(open) != 1 || open[0] != want {
			t.Errorf("open are %q, want %q", open, want)
		}
		if got := s.subjects(t, nginxHead); got != title {
			t.Errorf("on the branch is %q", got)
		}
	}
	t.Log(s.pulls(t))
	if said := s.comments(t, 1); len(said) > 0 {
		t.Errorf("they say %q", said)
	}
}

// killedStory kills the program before and after each request of the API that writes.
func killedStory(t *testing.T, s *stage) {
	for n, version := 1, 28; ; n++ {
		for _, after := range []bool{false, true} {
			s.registry.Add("library/nginx", fmt.Sprintf("1.%d.0", version))
			title := fmt.Sprintf("Update nginx to 1.%d.0", version)
			version++
			struck := s.killed(t, n, after)
			s.says(t, "run")
			want := []string{"#1 open image-updater/nginx: " + title}
			s.expect(t, want...)
			if got := s.subjects(t, nginxHead); got != title {
				t.Errorf("on the branch is %q", got)
			}
			s.forgets(t)
			s.proxy.take()
			s.says(t, "run", "unchanged")
			if _, writes := s.proxy.take(); len(writes) > 0 {
				t.Errorf("another run writes %q", writes)
			}
			if !struck {
				if n < 2 {
					t.Errorf("there is no request %d", n)
				}
				return
			}
		}
	}
}

// killed runs the program and kills it at the n-th request of the API that writes.
func (s *stage) killed(t *testing.T, n int, after bool) (struck bool) {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	cmd := exec.CommandContext(ctx, binary(t), "run")
	cmd.Dir, cmd.Env = s.dir, s.env
	dead := make(chan struct{})
	seen := 0
	strike := func(r *http.Request) {
		if r.Method == http.MethodGet {
			return
		}
		if seen++; seen == n {
			struck = true
			kill()
			<-dead
			if !after {
				panic(http.ErrAbortHandler)
			}
		}
	}
	if after {
		s.proxy.set(nil, strike)
	} else {
		s.proxy.set(strike, nil)
	}
	defer s.proxy.set(nil, nil)
	must(t, cmd.Start())
	go func() {
		defer close(dead)
		_ = cmd.Wait() // it is killed, mostly
	}()
	<-dead
	return struck
}

// injectionStory has a name of a file that is Markdown, HTML and a mention.
func injectionStory(t *testing.T, s *stage) {
	name := "apps/@ada #1 <img src=x onerror=alert(1)> | `**`x`**` [a](http:b) closes #1.yaml"
	s.commit(t, "main", map[string]string{name: deployment("nginx:1.25.3")})
	s.says(t, "run", "opened")
	p := s.pull(t, 1)
	shown := s.render(t, p.Body)
	for _, bad := range []string{"<img", `href="/ada"`, "/issues/1", "<strong>", `href="http:b"`} {
		if strings.Contains(shown, bad) {
			t.Errorf("it is shown with %s:\n%s", bad, shown)
		}
	}
	if n := strings.Count(shown, "<td"); n != 6 {
		t.Errorf("the table has %d cells:\n%s", n, shown)
	}
	s.forgets(t)
	s.says(t, "run", "unchanged")
}

// manyStory has more pull requests than a page of this Gitea's lists.
func manyStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	for i := range 12 {
		branch := fmt.Sprintf("theirs/%d", i)
		s.at.ask(t, http.MethodPost, s.path("/contents/theirs.txt"), map[string]any{"branch": "main", "new_branch": branch, "message": branch, "content": "eA=="}, nil)
		s.at.ask(t, http.MethodPost, s.path("/pulls"), map[string]any{"title": branch, "head": branch, "base": "main"}, nil)
	}
	s.forgets(t)
	s.says(t, "run", "unchanged")
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "updated: Update nginx to 1.28.0")
	if got, want := strings.Count(s.pulls(t), "image-updater/nginx"), 1; got != want {
		t.Errorf("%d pull requests of ours", got)
	}
	s.change(t, 1, map[string]any{"state": "closed"})
	for n := 2; n <= 13; n++ {
		s.change(t, n, map[string]any{"state": "closed"})
	}
	s.forgets(t)
	s.says(t, "run", "is not proposed again")
}

func renamedBaseStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	s.at.ask(t, http.MethodPatch, s.path("/branches/main"), map[string]any{"name": "trunk"}, nil)
	if r := s.run(t, "run"); r.code != 1 || !strings.Contains(r.stderr, "main") {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	policies := filepath.Join(s.dir, "policies.yaml")
	text, err := os.ReadFile(policies)
	must(t, err)
	must(t, os.WriteFile(policies, []byte(strings.Replace(string(text), "branch: main", "branch: trunk", 1)), 0o600))
	s.says(t, "run", "image-updater/nginx")
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "updated: Update nginx to 1.28.0")
	s.expect(t, "#1 open image-updater/nginx: Update nginx to 1.28.0")
}

// protectedStory has a rule that lets nobody push to our branches.
func protectedStory(t *testing.T, s *stage) {
	s.at.ask(t, http.MethodPost, s.path("/branch_protections"), map[string]any{"rule_name": "image-updater/**", "enable_push": false}, nil)
	r := s.run(t, "run")
	if r.code != 1 || !strings.Contains(r.stderr, "protected") {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	t.Log(r.stderr)
	s.expect(t, "")
}

func modeStory(t *testing.T, s *stage) {
	s.says(t, "run", "opened")
	policies := filepath.Join(s.dir, "policies.yaml")
	text, err := os.ReadFile(policies)
	must(t, err)
	must(t, os.WriteFile(policies, []byte(strings.Replace(string(text), "mode: pull-request", "mode: commit", 1)), 0o600))
	s.says(t, "run", "fleet main ")
	must(t, os.WriteFile(policies, text, 0o600))
	s.says(t, "run")
	t.Log(s.pulls(t), s.comments(t, 1))
	if s.tip(t, nginxHead) != "" {
		t.Error("the branch is still there")
	}
	s.registry.Add("library/nginx", "1.28.0")
	s.says(t, "run", "opened: Update nginx to 1.28.0")
}
