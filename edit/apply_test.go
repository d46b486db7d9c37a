package edit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

func ExampleApply() {
	nginx, _ := image.ParseRepository("nginx")
	scanner, _ := edit.NewScanner(edit.Query{Images: []image.Repository{nginx}})
	file := edit.File{Path: "apps/web.yaml", Data: []byte(`apiVersion: v1
kind: Pod
spec:
  containers:
    - image: nginx:1.25.3 # the front
`)}
	found := scanner.Find(file)
	edited := edit.Apply(file, []edit.Change{{Site: found.Sites[0], Tag: "1.27.4"}})
	fmt.Print(edit.Diff(file.Path, file.Data, edited.Data))
	// Output:
	// --- a/apps/web.yaml
	// +++ b/apps/web.yaml
	// @@ -2,4 +2,4 @@
	//  kind: Pod
	//  spec:
	//    containers:
	// -    - image: nginx:1.25.3 # the front
	// +    - image: nginx:1.27.4 # the front
}

// A change that cannot be made is refused, and the others are made all the same.
func TestChangesThatAreRefused(t *testing.T) {
	t.Parallel()
	file := edit.File{Path: "a.yaml", Data: []byte(pod + "    - image: nginx:1.24\n")}
	s := seeking(t, "nginx")
	sites := s.Find(file).Sites
	other := s.Find(edit.File{Path: "a.yaml", Data: append([]byte("# new\n"), file.Data...)}).Sites
	elsewhere := s.Find(edit.File{Path: "b.yaml", Data: file.Data}).Sites
	for _, test := range []struct {
		name    string
		changes []edit.Change
		want    []string
	}{
		{"no site", []edit.Change{{Tag: "1"}}, []string{"a.yaml: was not found in this file"}},
		{"another file", []edit.Change{{Site: elsewhere[0], Tag: "1"}}, []string{"a.yaml:5: was not found in this file"}},
		{"another version", []edit.Change{{Site: other[0], Tag: "1"}}, []string{"a.yaml:6: was found in another version of this file"}},
		{"no tag", []edit.Change{{Site: sites[0]}}, []string{"a.yaml:5: tag is empty"}},
		{"no good tag", []edit.Change{{Site: sites[0], Tag: "a b"}}, []string{`a.yaml:5: tag "a b" has the illegal character ' '`}},
		{"no good digest", []edit.Change{{Site: sites[0], Tag: "1", Digest: "x"}}, []string{`a.yaml:5: digest "x" lacks its algorithm, such as sha256`}},
		{"two wishes", []edit.Change{{Site: sites[0], Tag: "1"}, {Site: sites[0], Tag: "2"}}, []string{
			`a.yaml:5: two changes want to write it: "nginx:1" and "nginx:2"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			edited := edit.Apply(file, append(test.changes, edit.Change{Site: sites[1], Tag: "1.27"}))
			if diff := cmp.Diff(test.want, texts(edited.Refused)); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
			if want := strings.Replace(string(file.Data), "1.24", "1.27", 1); string(edited.Data) != want {
				t.Errorf("made:\n%s", edited.Data)
			}
			if len(edited.Applied) != 1 || len(edited.Unchanged) != 0 {
				t.Errorf("applied %+v, unchanged %+v", edited.Applied, edited.Unchanged)
			}
		})
	}
}

// Two changes that want the same are both made, by one edit.
func TestEqualChangesAreOne(t *testing.T) {
	t.Parallel()
	file := edit.File{Path: "a.yaml", Data: []byte(pod)}
	site := seeking(t, "nginx").Find(file).Sites[0]
	edited := edit.Apply(file, []edit.Change{{Site: site, Tag: "1.27"}, {Site: site, Tag: "1.27"}})
	if len(edited.Applied) != 2 || string(edited.Data) != strings.Replace(pod, "1.25.3", "1.27", 1) {
		t.Errorf("got %+v", edited)
	}
}

// A file in which nothing changes is returned as it is, not as a copy.
func TestNothingToDo(t *testing.T) {
	t.Parallel()
	file := edit.File{Path: "a.yaml", Data: []byte(pod)}
	site := seeking(t, "nginx").Find(file).Sites[0]
	for _, changes := range [][]edit.Change{nil, {{Site: site, Tag: "1.25.3"}}} {
		edited := edit.Apply(file, changes)
		if &edited.Data[0] != &file.Data[0] || len(edited.Unchanged) != len(changes) || len(edited.Refused) > 0 {
			t.Errorf("got %+v", edited)
		}
	}
}

// The hint of a refusal says how to mend it.
func TestHints(t *testing.T) {
	t.Parallel()
	digest := image.Digest("sha256:" + strings.Repeat("1", 64))
	values := "a: {repository: nginx, tag: 1.25}\nb: {image: {repository: nginx}}\nc: {repository: nginx, tag: 1.25, digest: " +
		string(digest) + "}\n"
	file := edit.File{Path: "values.yaml", Data: []byte(values)}
	sites := seeking(t, "nginx").Find(file).Sites
	edited := edit.Apply(file, []edit.Change{{Site: sites[0], Tag: "1.27", Digest: digest}, {Site: sites[1], Tag: "1.27"}, {Site: sites[2], Tag: "1.27"}})
	var hints []string
	for _, r := range edited.Refused {
		hints = append(hints, r.Hint)
	}
	want := []string{`add one: digest: ""`, `add one: tag: ""`, "give the digest too: nginx:1.27@sha256:..."}
	if diff := cmp.Diff(want, hints); diff != "" {
		t.Errorf("hints (-want +got):\n%s", diff)
	}
}

func TestSettleVariables(t *testing.T) {
	t.Parallel()
	nginx, redis := repository(t, "nginx"), repository(t, "redis")
	refused := []edit.Refusal{
		{Path: "a/compose.yaml", Image: nginx, Variable: true, Reason: "set beside it"},
		{Path: "b/compose.yaml", Image: nginx, Variable: true, Reason: "in another folder"},
		{Path: "a/compose.yaml", Image: redis, Variable: true, Reason: "another image"},
		{Path: "a/compose.yaml", Image: nginx, Reason: "no variable"},
	}
	written := []edit.Change{
		{Site: edit.Site{Path: "a/.env", Image: nginx, Named: true}},
		{Site: edit.Site{Path: "b/pod.yaml", Image: nginx}},
	}
	rest, notes := edit.SettleVariables(refused, written)
	if diff := cmp.Diff(refused[1:], rest); diff != "" {
		t.Errorf("rest (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(refused[:1], notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}
