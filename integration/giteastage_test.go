package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/registrytest"
)

// stage is a repository at a Gitea, a registry, and a folder with the policy file from which the binary is run. The
// binary reaches Gitea by a proxy that counts.
type stage struct {
	workplace
	at       *gitea
	name     string // of the repository
	proxy    *counter
	registry *registrytest.Registry
	clone    string // of the person
}

// The parts of a policy file that differ from stage to stage.
type stagePolicies struct {
	write    string // in braces
	policies string // "" is one for nginx
}

const stageFile = `apiVersion: image-updater/v1
registries:
  - {host: docker.io, endpoint: "%s"}
git:
  - name: fleet
    url: %s/robot/%s.git
    branch: main
    auth: {username: robot, tokenEnv: TOKEN}
    forge: {kind: gitea}
    write: %s
defaults: {git: fleet, interval: 0}
policies:
%s`

// stage makes a repository with files for nginx 1.25.3 and redis 7.0.1.
func (g *gitea) stage(t *testing.T, token string, with stagePolicies) *stage {
	t.Helper()
	program(t, "git")
	s := &stage{at: g, name: strings.ToLower(strings.NewReplacer("_", "-", ",", "").Replace(t.Name()[strings.LastIndexByte(t.Name(), '/')+1:])),
		registry: registrytest.New(registrytest.Options{})}
	s.registry.Add("library/nginx", "1.25.3", "1.27.4")
	s.registry.Add("library/redis", "7.0.1", "7.2.5")
	s.at.ask(t, http.MethodPost, "/user/repos", map[string]any{"name": s.name, "auto_init": true, "default_branch": "main"}, nil)
	for _, name := range []string{"ada", "grace"} {
		s.at.ask(t, http.MethodPut, s.path("/collaborators/"+name), map[string]any{"permission": "write"}, nil)
	}
	s.clone = filepath.Join(t.TempDir(), "clone")
	s.run1(t, "", "git", "clone", "-q", strings.Replace(g.url, "http://", "http://ada:"+password+"-1@", 1)+"/robot/"+s.name+".git", s.clone)
	s.commit(t, "main", map[string]string{
		"apps/web.yaml": deployment("nginx:1.25.3"), "apps/db.yaml": deployment("redis:7.0.1"),
	})

	s.proxy = &counter{next: proxyTo(t, g.url)}
	front := httptest.NewServer(s.proxy)
	t.Cleanup(front.Close)
	if with.write == "" {
		with.write = "{mode: pull-request}"
	}
	if with.policies == "" {
		with.policies = "  - {name: nginx, image: nginx}\n"
	}
	s.workplace = newWorkplace(t, fmt.Sprintf(stageFile, s.registry.Serve(t).URL, front.URL, s.name, with.write, with.policies), "TOKEN="+token)
	return s
}

func (s *stage) path(rest string) string { return "/repos/robot/" + s.name + rest }

func proxyTo(t *testing.T, to string) http.Handler {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // so that what Gitea says of itself leads here
	}}
}

// counter counts what is asked of an API.
type counter struct {
	next http.Handler

	mu     sync.Mutex // guards the fields that follow
	asked  []string
	before func(*http.Request) // is called before a request of the API is passed on
	after  func(*http.Request) // and after it was answered to us, before anybody else hears of it
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		c.next.ServeHTTP(w, r)
		return
	}
	c.mu.Lock()
	c.asked = append(c.asked, r.Method+" "+r.URL.RequestURI())
	before, after := c.before, c.after
	c.mu.Unlock()
	if before != nil {
		before(r)
	}
	if after == nil {
		c.next.ServeHTTP(w, r)
		return
	}
	said := httptest.NewRecorder()
	c.next.ServeHTTP(said, r)
	after(r)
	maps.Copy(w.Header(), said.Header())
	w.WriteHeader(said.Code)
	_, _ = w.Write(said.Body.Bytes()) // the client may be gone
}

func (c *counter) set(before, after func(*http.Request)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before, c.after = before, after
}

// take returns what was asked since the last call, and of that what does not only read.
func (c *counter) take() (all, writes []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, c.asked = c.asked, nil
	for _, asked := range all {
		if !strings.HasPrefix(asked, http.MethodGet+" ") {
			writes = append(writes, asked)
		}
	}
	return all, writes
}

// ask asks Gitea as its administrator.
func (g *gitea) ask(t *testing.T, method, path string, body, into any) {
	t.Helper()
	status, said := g.tell(t, method, path, body)
	if status > 299 {
		t.Fatalf("%s %s: %d: %s", method, path, status, said)
	}
	if into != nil {
		must(t, json.Unmarshal(said, into))
	}
}

// tell returns what Gitea answers to its administrator.
func (g *gitea) tell(t *testing.T, method, path string, body any) (status int, said []byte) {
	t.Helper()
	text, err := json.Marshal(body)
	must(t, err)
	if body == nil {
		text = nil
	}
	req, err := http.NewRequestWithContext(t.Context(), method, g.url+"/api/v1"+path, bytes.NewReader(text))
	must(t, err)
	req.Header.Set("Authorization", "token "+g.admin)
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	must(t, err)
	defer res.Body.Close()
	said, err = io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, said
}

// eventually returns when something has come about that Gitea does after its answer.
func eventually(t *testing.T, done func() bool) {
	t.Helper()
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for !done() {
		select {
		case <-pause.C:
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}

// run1 runs a program in a folder and returns what it says.
func (s *stage) run1(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func (s *stage) git(t *testing.T, args ...string) string {
	t.Helper()
	return s.run1(t, s.clone, "git", args...)
}

// commit is a commit of a person on a branch.
func (s *stage) commit(t *testing.T, branch string, files map[string]string) {
	t.Helper()
	s.checkout(t, branch)
	for name, text := range files {
		path := filepath.Join(s.clone, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte(text), 0o600))
	}
	s.git(t, "add", "-A")
	s.git(t, "commit", "-q", "-m", "By hand")
	s.git(t, "push", "-q", "origin", "HEAD:"+branch)
}

func (s *stage) checkout(t *testing.T, branch string) {
	t.Helper()
	s.git(t, "fetch", "-q", "-p", "origin")
	s.git(t, "checkout", "-q", "-B", branch, "origin/"+branch)
}

// tip returns the id of a branch, "" if it is not there.
func (s *stage) tip(t *testing.T, branch string) string {
	t.Helper()
	id, _, _ := strings.Cut(s.git(t, "ls-remote", "origin", "refs/heads/"+branch), "\t")
	return id
}

// show returns a file on a branch.
func (s *stage) show(t *testing.T, branch, path string) string {
	t.Helper()
	s.git(t, "fetch", "-q", "-p", "origin")
	return s.git(t, "show", "origin/"+branch+":"+path)
}

// subjects are those of the commits of a branch that main has not, the latest first.
func (s *stage) subjects(t *testing.T, branch string) string {
	t.Helper()
	s.git(t, "fetch", "-q", "-p", "origin")
	return strings.TrimSpace(s.git(t, "log", "--format=%s", "origin/main..origin/"+branch))
}

type stagePull struct {
	Number       int
	Title, Body  string
	State        string
	Merged       bool
	Labels       []struct{ Name string }
	Assignees    []struct{ Login string }
	Reviewers    []struct{ Login string } `json:"requested_reviewers"`
	Head         struct{ Label, SHA string }
	Base         struct{ Ref string }
	ChangedFiles int `json:"changed_files"`
	Mergeable    bool
}

// pulls returns a line for each pull request, by number.
func (s *stage) pulls(t *testing.T) string {
	t.Helper()
	var lines []string
	for n := 1; ; n++ {
		var list []stagePull
		s.at.ask(t, http.MethodGet, s.path(fmt.Sprintf("/pulls?state=all&sort=oldest&page=%d", n)), nil, &list)
		for _, p := range list {
			state := p.State
			if p.Merged {
				state = "merged"
			}
			lines = append(lines, fmt.Sprintf("#%d %s %s: %s", p.Number, state, p.Head.Label, p.Title))
		}
		if len(list) == 0 {
			return strings.Join(lines, "\n")
		}
	}
}

func (s *stage) pull(t *testing.T, number int) stagePull {
	t.Helper()
	var p stagePull
	s.at.ask(t, http.MethodGet, s.path(fmt.Sprintf("/pulls/%d", number)), nil, &p)
	return p
}

func (s *stage) comments(t *testing.T, number int) []string {
	t.Helper()
	var all []struct{ Body string }
	s.at.ask(t, http.MethodGet, s.path(fmt.Sprintf("/issues/%d/comments", number)), nil, &all)
	var texts []string
	for _, c := range all {
		texts = append(texts, c.Body)
	}
	return texts
}

func (s *stage) change(t *testing.T, number int, what map[string]any) {
	t.Helper()
	s.at.ask(t, http.MethodPatch, s.path(fmt.Sprintf("/pulls/%d", number)), what, nil)
}

// label gives a label to a pull request.
func (s *stage) label(t *testing.T, number int, name string) {
	t.Helper()
	var made struct{ ID int }
	s.at.ask(t, http.MethodPost, s.path("/labels"), map[string]any{"name": name, "color": "#ededed"}, &made)
	s.at.ask(t, http.MethodPost, s.path(fmt.Sprintf("/issues/%d/labels", number)), map[string]any{"labels": []int{made.ID}}, nil)
}

// expect holds the pull requests against lines.
func (s *stage) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := s.pulls(t); got != strings.Join(want, "\n") {
		t.Fatalf("pull requests:\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// says runs the program and expects lines of its output.
func (s *stage) says(t *testing.T, args string, want ...string) result {
	t.Helper()
	r := s.ok(t, strings.Fields(args)...)
	for _, part := range want {
		if !strings.Contains(r.stdout, part) {
			t.Fatalf("image-updater %s does not say %q:\n%s%s", args, part, r.stdout, r.stderr)
		}
	}
	return r
}

// render has Gitea make HTML of a body.
func (s *stage) render(t *testing.T, body string) string {
	t.Helper()
	_, said := s.at.tell(t, http.MethodPost, "/markup", map[string]any{"Text": body, "Mode": "comment", "Context": "robot/" + s.name})
	return string(said)
}

// forgets takes the state away.
func (s *stage) forgets(t *testing.T) {
	t.Helper()
	must(t, os.RemoveAll(filepath.Join(s.dir, "state")))
}
