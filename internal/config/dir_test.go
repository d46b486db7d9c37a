package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/config"
)

const head = "apiVersion: image-updater/v1\n"

func TestLoadDir(t *testing.T) {
	t.Parallel()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(head + text)} }
	broken := &fstest.MapFile{Data: []byte("{")}
	fsys := fstest.MapFS{
		"conf/b.yaml":          file("policies: [{name: b, image: nginx}]"),
		"conf/a.yml":           file("policies: [{name: a, image: nginx, git: fleet}]"),
		"conf/z.yaml":          file("git: [{name: fleet, url: x}]\ndefaults: {git: fleet}"),
		"conf/notes.txt":       broken,
		"conf/.hidden.yaml":    broken,
		"conf/..data/a.yaml":   broken,
		"conf/below/c.yaml":    broken,
		"conf/folder.yaml/d":   broken,
		"single.yaml":          file("policies: [{name: single, image: nginx}]"),
		"empty/readme.md":      broken,
		"elsewhere/other.yaml": broken,
	}
	for _, paths := range [][]string{
		{"conf", "single.yaml"},
		{"single.yaml", "./conf/", "conf/a.yml", "conf"},
	} {
		c, err := config.Load(fsys, paths)
		if err != nil {
			t.Errorf("%v: %v", paths, err)
			continue
		}
		var names []string
		for _, p := range c.Policies {
			names = append(names, p.Name+":"+strings.Join(p.Git, ","))
		}
		if diff := cmp.Diff([]string{"a:fleet", "b:fleet", "single:fleet"}, names); diff != "" {
			t.Errorf("%v: policies (-want +got):\n%s", paths, diff)
		}
		if diff := cmp.Diff([]string{"conf/a.yml", "conf/b.yaml", "conf/z.yaml", "single.yaml"}, c.Files); diff != "" {
			t.Errorf("%v: files (-want +got):\n%s", paths, diff)
		}
	}
}

// What may never end is not read because it stands in a directory.
func TestLoadDirWithPipe(t *testing.T) {
	t.Parallel()
	_, err := config.Load(fstest.MapFS{"conf/a.yaml": {Mode: fs.ModeNamedPipe | 0o600}}, []string{"conf"})
	if err == nil || !strings.Contains(err.Error(), "conf/a.yaml: is a pipe, socket or device, want a file") {
		t.Errorf("got %v", err)
	}
}

// Faults of all files come at once, in the order of their positions, and names are unique over all files.
func TestLoadErrorsOfAllFiles(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"c/b.yaml": {Data: []byte(head + "defaults: {git: gone}\npolicies:\n  - {name: twice, image: nginx}\n  - {name: x, image: nginx, gti: fleet}\n")},
		"c/a.yaml": {Data: []byte(head + "defaults: {interval: 1h}\nregistries: [{host: docker.io}]\npolicies: [{name: twice, image: nginx}]\n")},
		"c/c.yaml": {Data: []byte(head + "registries: [{host: index.docker.io}]\ngit:\n  - {name: fleet, url: x}\n  - {name: fleet, url: y}\n")},
		"c/d.yaml": {Data: []byte("{\n")},
	}
	_, err := config.Load(fsys, []string{"c", "gone.yaml"})
	want := `c/b.yaml:2:1: defaults are at c/a.yaml:2:12 already, want them in one place
c/b.yaml:4:12: policy "twice": duplicate name "twice", which is at c/a.yaml:4:19 already
c/b.yaml:5:29: policy "x": unknown key "gti" (did you mean "git"?)
c/c.yaml:2:21: registry "index.docker.io": duplicate host "docker.io", which is at c/a.yaml:3:21 already
c/c.yaml:5:12: git "fleet": duplicate name "fleet", which is at c/c.yaml:4:12 already
c/d.yaml:1:1: did not find expected node content
gone.yaml: file does not exist`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("that a file does not exist cannot be told from the error")
	}
}

func TestLoadBounds(t *testing.T) {
	t.Parallel()
	large := make([]byte, 4<<20+1)
	for i := range large {
		large[i] = '#'
	}
	many := fstest.MapFS{"large.yaml": {Data: large}, "none/readme.md": {}}
	for i := range 1001 {
		many[fmt.Sprintf("many/%04d.yaml", i)] = &fstest.MapFile{Data: []byte(head)}
	}
	for _, test := range []struct {
		paths []string
		want  string
	}{
		{[]string{"large.yaml"}, "large.yaml: is larger than 4 MiB"},
		{[]string{"many"}, "many/1000.yaml: there are more than 1000 policy files"},
		{[]string{"none"}, "none: no *.yaml or *.yml file is in this directory"},
		{nil, ".: no policy file is named"},
	} {
		_, err := config.Load(many, test.paths)
		if got := fmt.Sprint(err); got != test.want {
			t.Errorf("%v: got %s, want %s", test.paths, got, test.want)
		}
	}
}

func TestErrorsAreBounded(t *testing.T) {
	t.Parallel()
	text := head + "policies:\n" + strings.Repeat("  - {nmae: a}\n", 4_000)
	_, err := config.Load(fstest.MapFS{"p.yaml": {Data: []byte(text)}}, []string{"p.yaml"})
	all, _ := errors.AsType[config.Errors](err)
	if len(all) != 10_000 || all[len(all)-1].Message != "there are too many errors to go on" {
		t.Errorf("got %d errors", len(all))
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
		for _, seed := range globF(f, name) {
			f.Add(seed)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Load(fstest.MapFS{"p.yaml": {Data: data}}, []string{"p.yaml"})
		if err == nil {
			for _, p := range c.Policies {
				if p.Name == "" || p.Image.Path == "" || p.Choice == nil {
					t.Errorf("policy %q passed without its name, image or choice", p.Name)
				}
			}
			return
		}
		all, ok := errors.AsType[config.Errors](err)
		if !ok || len(all) == 0 {
			t.Fatalf("got %T of %d", err, len(all))
		}
		lines := strings.Count(string(data), "\n") + 1
		for i, e := range all {
			if e.Line < 1 || e.Column < 1 || e.Line > lines+strings.Count(string(data), "\r") || e.Message == "" {
				t.Errorf("%v is outside of the %d lines", e, lines)
			}
			if i > 0 && (e.Line < all[i-1].Line || e.Line == all[i-1].Line && e.Column < all[i-1].Column) {
				t.Errorf("%v comes after %v", e, all[i-1])
			}
		}
	})
}
