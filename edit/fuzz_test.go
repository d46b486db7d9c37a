package edit_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

// fuzzPaths are names that make Find read a file by each of its rules.
var fuzzPaths = []string{"a.yaml", "values.yaml", "kustomization.yaml", "a.json", "a.env", "Dockerfile", "compose.yaml",
	".gitlab-ci.yml", ".github/workflows/a.yml", ".argocd-source.yaml"}

// FuzzFind finds and applies in any file, by each rule, with and without a list of images: nothing panics, nothing
// outside the lines of the sites changes, and what was written is found again.
func FuzzFind(f *testing.F) {
	seeds, _ := filepath.Glob("../testdata/edit/*/in.*")
	for _, name := range seeds {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for i := range fuzzPaths {
			f.Add(uint8(i), data, "1.27.4")
		}
	}
	f.Add(uint8(0), []byte("apiVersion: v1\nkind: X\nspec: {containers: [{image: nginx:1}]}"), "1.10")
	nginx, api := repository(f, "nginx"), repository(f, "ghcr.io/acme/api")
	markers := map[string]image.Repository{"web": nginx, "api": api}
	targets := []edit.Target{
		{Policy: "web", Image: nginx, File: "*", Key: "$.spec.image", Value: "{image}:{tag}"},
		{Policy: "api", Image: api, File: "*", Key: "$.a[*]", Value: "v{tag}"},
		{Policy: "api", Image: api, File: "*", Regexp: "api:([a-z0-9.]*)"},
	}
	scanners := []*edit.Scanner{
		scannerOf(f, edit.Query{}),
		scannerOf(f, edit.Query{Markers: markers, Targets: targets}),
		scannerOf(f, edit.Query{Images: []image.Repository{nginx}, Markers: markers}),
		scannerOf(f, edit.Query{Images: []image.Repository{nginx, api}, Markers: markers, Targets: targets}),
	}
	f.Fuzz(func(t *testing.T, rule uint8, data []byte, tag string) {
		for _, s := range scanners {
			checkFile(t, s, edit.File{Path: fuzzPaths[int(rule)%len(fuzzPaths)], Data: data}, tag)
		}
	})
}

func checkFile(t *testing.T, s *edit.Scanner, file edit.File, tag string) {
	before := bytes.Clone(file.Data)
	found := s.Find(file)
	s.Missing(found)
	edited := edit.Apply(file, changesTo(found.Sites, tag))
	sameRestored(t, s, file, changesTo(found.Sites, tag), edited)
	if !bytes.Equal(file.Data, before) {
		t.Fatal("the file's own bytes were changed")
	}
	if n := len(edited.Applied) + len(edited.Unchanged) + len(edited.Refused); n < len(found.Sites) {
		t.Fatalf("%d sites, %d reported", len(found.Sites), n)
	}
	if nothing := edit.Apply(file, nil); !bytes.Equal(nothing.Data, file.Data) || len(nothing.Applied) > 0 {
		t.Fatal("no changes changed something")
	}
	if len(edited.Applied) == 0 {
		if !bytes.Equal(edited.Data, file.Data) {
			t.Fatal("nothing was applied, and the file changed")
		}
		return
	}
	checkLines(t, file.Data, edited)
	again := edit.Apply(edit.File{Path: file.Path, Data: edited.Data}, changesTo(s.Find(edit.File{Path: file.Path, Data: edited.Data}).Sites, tag))
	if len(again.Applied) > 0 {
		t.Fatalf("made\n%s\nand then\n%s", edit.Diff("1", file.Data, edited.Data), edit.Diff("2", edited.Data, again.Data))
	}
}

// checkLines compares the lines of a file before and after: only as many may differ as values were written, and each of
// them keeps what comes before the value.
func checkLines(t *testing.T, before []byte, edited edit.Edited) {
	old, now := strings.SplitAfter(string(before), "\n"), strings.SplitAfter(string(edited.Data), "\n")
	if len(old) != len(now) {
		return // a line was put in
	}
	differing := 0
	for i := range old {
		if old[i] != now[i] {
			differing++
		}
	}
	if differing > 2*len(edited.Applied) {
		t.Fatalf("%d values were written and %d lines differ:\n%s", len(edited.Applied), differing, edit.Diff("x", before, edited.Data))
	}
	lines := slices.Collect(func(yield func(int) bool) {
		for _, c := range edited.Applied {
			if !yield(c.Site.Line) {
				return
			}
		}
	})
	if len(lines) == 1 && differing == 1 && !bytes.ContainsAny(before, "\r\u0085\u2028\u2029") && old[lines[0]-1] == now[lines[0]-1] {
		t.Fatalf("the value on line %d was written, and another line differs:\n%s", lines[0], edit.Diff("x", before, edited.Data))
	}
}
