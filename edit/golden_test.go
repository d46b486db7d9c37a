package edit_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

var update = flag.Bool("update", false, "rewrite the want files of the golden cases")

// goldenCase is the case.yaml of a folder of testdata/edit: what is looked for in its in file, and what is set, to come
// out as its want file.
type goldenCase struct {
	Path    string            // of the file in its repository
	Chart   string            // the chart it lies in
	Images  []string          // sought; default: those of set; [] = all
	Markers map[string]string // policy -> image
	Targets []goldenTarget
	Set     []string // NAME:TAG[@DIGEST]; every site of NAME gets it
	Refused []string // as printed, in order: those of Find, then those of Apply
	Notes   []string
}

type goldenTarget struct {
	Policy, Image, File, Key, Regexp, Value string
	Expect                                  int
}

func TestGolden(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../testdata/edit/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			c := readCase(t, folder)
			in, want := readPair(t, folder)
			got := c.run(t, in)
			if *update {
				writeWant(t, folder, got.Data)
				want = got.Data
			}
			c.check(t, "as written", got, want)
			for name, alter := range alterations {
				if !bytes.Contains(in, []byte("\r")) {
					c.check(t, name, c.run(t, alter(in)), alter(want))
				}
			}
			again := c.run(t, got.Data)
			if len(again.Applied) > 0 {
				t.Errorf("applied to its own result it changes %+v", again.Applied)
			}
		})
	}
}

// alterations change how a file is written down, and nothing of what it says: every case must hold under each.
var alterations = map[string]func([]byte) []byte{
	"CRLF":             func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) },
	"byte order mark":  func(b []byte) []byte { return append([]byte("\ufeff"), bytes.TrimPrefix(b, []byte("\ufeff"))...) },
	"no final newline": func(b []byte) []byte { return bytes.TrimRight(b, "\n") },
}

func (c goldenCase) check(t *testing.T, how string, got edit.Edited, want []byte) {
	t.Helper()
	if diff := cmp.Diff(string(want), string(got.Data)); diff != "" {
		t.Errorf("%s: (-want +got):\n%s", how, diff)
	}
	if diff := cmp.Diff(c.Refused, texts(got.Refused)); diff != "" {
		t.Errorf("%s: refused (-want +got):\n%s", how, diff)
	}
	if diff := cmp.Diff(c.Notes, texts(got.Notes)); diff != "" {
		t.Errorf("%s: notes (-want +got):\n%s", how, diff)
	}
}

// run searches the file and sets what the case says; the refusals and notes of both steps are put together.
func (c goldenCase) run(t *testing.T, in []byte) edit.Edited {
	t.Helper()
	scanner, set := c.scanner(t)
	file := edit.File{Path: c.Path, Data: in, Chart: c.Chart}
	found := scanner.Find(file)
	var changes []edit.Change
	for _, site := range found.Sites {
		if ref, wanted := set[site.Image]; wanted {
			changes = append(changes, edit.Change{Site: site, Tag: ref.Tag, Digest: ref.Digest})
		}
	}
	edited := edit.Apply(file, changes)
	sameRestored(t, scanner, file, changes, edited)
	refused := append(append(found.Refused, edited.Refused...), scanner.Missing(found)...)
	refused, settled := edit.SettleVariables(refused, append(edited.Applied, edited.Unchanged...))
	edited.Refused, edited.Notes = refused, append(append(found.Notes, edited.Notes...), settled...)
	return edited
}

func (c goldenCase) scanner(t *testing.T) (*edit.Scanner, map[image.Repository]image.Reference) {
	t.Helper()
	set := map[image.Repository]image.Reference{}
	for _, ref := range c.wanted(t) {
		set[ref.Repository] = ref
	}
	return scannerOf(t, c.query(t)), set
}

func (c goldenCase) wanted(t *testing.T) (wanted []image.Reference) {
	t.Helper()
	for _, s := range c.Set {
		ref, err := image.ParseReference(s)
		if err != nil {
			t.Fatal(err)
		}
		wanted = append(wanted, ref)
	}
	return wanted
}

func (c goldenCase) query(t *testing.T) (q edit.Query) {
	t.Helper()
	for _, ref := range c.wanted(t) {
		if c.Images == nil {
			q.Images = append(q.Images, ref.Repository)
		}
	}
	for _, name := range c.Images {
		q.Images = append(q.Images, repository(t, name))
	}
	if c.Markers != nil {
		q.Markers = map[string]image.Repository{}
		for policy, name := range c.Markers {
			q.Markers[policy] = repository(t, name)
		}
	}
	for _, target := range c.Targets {
		q.Targets = append(q.Targets, edit.Target{Policy: target.Policy, Image: repository(t, target.Image),
			File: target.File, Key: target.Key, Regexp: target.Regexp, Value: target.Value, Expect: target.Expect})
	}
	return q
}

func readCase(t *testing.T, folder string) (c goldenCase) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "case.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

func readPair(t *testing.T, folder string) (in, want []byte) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(folder, "in.*"))
	if len(names) != 1 {
		t.Fatalf("want one file in.*, found %v", names)
	}
	in, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	want, err = os.ReadFile(strings.Replace(names[0], "/in.", "/want.", 1))
	if err != nil && !*update {
		t.Fatal(err)
	}
	return in, want
}

func writeWant(t *testing.T, folder string, data []byte) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(folder, "in.*"))
	if err := os.WriteFile(strings.Replace(names[0], "/in.", "/want.", 1), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func texts(refusals []edit.Refusal) (lines []string) {
	for _, r := range refusals {
		lines = append(lines, r.String())
	}
	return lines
}

func repository(t testing.TB, name string) image.Repository {
	t.Helper()
	r, err := image.ParseRepository(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
