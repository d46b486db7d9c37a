package gittest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/image-updater/image-updater/internal/gittest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func create(t *testing.T, files gittest.Files) (string, *gittest.Repository) {
	t.Helper()
	if err := gittest.Available(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	repo, err := gittest.Create(filepath.Join(dir, "fleet.git"), files)
	if err != nil {
		t.Fatal(err)
	}
	return dir, repo
}

// run runs the git command line as a user would.
func run(t *testing.T, dir string, env []string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "GIT_AUTHOR_NAME=A",
		"GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com")...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestRepository(t *testing.T) {
	t.Parallel()
	_, repo := create(t, gittest.Files{"a.yaml": "one\n", "b/c \"d\".txt": "two"})
	if got, err := repo.File("main", "b/c \"d\".txt"); err != nil || got != "two" {
		t.Errorf("file %q, %v", got, err)
	}
	id, err := repo.CommitEntries("main", "Second\n\nbody\n", []gittest.Entry{
		{Path: "run", Mode: "100755", Data: "#!"}, {Path: "link", Mode: "120000", Data: "run"}, {Path: "a.yaml"},
	})
	if err != nil {
		t.Fatal(err)
	}
	log, err := repo.Log("main")
	if err != nil {
		t.Fatal(err)
	}
	want := gittest.Logged{
		ID: id, Author: "A Person <person@example.com>", Committer: "A Person <person@example.com>", Time: "1767225600",
		Message: "Second\n\nbody\n",
	}
	if diff := cmp.Diff(want, log[0]); diff != "" || len(log) != 2 {
		t.Errorf("%d commits, %s", len(log), diff)
	}
	tree, err := repo.Tree("main")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, line := range tree {
		mode, rest, _ := strings.Cut(line, " ")
		_, path, _ := strings.Cut(rest, "\t")
		names = append(names, mode+" "+path)
	}
	if diff := cmp.Diff([]string{"040000 b", `100644 b/c "d".txt`, "120000 link", "100755 run"}, names); diff != "" {
		t.Error(diff)
	}
	if err := repo.Fsck(); err != nil {
		t.Error(err)
	}
	if _, err := repo.Tip("none"); err == nil {
		t.Error("a branch that does not exist has a tip")
	}
	if err := repo.SetTip("main", ""); err != nil {
		t.Error(err)
	}
}

// TestServer has the git command line as the client, so that nothing here is only what our own client takes it for.
func TestServer(t *testing.T) {
	t.Parallel()
	dir, repo := create(t, gittest.Files{"a.yaml": "one\n"})
	server := gittest.New(dir)
	front := httptest.NewServer(server)
	t.Cleanup(front.Close)
	url := strings.Replace(front.URL, "http://", "http://me:secret@", 1) + "/fleet.git"
	work := filepath.Join(t.TempDir(), "work")
	server.Set(gittest.Faults{Username: "me", Password: "secret"})
	if out, err := run(t, "", nil, "clone", "-q", "--filter=blob:none", "--no-checkout", url, work); err != nil || out != "" {
		t.Fatalf("clone: %v\n%s", err, out)
	}
	adverts, calls := server.Count(gittest.UploadPack)
	if adverts == 0 || calls == 0 {
		t.Errorf("%d advertisements, %d calls", adverts, calls)
	}
	for _, r := range server.Requests() {
		if r.Status == http.StatusOK && (r.Out == 0 || !r.Auth) {
			t.Errorf("request %+v", r)
		}
	}
	commit := func(message string) {
		t.Helper()
		if out, err := run(t, work, nil, "commit", "-q", "--allow-empty", "-m", message); err != nil {
			t.Fatal(out)
		}
	}
	push := func(want string) {
		t.Helper()
		out, err := run(t, work, nil, "push", "-q", "origin", "HEAD:refs/heads/main")
		if (err == nil) != (want == "") || !strings.Contains(out, want) {
			t.Errorf("push: %v, want %q\n%s", err, want, out)
		}
	}
	if out, err := run(t, work, nil, "read-tree", "HEAD"); err != nil {
		t.Fatal(out)
	}
	commit("Mine")
	push("")
	if log, _ := repo.Log("main"); len(log) != 2 {
		t.Errorf("%d commits", len(log))
	}

	commit("Refused")
	if err := repo.Refuse("it's \"closed\" for $USER"); err != nil {
		t.Fatal(err)
	}
	push(`it's "closed" for $USER`)
	if err := repo.Refuse(""); err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct {
		faults gittest.Faults
		want   string
	}{
		{gittest.Faults{Username: "me", Password: "other"}, "Authentication failed"},
		{gittest.Faults{Status: 503, StatusCount: 1, StatusFor: gittest.ReceivePack}, "503"},
		{gittest.Faults{BeforeReceive: func() { _, _ = repo.Commit("main", "Faster", gittest.Files{"b": "c"}) }}, "failed to"},
		{gittest.Faults{LoseAnswers: 1}, "rejected"}, // the race was lost for good
	} {
		server.Set(f.faults)
		push(f.want)
	}
	server.Set(gittest.Faults{LoseAnswers: 1})
	if out, err := run(t, work, nil, "push", "-q", "--force", "origin", "HEAD:refs/heads/main"); err == nil {
		t.Errorf("the answer was not lost: %s", out)
	}
	if log, _ := repo.Log("main"); log[0].Message != "Refused\n" {
		t.Errorf("the push whose answer was lost was not accepted: %v", log[0])
	}
	server.Forget()
	if len(server.Requests()) != 0 {
		t.Error("requests are remembered")
	}
}

func TestSSHServer(t *testing.T) {
	t.Parallel()
	dir, _ := create(t, gittest.Files{"a.yaml": "one\n"})
	server, err := gittest.NewSSH(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("the ssh program is not installed")
	}
	keys := t.TempDir()
	key, known := filepath.Join(keys, "key"), filepath.Join(keys, "known_hosts")
	for name, data := range map[string][]byte{key: server.ClientKey, known: server.KnownHosts} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"GIT_SSH_COMMAND=ssh -F none -o BatchMode=yes -o UserKnownHostsFile=" + known + " -i " + key}
	out, err := run(t, "", env, "ls-remote", "ssh://git@"+server.Addr+"/fleet.git")
	if err != nil || !strings.Contains(out, "refs/heads/main") {
		t.Errorf("%v\n%s", err, out)
	}
	if got := server.Commands(); len(got) != 1 || got[0] != "git-upload-pack '/fleet.git'" {
		t.Errorf("commands %q", got)
	}
}

// Git itself, which Azure DevOps serves, can fetch from a server as that one is, and is told why where it cannot.
func TestAzure(t *testing.T) {
	t.Parallel()
	dir, _ := create(t, gittest.Files{"a/b/c.yaml": "one\n"})
	server := gittest.New(dir)
	server.Set(gittest.Faults{Azure: true})
	front := httptest.NewServer(server)
	t.Cleanup(front.Close)
	for _, filter := range []string{"blob:none", "tree:0"} {
		work := filepath.Join(t.TempDir(), "work")
		if out, err := run(t, "", nil, "-c", "protocol.version=0", "clone", "-q", "--filter="+filter, front.URL+"/fleet.git", work); err != nil {
			t.Errorf("%s: %v\n%s", filter, err, out)
		}
	}
	out, err := run(t, "", nil, "-c", "protocol.version=0", "clone", "-q", "--filter=tree:1", front.URL+"/fleet.git", filepath.Join(t.TempDir(), "work"))
	if err == nil || !strings.Contains(out, "400") {
		t.Errorf("tree:1: %v\n%s", err, out)
	}
	request := "0032want " + strings.Repeat("1", 40) + "\n00000009done\n"
	res, err := http.Post(front.URL+"/fleet.git/git-upload-pack", "application/x-git-upload-pack-request", strings.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusBadRequest || !strings.Contains(string(said), "TF401041") {
		t.Errorf("%d %s, %v", res.StatusCode, said, err)
	}
}
