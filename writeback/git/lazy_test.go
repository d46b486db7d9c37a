package git_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback/git"
)

// monorepo has folders at several depths.
func monorepo() gittest.Files {
	files := gittest.Files{"README": "readme", "apps/Chart.yaml": "name: apps"}
	for i := range 40 {
		files[fmt.Sprintf("apps/web/overlays/env-%02d/deep/down/here/x.yaml", i)] = fmt.Sprint("web", i)
		files[fmt.Sprintf("apps/api-%02d/x.yaml", i)] = fmt.Sprint("api", i)
		files[fmt.Sprintf("teams/team-%02d/src/x.go", i)] = fmt.Sprint("team", i)
	}
	return files
}

// within returns the names of the files below folders that a walk finds when it enters only these.
func within(t *testing.T, tree *git.Tree, folders ...string) []string {
	t.Helper()
	var names []string
	enter := func(e git.Entry) bool {
		for _, folder := range folders {
			if strings.HasPrefix(e.Path+"/", folder+"/") || strings.HasPrefix(folder+"/", e.Path+"/") {
				return true
			}
		}
		return false
	}
	err := tree.Walk(t.Context(), enter, func(f git.Folder) error {
		for _, e := range f.Entries {
			if !e.Mode.IsDir() {
				names = append(names, e.Path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestFetchFolders(t *testing.T) {
	t.Parallel()
	deep := "apps/web/overlays/env-07/deep/down"
	tests := []struct {
		name    string
		faults  gittest.Faults
		folders []string
		files   int
		calls   int
	}{
		{name: "near the root", folders: []string{"teams"}, files: 41, calls: 2},
		{name: "two deep", folders: []string{"apps/web"}, files: 42, calls: 2},
		{name: "three deep", folders: []string{"apps/web/overlays"}, files: 42, calls: 3},
		{name: "deeper", folders: []string{deep}, files: 3, calls: 3},
		{name: "several", folders: []string{deep, "teams", "apps/api-01"}, files: 44, calls: 3},
		{name: "two below one", folders: []string{deep, "apps/web/overlays/env-07/deep/up", "apps/web/overlays/env-08"}, files: 4, calls: 3},
		{name: "not there", folders: []string{"apps/none/at/all", "none", "README"}, files: 2, calls: 1},
		{name: "no tree filter", faults: gittest.Faults{NoTreeFilter: true}, folders: []string{deep}, files: 3, calls: 2},
		{name: "no filter", faults: gittest.Faults{NoFilter: true}, folders: []string{deep}, files: 3, calls: 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, monorepo())
			s.server.Set(test.faults)
			remote := open(t, git.Options{URL: s.url})
			refs, err := remote.Refs(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			tip, _ := refs.Tip("refs/heads/main")
			tree, err := remote.Fetch(t.Context(), tip, nil, test.folders)
			if err != nil {
				t.Fatal(err)
			}
			if got := within(t, tree, test.folders...); len(got) != test.files {
				t.Errorf("%d files, want %d: %q", len(got), test.files, got)
			}
			if _, calls := s.server.Count(gittest.UploadPack); calls != test.calls {
				t.Errorf("%d requests, want %d", calls, test.calls)
			}

			// What was not fetched is when it is looked into: here all of it.
			if diff := cmp.Diff(map[string]string(monorepo()), content(t, tree)); diff != "" {
				t.Errorf("content (-want +got):\n%s", diff)
			}
			// What the server cannot do is not tried twice.
			s.server.Forget()
			if _, err := remote.Fetch(t.Context(), tip, nil, test.folders); err != nil {
				t.Fatal(err)
			}
			want := test.calls
			if test.faults.NoTreeFilter {
				want--
			}
			if _, calls := s.server.Count(gittest.UploadPack); calls != want {
				t.Errorf("%d requests the second time, want %d", calls, want)
			}
		})
	}
}

// TestFetchFoldersSparesBytes compares what comes with what all trees are.
func TestFetchFoldersSparesBytes(t *testing.T) {
	t.Parallel()
	s := newSite(t, many(5000))
	remote := open(t, git.Options{URL: s.url})
	whole := fetch(t, remote, nil)
	all := answered(s.server)
	s.server.Forget()
	if _, err := remote.Fetch(t.Context(), whole.Tip(), nil, []string{"teams/t123"}); err != nil {
		t.Fatal(err)
	}
	if part := answered(s.server); part*3 > all { // the list of 500 folders is most of it
		t.Errorf("%d bytes for one folder, %d for all", part, all)
	}
}

// TestNoSingleObjects has a server that hands out neither folders nor files by their ids.
func TestNoSingleObjects(t *testing.T) {
	t.Parallel()
	files := monorepo()
	s := newSite(t, files)
	server, err := gittest.NewSSH(filepath.Dir(s.repo.Dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	server.Set(gittest.Faults{NoWants: true})
	remote := open(t, git.Options{
		URL: "ssh://git@" + server.Addr + "/fleet.git", Auth: git.Auth{SSHKey: server.ClientKey, KnownHosts: server.KnownHosts}})
	tip, _ := s.repo.Tip("main")
	for range 2 {
		tree, err := remote.Fetch(t.Context(), hash(t, tip), nil, []string{"apps/web/overlays/env-07"})
		if err != nil {
			t.Fatal(err)
		}
		if got := within(t, tree, "apps/web/overlays/env-07"); len(got) != 3 {
			t.Errorf("found %q", got)
		}
		if diff := cmp.Diff(map[string]string(files), content(t, tree)); diff != "" {
			t.Errorf("content (-want +got):\n%s", diff)
		}
	}
}

// TestKnown keeps the trees of one process for the next.
func TestKnown(t *testing.T) {
	t.Parallel()
	files := monorepo()
	s := newSite(t, files)
	first := fetch(t, open(t, git.Options{URL: s.url}), nil)
	kept := maps.Collect(first.Trees(func(dir string) bool { return strings.HasPrefix(dir+"/", "apps/") }))
	shelf := func(id git.Hash) []byte { return kept[id] }
	apps := len(within(t, first, "apps"))
	calls := func(want int) {
		t.Helper()
		if _, got := s.server.Count(gittest.UploadPack); got != want {
			t.Errorf("%d requests, want %d", got, want)
		}
		s.server.Forget()
	}
	calls(1)

	remote := open(t, git.Options{URL: s.url})
	known := remote.Known(first.Tip(), first.Root(), shelf)
	if got := within(t, known, "apps"); len(got) != apps {
		t.Errorf("%d files, want %d", len(got), apps)
	}
	calls(0)

	// A folder is moved from where nothing is known into what is: the server takes it for known, if it looks closely.
	if err := s.repo.Config("pack.useSparse", "false"); err != nil {
		t.Fatal(err)
	}
	move := "commit refs/heads/main\ncommitter A <a@example.com> 1767225700 +0000\ndata 4\nMove\n" +
		"from refs/heads/main^0\nC teams/team-03 apps/moved\n"
	if err := s.repo.Import([]byte(move)); err != nil {
		t.Fatal(err)
	}
	next, err := s.repo.Tip("main")
	if err != nil {
		t.Fatal(err)
	}
	now, err := remote.Fetch(t.Context(), hash(t, next), known, []string{"apps"})
	if err != nil {
		t.Fatal(err)
	}
	if got := within(t, now, "apps"); len(got) != apps+1 {
		t.Errorf("%d files, want one more than %d", len(got), apps)
	}
	calls(2) // what is new, and what was moved
	if !known.Follows(first.Tip()) || !now.Follows(first.Tip()) || now.Follows(git.Hash{1}) {
		t.Error("it is not known which commit follows which")
	}
	files["apps/moved/src/x.go"] = files["teams/team-03/src/x.go"]
	if diff := cmp.Diff(map[string]string(files), content(t, now)); diff != "" {
		t.Errorf("content (-want +got):\n%s", diff)
	}

	// What lies on the shelf is not believed.
	for id, raw := range kept {
		kept[id] = append(raw[:len(raw)-1:len(raw)-1], raw[len(raw)-1]^1)
	}
	known = remote.Known(first.Tip(), first.Root(), shelf)
	if got := within(t, known, "apps"); len(got) != apps {
		t.Errorf("%d files, want %d", len(got), apps)
	}
}
