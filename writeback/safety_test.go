package writeback_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

const web = "apps/web/deploy.yaml"

// only has one manifest, so that nothing is left to write when that is gone.
func only() gittest.Files {
	return gittest.Files{web: manifest("web", "nginx:1.25.3"), "README.md": "x\n"}
}

// entry puts something into the place of the manifest.
func (s *site) entry(t *testing.T, entries ...gittest.Entry) {
	t.Helper()
	if _, err := s.repo.CommitEntries("main", "Somebody else", entries); err != nil {
		t.Error(err)
	}
}

// anew makes main a branch that shares nothing with what it was.
func (s *site) anew(t *testing.T, files gittest.Files) {
	t.Helper()
	if _, err := s.repo.Commit("orphan", "Begun anew", files); err != nil {
		t.Error(err)
	}
	if err := s.repo.SetTip("main", s.tip(t, "orphan")); err != nil {
		t.Error(err)
	}
}

// TestWhatHappensMeanwhile has somebody change what was read, before our push: it is decided upon anew.
func TestWhatHappensMeanwhile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		change   func(t *testing.T, s *site)
		path     string // that is written, "" for none
		subjects []string
	}{
		{
			name: "the file vanishes", subjects: []string{"Somebody else", "Begin"},
			change: func(t *testing.T, s *site) { s.entry(t, gittest.Entry{Path: web}) },
		},
		{
			name: "the file moves", path: "teams/web.yaml", subjects: []string{"Update nginx to 1.27.4", "Somebody else", "Begin"},
			change: func(t *testing.T, s *site) {
				s.entry(t, gittest.Entry{Path: web}, gittest.Entry{Path: "teams/web.yaml", Mode: "100644", Data: only()[web]})
			},
		},
		{
			name: "the file becomes a link", subjects: []string{"Somebody else", "Begin"},
			change: func(t *testing.T, s *site) {
				s.entry(t, gittest.Entry{Path: web, Mode: "120000", Data: "../../../../etc/passwd"})
			},
		},
		{
			name: "the folder becomes a link", subjects: []string{"Somebody else", "Begin"},
			change: func(t *testing.T, s *site) {
				s.entry(t, gittest.Entry{Path: web}, gittest.Entry{Path: "apps", Mode: "120000", Data: "/etc"})
			},
		},
		{
			name: "the folder becomes a submodule", subjects: []string{"Somebody else", "Begin"},
			change: func(t *testing.T, s *site) {
				s.entry(t, gittest.Entry{Path: web}, gittest.Entry{Path: "apps/web", Mode: "160000", Data: strings.Repeat("ab", 20)})
			},
		},
		{
			name: "the file goes to LFS", subjects: []string{"Somebody else", "Begin"},
			change: func(t *testing.T, s *site) {
				s.entry(t, gittest.Entry{Path: web, Mode: "100644",
					Data: "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("ab", 32) + "\nsize 100\n"})
			},
		},
		{
			name: "the branch is pushed by force", path: web, subjects: []string{"Update nginx to 1.27.4", "Begun anew"},
			change: func(t *testing.T, s *site) { s.anew(t, only()) },
		},
		{
			name: "the branch goes back", path: web, subjects: []string{"Update nginx to 1.27.4", "Begun anew"},
			change: func(t *testing.T, s *site) {
				s.anew(t, gittest.Files{web: manifest("web", "nginx:1.20.0")})
			},
		},
	}
	for _, faults := range []struct {
		name string
		gittest.Faults
	}{{name: "Git"}, {name: "no filter", Faults: gittest.Faults{NoFilter: true}}, {name: "the least", Faults: gittest.Faults{Bare: true}}, {name: "Azure", Faults: gittest.Faults{Azure: true}}} {
		for _, test := range tests {
			t.Run(faults.name+", "+test.name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, only())
				happened := false
				set := faults.Faults
				set.BeforeReceive = func() {
					if !happened {
						happened = true
						test.change(t, s)
					}
				}
				s.server.Set(set)
				b := open(t, newWriter(), s.target)
				got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: bump("nginx", "1.27.4")})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.subjects, s.subjects(t, "main")); diff != "" {
					t.Error(diff)
				}
				if test.path == "" && (len(got.Commits) > 0 || len(got.Preview.Applied) > 0) {
					t.Errorf("%d commits, %d changes", len(got.Commits), len(got.Preview.Applied))
				}
				if test.path != "" && s.file(t, "main", test.path) != manifest("web", "nginx:1.27.4") {
					t.Errorf("%s is\n%s", test.path, s.file(t, "main", test.path))
				}
				s.fsck(t)
			})
		}
	}
}

// TestForcedBetweenRuns has a branch that is begun anew, or goes back, between two looks of one process.
func TestForcedBetweenRuns(t *testing.T) {
	t.Parallel()
	for _, faults := range []gittest.Faults{{}, {NoFilter: true}, {Bare: true}, {Azure: true}} {
		s := newSite(t, only())
		s.server.Set(faults)
		begin := s.tip(t, "main")
		b := open(t, newWriter(), s.target)
		publish := func(tag string) {
			t.Helper()
			if _, err := b.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: bump("nginx", tag)})
			if err != nil || got.Attempts != 1 || len(got.Commits) != 1 {
				t.Fatalf("%d attempts, %d commits, %v", got.Attempts, len(got.Commits), err)
			}
			if file := s.file(t, "main", web); file != manifest("web", "nginx:"+tag) {
				t.Errorf("%s is\n%s", web, file)
			}
		}
		publish("1.26.0")
		if err := s.repo.SetTip("main", begin); err != nil { // what we wrote is gone
			t.Fatal(err)
		}
		publish("1.26.0")
		s.anew(t, only())
		publish("1.27.0")
		if diff := cmp.Diff([]string{"Update nginx to 1.27.0", "Begun anew"}, s.subjects(t, "main")); diff != "" {
			t.Error(diff)
		}
		s.fsck(t)
	}
}

// TestDirSwapped has a folder replaced by a link to somewhere else between the search and the writing.
func TestDirSwapped(t *testing.T) {
	t.Parallel()
	outside := folder(t, map[string]string{"deploy.yaml": manifest("web", "nginx:1.25.3")})
	dir := folder(t, map[string]string{web: manifest("web", "nginx:1.25.3")})
	d := openDir(t, dir)
	found, err := d.Find(t.Context(), newScanner(t, edit.Query{}), nil)
	if err != nil || len(found.Sites) != 1 {
		t.Fatalf("%d sites, %v", len(found.Sites), err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "apps", "web")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "apps", "web")); err != nil {
		t.Fatal(err)
	}
	got, err := d.Write(t.Context(), []edit.Change{{Site: found.Sites[0], Tag: "1.27.4"}})
	if err == nil || len(got.Applied) > 0 || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("%d changes, %v", len(got.Applied), err)
	}
	data, err := os.ReadFile(filepath.Join(outside, "deploy.yaml"))
	if err != nil || string(data) != manifest("web", "nginx:1.25.3") {
		t.Errorf("%v, the file outside is\n%s", err, data)
	}
	// A path that leaves the folder is refused, whoever made it.
	site := found.Sites[0]
	for _, path := range []string{"../deploy.yaml", filepath.Join(outside, "deploy.yaml")} {
		site.Path = path
		if got, err := d.Write(t.Context(), []edit.Change{{Site: site, Tag: "1.27.4"}}); err == nil && len(got.Applied) > 0 {
			t.Errorf("%s was written", path)
		}
	}
}
