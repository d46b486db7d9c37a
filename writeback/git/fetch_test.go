package git_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback/git"
)

// many makes a repository of n files in folders of ten.
func many(n int) gittest.Files {
	files := gittest.Files{}
	for i := range n {
		files[fmt.Sprintf("teams/t%03d/app-%d.yaml", i/10, i%10)] = fmt.Sprintf("name: app%d\nimage: nginx:1.25.3\n", i)
	}
	return files
}

// answered is the number of bytes that upload-pack sent beside advertisements.
func answered(s *gittest.Server) (bytes int64) {
	for _, r := range s.Requests() {
		if r.Service == gittest.UploadPack && !r.Advert {
			bytes += r.Out
		}
	}
	return bytes
}

func TestServersThatFilterAndOthers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		faults gittest.Faults
		calls  int // of upload-pack for trees and all files
	}{
		{name: "filter", calls: 2},
		{name: "no filter", faults: gittest.Faults{NoFilter: true}, calls: 1},
		{name: "no promise of single objects", faults: gittest.Faults{NoWants: true}, calls: 2},
		{name: "the least there is", faults: gittest.Faults{Bare: true}, calls: 1},
		{name: "Azure DevOps", faults: gittest.Faults{Azure: true}, calls: 2},
		{name: "Azure DevOps without wants", faults: gittest.Faults{Azure: true, NoWants: true}, calls: 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := many(200)
			s := newSite(t, files)
			if _, err := s.repo.Git("repack", "-adfq", "--depth=50", "--window=50"); err != nil { // chains of deltas
				t.Fatal(err)
			}
			s.server.Set(test.faults)
			remote := open(t, git.Options{URL: s.url})
			tree := fetch(t, remote, nil)
			if diff := cmp.Diff(map[string]string(files), content(t, tree)); diff != "" {
				t.Errorf("content (-want +got):\n%s", diff)
			}
			if _, calls := s.server.Count(gittest.UploadPack); calls != test.calls {
				t.Errorf("%d calls of upload-pack, want %d", calls, test.calls)
			}

			// Our own push is built upon without asking.
			s.server.Forget()
			path := "teams/t000/app-3.yaml"
			draft, err := push(t.Context(), remote, tree, git.File{Path: path, Data: []byte("ours")})
			if err != nil {
				t.Fatal(err)
			}
			tree = draft.Tree()
			if _, calls := s.server.Count(gittest.UploadPack); calls != 0 {
				t.Errorf("%d calls of upload-pack for a push", calls)
			}
			// Then somebody else pushes.
			files[path] = "ours"
			files["teams/t001/app-0.yaml"], files["new/file.yaml"] = "theirs", "theirs, too"
			if _, err := s.repo.Commit("main", "Theirs", gittest.Files{"teams/t001/app-0.yaml": "theirs", "new/file.yaml": "theirs, too"}); err != nil {
				t.Fatal(err)
			}
			tree = fetch(t, remote, tree)
			if diff := cmp.Diff(map[string]string(files), content(t, tree)); diff != "" {
				t.Errorf("content after two pushes (-want +got):\n%s", diff)
			}
			if err := s.repo.Fsck(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFetchSince(t *testing.T) {
	t.Parallel()
	s := newSite(t, many(2000))
	remote := open(t, git.Options{URL: s.url})
	first := fetch(t, remote, nil)
	cold := answered(s.server)
	begin, _ := s.repo.Tip("main")
	commit := func(message string, files gittest.Files) {
		t.Helper()
		if _, err := s.repo.Commit("main", message, files); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		commit("Change", gittest.Files{"teams/t007/app-1.yaml": fmt.Sprint(i)})
	}
	s.server.Forget()
	second := fetch(t, remote, first)
	if warm := answered(s.server); warm > 10_000 || warm*5 > cold {
		t.Errorf("%d bytes for three commits, %d for the whole tree", warm, cold)
	}
	if got := content(t, second)["teams/t007/app-1.yaml"]; got != "2" {
		t.Errorf("file is %q", got)
	}
	if id, _ := s.repo.Git("rev-parse", "main~1"); !second.Follows(hash(t, id)) || second.Follows(git.Hash{1}) {
		t.Error("the tip does not follow its parent")
	}

	// The branch goes back by a commit whose tree is one that we never had, and which the server believes we have.
	commit("Away", gittest.Files{"teams/t009/app-1.yaml": "away"})
	away, _ := s.repo.Tip("main")
	commit("Further", gittest.Files{"teams/t009/app-1.yaml": "further"})
	third := fetch(t, open(t, git.Options{URL: s.url}), nil) // knows nothing of "Away"
	if _, err := s.repo.Git("update-ref", "refs/heads/side", away); err != nil {
		t.Fatal(err)
	}
	tree, _ := s.repo.Git("rev-parse", away+"^{tree}")
	back, err := s.repo.Git("commit-tree", "-p", third.Tip().String(), "-m", "Back", strings.TrimSpace(tree))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.repo.SetTip("main", strings.TrimSpace(back)); err != nil {
		t.Fatal(err)
	}
	if got := content(t, fetch(t, remote, third))["teams/t009/app-1.yaml"]; got != "away" {
		t.Errorf("after going back the file is %q", got)
	}

	// Somebody pushes an ancestor by force.
	if err := s.repo.SetTip("main", begin); err != nil {
		t.Fatal(err)
	}
	if got := content(t, fetch(t, remote, third))["teams/t007/app-1.yaml"]; !strings.Contains(got, "nginx") {
		t.Errorf("after a forced push the file is %q", got)
	}
}

func hash(t *testing.T, text string) git.Hash {
	t.Helper()
	raw, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil {
		t.Fatal(err)
	}
	return git.Hash(raw)
}

func TestAhead(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	remote := open(t, git.Options{URL: s.url})
	base := fetch(t, remote, nil)
	if _, err := s.repo.Git("branch", "side", "main"); err != nil {
		t.Fatal(err)
	}
	ahead := func(base *git.Tree) *git.Ahead {
		t.Helper()
		refs, err := remote.Refs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tip, _ := refs.Tip("refs/heads/side")
		a, err := remote.Ahead(t.Context(), tip, base, []string{"README"})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := ahead(base); len(a.Commits) != 0 {
		t.Errorf("a branch at the base has %v", a.Commits)
	}
	one, _ := s.repo.Commit("side", "One", gittest.Files{"README": "1"})
	two, _ := s.repo.Commit("side", "Two", gittest.Files{"README": "2"})
	if _, err := s.repo.Commit("main", "Other", gittest.Files{"apps/db.yaml": "other"}); err != nil {
		t.Fatal(err)
	}
	for name, base := range map[string]*git.Tree{"at its base": base, "base moved": fetch(t, remote, base)} {
		a := ahead(base)
		var got []string
		for _, c := range a.Commits {
			got = append(got, c.ID.String()+" "+c.Message)
		}
		if diff := cmp.Diff([]string{two + " Two", one + " One"}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if e, ok := a.Lookup("README"); !ok || e.Hash != git.BlobID([]byte("2")) {
			t.Errorf("%s: README is %v", name, e)
		}
	}
	var more strings.Builder
	for i := range 60 {
		fmt.Fprintf(&more, "commit refs/heads/side\ncommitter A <a@example.com> %d +0000\ndata 4\nMore\n", 1767225600+i)
		if i == 0 {
			fmt.Fprintf(&more, "from refs/heads/side^0\n")
		}
		fmt.Fprintf(&more, "M 100644 inline README\ndata 2\n%02d\n", i)
	}
	if err := s.repo.Import([]byte(more.String())); err != nil {
		t.Fatal(err)
	}
	if a := ahead(base); !a.Cut || len(a.Commits) != 50 {
		t.Errorf("%d commits, cut %v", len(a.Commits), a.Cut)
	}
}

// TestLargeBlobs has files that are too large to keep, and small ones that the server packs as deltas against them.
func TestLargeBlobs(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 3<<19)
	random := rand.NewChaCha8([32]byte{1})
	for i := range noise {
		noise[i] = byte(random.Uint64())
	}
	files := gittest.Files{
		"data/a.yaml": string(noise), "data/b.yaml": string(noise[:9<<16]) + "end", "data/c.yaml": string(noise[:100]), "small.yaml": "x",
	}
	for _, faults := range []gittest.Faults{{}, {NoFilter: true}} {
		t.Run(fmt.Sprintf("no filter %v", faults.NoFilter), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, files)
			if _, err := s.repo.Git("repack", "-adfq"); err != nil {
				t.Fatal(err)
			}
			s.server.Set(faults)
			tree := fetch(t, open(t, git.Options{URL: s.url}), nil)
			want := map[string]int{"data/a.yaml": -1, "data/b.yaml": 9<<16 + 3, "data/c.yaml": 100, "small.yaml": 1}
			got := map[string]int{}
			ids := map[git.Hash]string{}
			var order []git.Hash
			for path := range want {
				e, ok := tree.Lookup(path)
				if !ok {
					t.Fatal(path, "is missing")
				}
				ids[e.Hash] = path
				order = append(order, e.Hash)
			}
			err := tree.Blobs(t.Context(), order, 1<<20, func(id git.Hash, data []byte) error {
				got[ids[id]] = len(data)
				if data == nil {
					got[ids[id]] = -1
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBlobsStops(t *testing.T) {
	t.Parallel()
	s := newSite(t, many(20))
	tree := fetch(t, open(t, git.Options{URL: s.url}), nil)
	var ids []git.Hash
	for _, e := range entries(t, tree) {
		ids = append(ids, e.Hash, e.Hash)
	}
	enough, n := errors.New("enough"), 0
	err := tree.Blobs(t.Context(), ids, 100, func(git.Hash, []byte) error {
		if n++; n == 3 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || n != 3 {
		t.Errorf("%d blobs, error %v", n, err)
	}
	if err := tree.Blobs(t.Context(), nil, 100, nil); err != nil {
		t.Errorf("no blobs: %v", err)
	}
	err = tree.Blobs(t.Context(), []git.Hash{{1}}, 100, func(git.Hash, []byte) error { return nil })
	if err == nil {
		t.Error("a blob that does not exist was read")
	}
}

func TestWalkEnters(t *testing.T) {
	t.Parallel()
	s := newSite(t, someFiles)
	tree := fetch(t, open(t, git.Options{URL: s.url}), nil)
	var dirs, files []string
	err := tree.Walk(t.Context(), func(e git.Entry) bool { dirs = append(dirs, e.Path); return e.Path != "apps/web" },
		func(f git.Folder) error {
			for _, e := range f.Entries {
				if !e.Mode.IsDir() {
					files = append(files, e.Path)
				}
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"apps", "apps/web"}, dirs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"README", "apps/db.yaml"}, files); diff != "" {
		t.Error(diff)
	}
	for path, want := range map[string]bool{
		"apps": true, "apps/web/deploy.yaml": true, "apps/web/deploy.yaml/x": false, "none": false, "apps//db.yaml": false, "": false,
	} {
		if _, ok := tree.Lookup(path); ok != want {
			t.Errorf("Lookup(%q) = %v", path, ok)
		}
	}
}

func TestRefusedRepositories(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	if _, err := open(t, git.Options{URL: s.url}).Refs(t.Context()); !errors.Is(err, git.ErrEmpty) {
		t.Errorf("empty repository: %v", err)
	}
	dir := filepath.Dir(s.repo.Dir)
	if _, err := s.repo.Git("init", "-q", "--bare", "--object-format=sha256", filepath.Join(dir, "new.git")); err != nil {
		t.Fatal(err)
	}
	ssh, err := gittest.NewSSH(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ssh.Close() })
	refuse := func(state string) {
		t.Helper()
		for _, url := range []string{strings.Replace(s.url, "fleet", "new", 1), filepath.Join(dir, "new.git"), "ssh://git@" + ssh.Addr + "/new.git"} {
			remote := open(t, git.Options{URL: url, Auth: git.Auth{SSHKey: ssh.ClientKey, KnownHosts: ssh.KnownHosts}})
			if _, err := remote.Refs(t.Context()); !errors.Is(err, git.ErrSHA256) {
				t.Errorf("%s: %s SHA-256 repository: %v", url, state, err)
			}
		}
	}
	refuse("empty")
	other := &gittest.Repository{Dir: filepath.Join(dir, "new.git")}
	if _, err := other.Commit("main", "Begin", gittest.Files{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	refuse("filled")
}
