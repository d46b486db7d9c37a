package integration

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/writeback/forge"
)

const giteaConfig = `
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
APP_NAME = test
WORK_PATH = %[1]s
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %[2]s
ROOT_URL = http://127.0.0.1:%[2]s/
DISABLE_SSH = true
OFFLINE_MODE = true
STATIC_ROOT_PATH = %[3]s
[database]
DB_TYPE = sqlite3
PATH = %[1]s/gitea.db
[repository]
ROOT = %[1]s/repositories
[security]
INSTALL_LOCK = true
PASSWORD_HASH_ALGO = pbkdf2$1$1
[service]
DISABLE_REGISTRATION = true
[log]
MODE = console
LEVEL = Info
[log.console]
STDERR = true
[api]
MAX_RESPONSE_ITEMS = 10
[cron]
ENABLED = false
[session]
PROVIDER = memory
`

// gitea is a Gitea with a repository of a robot's, and two more people.
type gitea struct {
	binary, config, url string
	admin               string // a token that may do everything
}

func newGitea(t *testing.T) *gitea {
	t.Helper()
	binary, err := exec.LookPath("gitea")
	if err != nil {
		t.Skip("gitea is not installed; it can be built in the sources of code.gitea.io/gitea with the tags sqlite and sqlite_unlock_notify")
	}
	// Built without the tag bindata, it reads its texts from its sources.
	if binary, err = filepath.EvalSymlinks(binary); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	config := func(port string) string {
		return write(t, "app.ini", fmt.Appendf(nil, giteaConfig, filepath.ToSlash(folder), port, filepath.Dir(binary)))
	}
	g := &gitea{binary: binary, config: config("0")}
	g.run(t, "migrate")
	g.run(t, "admin", "user", "create", "--admin", "--username", "robot", "--password", password+"-1", "--email", "robot@example.com", "--must-change-password=false")
	for _, name := range []string{"ada", "grace"} {
		g.run(t, "admin", "user", "create", "--username", name, "--password", password+"-1", "--email", name+"@example.com", "--must-change-password=false")
	}
	g.admin = g.token(t, "robot", "all")
	address := freeAddress(t) // last, so that nobody else takes it meanwhile
	_, port, _ := strings.Cut(address, ":")
	g.url, g.config = "http://"+address, config(port)
	startServer(t, exec.CommandContext(t.Context(), binary, "web", "-c", g.config), "Starting new Web server")
	awaitListener(t, address) // it says so before it listens
	g.api(t, http.MethodPost, "/user/repos", map[string]any{"name": "fleet", "auto_init": true, "default_branch": "main"})
	for _, name := range []string{"ada", "grace"} {
		g.api(t, http.MethodPut, "/repos/robot/fleet/collaborators/"+name, map[string]any{"permission": "write"})
	}
	return g
}

// awaitListener returns when somebody listens on an address.
func awaitListener(t *testing.T, address string) {
	t.Helper()
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for {
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			connection.Close()
			return
		}
		select {
		case <-pause.C:
		case <-t.Context().Done():
			t.Fatal(err)
		}
	}
}

func (g *gitea) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), g.binary, append(args, "-c", g.config)...).Output()
	if err != nil {
		t.Fatalf("gitea %s: %v: %s", args[0], err, out)
	}
	return string(out)
}

func (g *gitea) token(t *testing.T, user, scopes string) string {
	t.Helper()
	out := g.run(t, "admin", "user", "generate-access-token", "--username", user, "--scopes", scopes, "--raw", "--token-name", strings.ReplaceAll(scopes, ":", "-"))
	lines := strings.Fields(out)
	return lines[len(lines)-1]
}

// api does what a person does with Gitea.
func (g *gitea) api(t *testing.T, method, path string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, g.url+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "token "+g.admin)
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if said, err := io.ReadAll(res.Body); err != nil || res.StatusCode > 299 {
		t.Fatalf("%s %s: %s: %s, %v", method, path, res.Status, said, err)
	}
}

// push makes a branch with a commit.
func (g *gitea) push(t *testing.T, branch, from, file string) {
	t.Helper()
	g.api(t, http.MethodPost, "/repos/robot/fleet/contents/"+file, map[string]any{
		"branch": from, "new_branch": branch, "message": "Update nginx", "content": base64.StdEncoding.EncodeToString([]byte("image: nginx:1.27\n"))})
}

// await asks until Gitea, which does so after its answer, has brought the latest pull request of a branch into a state.
func (g *gitea) await(t *testing.T, f forge.Forge, head string, state forge.State) forge.PullRequest {
	t.Helper()
	var found []forge.PullRequest
	for range 1000 {
		var err error
		if found, err = f.Find(t.Context(), head, "main"); err != nil || len(found) == 0 {
			t.Fatalf("found %v, %v", found, err)
		}
		if found[0].State == state {
			return found[0]
		}
	}
	t.Fatalf("%s is still %s", head, found[0].State)
	return forge.PullRequest{}
}

// forge is the client under test, by a token of the scopes.
func (g *gitea) forge(t *testing.T, token string) forge.Forge {
	t.Helper()
	f, err := forge.New(forge.Options{
		Kind: forge.Gitea, Remote: g.url + "/robot/fleet.git", Token: func(context.Context) (string, error) { return token, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.CloseIdleConnections)
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestGitea takes pull requests through their lives at a real Gitea.
func TestGitea(t *testing.T) {
	t.Parallel()
	g := newGitea(t)
	ctx, f := t.Context(), g.forge(t, g.token(t, "robot", "write:repository,write:issue,read:user"))
	const head = "image-updater/nginx"
	proposal := forge.Proposal{Title: "Update nginx to 1.27", Body: "| a | b |\n\n<!-- hidden -->", Head: head, Base: "main"}
	find := func(want ...string) []forge.PullRequest {
		t.Helper()
		found, err := f.Find(ctx, head, "main")
		must(t, err)
		var got []string
		for _, p := range found {
			got = append(got, fmt.Sprint(p.Number, " ", p.State))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("found %q, want %q", got, want)
		}
		return found
	}

	find()
	if _, err := f.Create(ctx, proposal); err == nil {
		t.Error("opened without a branch")
	}
	g.push(t, head, "main", "one.yaml")
	p, err := f.Create(ctx, proposal)
	must(t, err)
	if p.Number != 1 || p.State != forge.Open || p.Head != head || p.Base != "main" || len(p.HeadTip) != 40 || p.Author != "robot" || p.Body != proposal.Body {
		t.Errorf("opened %+v", p)
	}
	again, err := f.Create(ctx, proposal)
	if err != nil || again.Number != 1 {
		t.Errorf("opened again: %d, %v", again.Number, err)
	}
	p, err = f.Update(ctx, p, "Update nginx to 1.28", "new")
	if err != nil || p.Title != "Update nginx to 1.28" || p.Body != "new" {
		t.Errorf("updated: %+v, %v", p, err)
	}

	must(t, f.AddLabels(ctx, p, []string{"images", "image-updater/hold"}))
	must(t, f.AddLabels(ctx, p, []string{"images"}))
	must(t, f.RemoveLabel(ctx, p, "image-updater/hold"))
	must(t, f.RemoveLabel(ctx, p, "image-updater/hold"))
	if found := find("1 open"); !slices.Equal(found[0].Labels, []string{"images"}) || found[0].URL != p.URL {
		t.Errorf("labels %q, page %s", found[0].Labels, found[0].URL)
	}
	must(t, f.RequestReview(ctx, p, []string{"ada"}))
	must(t, f.Assign(ctx, p, []string{"ada"}))
	must(t, f.Assign(ctx, p, []string{"grace"}))
	for what, err := range map[string]error{
		"review": f.RequestReview(ctx, p, []string{"nobody"}), "assignment": f.Assign(ctx, p, []string{"nobody"}),
	} {
		if _, is := errors.AsType[*forge.RightsError](err); !is {
			t.Errorf("%s of nobody: %v", what, err)
		}
	}
	must(t, f.Comment(ctx, p, "first"))
	must(t, f.Comment(ctx, p, "second <!-- said -->"))
	if said, err := f.Comments(ctx, p); err != nil || len(said) != 2 || said[0].Body != "first" || said[1].Author != "robot" {
		t.Errorf("comments %+v, %v", said, err)
	}

	must(t, f.Close(ctx, p))
	must(t, f.Close(ctx, p))
	if found := find("1 closed"); found[0].Body != "new" || found[0].Closed.IsZero() {
		t.Errorf("closed: %+v", found[0])
	}
	draft := proposal
	draft.Draft = true
	p, err = f.Create(ctx, draft)
	if err != nil || !p.Draft || p.Title != proposal.Title {
		t.Errorf("a draft: %+v, %v", p, err)
	}
	must(t, f.Close(ctx, p))
	p, err = f.Create(ctx, proposal)
	must(t, err)
	find("3 open", "2 closed", "1 closed")
	g.api(t, http.MethodPost, "/repos/robot/fleet/branch_protections", map[string]any{"rule_name": "main", "enable_status_check": true, "status_check_contexts": []string{"ci"}})
	must(t, f.AutoMerge(ctx, p))
	must(t, f.AutoMerge(ctx, p))
	g.api(t, http.MethodPost, "/repos/robot/fleet/statuses/"+p.HeadTip, map[string]any{"context": "ci", "state": "success"})

	g.push(t, "release/1.0", "main", "release.yaml")
	for n, branch := range []string{"image-updater/a+b#1&c%20d", "image-updater/käse/brot"} {
		g.push(t, branch, "release/1.0", "slash.yaml")
		slashed := forge.Proposal{Title: "Update", Head: branch, Base: "release/1.0"}
		if _, err = f.Create(ctx, slashed); err != nil {
			t.Fatal(err)
		}
		found, err := f.Find(ctx, branch, "release/1.0")
		if err != nil || len(found) != 1 || found[0].Number != 4+n || found[0].Head != branch {
			t.Errorf("%s into release/1.0: %+v, %v", branch, found, err)
		}
		for _, p := range found {
			must(t, f.Close(ctx, p))
		}
	}

	g.push(t, "image-updater/redis", "main", "two.yaml")
	other := proposal
	other.Head = "image-updater/redis"
	_, err = f.Create(ctx, other)
	must(t, err)
	g.api(t, http.MethodDelete, "/repos/robot/fleet/branches/image-updater%2Fredis", nil)
	gone := g.await(t, f, other.Head, forge.Closed)
	if gone.Head != other.Head || len(gone.HeadTip) != 40 {
		t.Errorf("after the branch was deleted: %+v", gone)
	}
	if merged := g.await(t, f, head, forge.Merged); merged.Number != 3 || len(merged.MergeCommit) != 40 {
		t.Errorf("merged: %+v", merged)
	}
	if opened, err := f.Opened(ctx, "image-updater/"); err != nil || len(opened) != 0 {
		t.Errorf("opened %+v, %v", opened, err)
	}
}

// TestGiteaRights expects warnings of a token that may open pull requests and no more, and an error of one that is none.
func TestGiteaRights(t *testing.T) {
	t.Parallel()
	g := newGitea(t)
	ctx, f := t.Context(), g.forge(t, g.token(t, "robot", "write:repository"))
	g.push(t, "image-updater/nginx", "main", "one.yaml")
	p, err := f.Create(ctx, forge.Proposal{Title: "t", Body: "b", Head: "image-updater/nginx", Base: "main"})
	must(t, err)
	if _, is := errors.AsType[*forge.RightsError](f.AddLabels(ctx, p, []string{"images"})); !is {
		t.Errorf("labels: %v", f.AddLabels(ctx, p, []string{"images"}))
	}
	if e, is := errors.AsType[*forge.StatusError](f.Comment(ctx, p, "x")); !is || e.Status != http.StatusForbidden {
		t.Errorf("comment: %v", e)
	}
	_, err = g.forge(t, "0123456789012345678901234567890123456789").Find(ctx, "image-updater/nginx", "main")
	if e, is := errors.AsType[*forge.StatusError](err); !is || e.Status != http.StatusUnauthorized {
		t.Errorf("with a token that is none: %v", err)
	}
}
