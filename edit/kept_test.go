package edit_test

import (
	"bytes"
	"encoding/gob"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

// restored returns changes with sites that were kept, written down, read and restored.
func restored(t *testing.T, s *edit.Scanner, changes []edit.Change) []edit.Change {
	t.Helper()
	out := make([]edit.Change, len(changes))
	for i, c := range changes {
		var down bytes.Buffer
		if err := gob.NewEncoder(&down).Encode(s.Keep(c.Site)); err != nil {
			t.Fatal(err)
		}
		var kept edit.Kept
		if err := gob.NewDecoder(&down).Decode(&kept); err != nil {
			t.Fatal(err)
		}
		out[i] = edit.Change{Site: s.Restore(kept), Tag: c.Tag, Digest: c.Digest}
	}
	return out
}

// sameRestored edits a file by restored sites, which must make the same of it.
func sameRestored(t *testing.T, s *edit.Scanner, file edit.File, changes []edit.Change, want edit.Edited) {
	t.Helper()
	again := restored(t, s, changes)
	for i, c := range again {
		tag, digest := c.Site.Shown("1", "sha256:ab")
		if wantTag, wantDigest := changes[i].Site.Shown("1", "sha256:ab"); tag != wantTag || digest != wantDigest {
			t.Errorf("%+v: restored it shows %q and %q", c.Site, tag, digest)
		}
	}
	got := s.Apply(file, again)
	sameFound(t, s, file, got)
	got.Found = want.Found
	if diff := cmp.Diff(want, got, ignorePlace); diff != "" {
		t.Errorf("by restored sites (-want +got):\n%s", diff)
	}
}

// sameFound holds what an edit tells of the file against what is found in it, and edits it once more by either.
func sameFound(t *testing.T, s *edit.Scanner, file edit.File, edited edit.Edited) {
	t.Helper()
	if len(edited.Applied) == 0 {
		return
	}
	file.Data = edited.Data
	want := s.Find(file)
	if diff := cmp.Diff(want, edited.Found, ignorePlace); diff != "" {
		t.Fatalf("found in the file as it is now (-want +told):\n%s", diff)
	}
	by := func(found edit.Found) edit.Edited { return edit.Apply(file, changesTo(found.Sites, "9.9.9")) }
	if diff := cmp.Diff(by(want), by(edited.Found), ignorePlace); diff != "" {
		t.Errorf("edited once more (-want +got):\n%s", diff)
	}
}

func TestRestored(t *testing.T) {
	t.Parallel()
	s := seeking(t, "nginx")
	file := edit.File{Path: "a.yaml", Data: []byte(pod)}
	change := edit.Change{Site: s.Find(file).Sites[0], Tag: "1.27"}
	again := restored(t, s, []edit.Change{change})
	edited := s.Apply(file, again)
	if len(edited.Applied) != 1 || edited.Applied[0] != again[0] {
		t.Errorf("applied %+v, want the very change that was asked for", edited.Applied)
	}
	other := edit.File{Path: "a.yaml", Data: []byte("# new\n" + pod)}
	for how, got := range map[string]edit.Edited{
		"in another version": s.Apply(other, again),
		"without a scanner":  edit.Apply(file, again),
	} {
		if len(got.Applied) != 0 || len(got.Refused) != 1 || !strings.HasSuffix(got.Refused[0].Reason, "was not found in this file") {
			t.Errorf("%s: %+v", how, got)
		}
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	nginx, redis := repository(t, "nginx"), repository(t, "redis")
	target := edit.Target{Policy: "web", Image: nginx, File: "a.env", Regexp: "TAG=(.*)"}
	with := func(change func(*edit.Target)) []edit.Target {
		changed := target
		change(&changed)
		return []edit.Target{changed}
	}
	queries := map[string]edit.Query{
		"all":            {},
		"one image":      {Images: []image.Repository{nginx}},
		"two images":     {Images: []image.Repository{nginx, redis}},
		"no markers":     {Markers: map[string]image.Repository{}},
		"a marker":       {Markers: map[string]image.Repository{"web": nginx}},
		"its name":       {Markers: map[string]image.Repository{"api": nginx}},
		"its image":      {Markers: map[string]image.Repository{"web": redis}},
		"a target":       {Targets: []edit.Target{target}},
		"two targets":    {Targets: []edit.Target{target, target}},
		"its file":       {Targets: with(func(t *edit.Target) { t.File = "b.env" })},
		"its regexp":     {Targets: with(func(t *edit.Target) { t.Regexp = "TAG: (.*)" })},
		"its key":        {Targets: with(func(t *edit.Target) { t.Regexp, t.Key = "", "$.tag" })},
		"its value":      {Targets: with(func(t *edit.Target) { t.Value = "v{tag}" })},
		"its policy":     {Targets: with(func(t *edit.Target) { t.Policy = "api" })},
		"target's image": {Targets: with(func(t *edit.Target) { t.Image = redis })},
		"its matches":    {Targets: with(func(t *edit.Target) { t.Expect = 2 })},
	}
	if q, t1 := reflect.TypeFor[edit.Query](), reflect.TypeFor[edit.Target](); q.NumField() != 3 || t1.NumField() != 7 {
		t.Errorf("%v or %v has a new field: it must count in the fingerprint, and have a query above", q, t1)
	}
	seen := map[string]string{}
	for name, q := range queries {
		print := scannerOf(t, q).Fingerprint()
		if other, found := seen[print]; found {
			t.Errorf("%s and %s have the same fingerprint", name, other)
		}
		if again := scannerOf(t, q).Fingerprint(); again != print {
			t.Errorf("%s: the fingerprint changes", name)
		}
		seen[print] = name
	}
}
