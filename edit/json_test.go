package edit_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

// A target may write any text anywhere; it reads back, or is refused, and the rest of the file stays.
func TestTargetsWriteAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nginx := image.Repository{Host: image.DockerHub, Path: "library/nginx"}
		front := rapid.String().Draw(t, "front")
		front = strings.NewReplacer("{", "", "}", "").Replace(front)
		scanner, err := edit.NewScanner(edit.Query{Targets: []edit.Target{
			{Image: nginx, File: "*", Key: "$.a[1].b", Value: front + "{tag}"}}})
		if err != nil {
			t.Fatal(err)
		}
		old := rapid.SampledFrom([]string{"x", "'x y'", `"x y"`, "15", "true", `""`}).Draw(t, "old")
		path := "a.yaml"
		if rapid.Bool().Draw(t, "json") && !strings.HasPrefix(old, "'") && old != "x" {
			path = "a.json"
		}
		data := `{"z": [1.10, "é"], "a": [{}, {"c": null, "b": ` + old + `}], "d": 1e3}`
		file := edit.File{Path: path, Data: []byte(data)}
		edited := edit.Apply(file, changesTo(scanner.Find(file).Sites, "1.27"))
		if len(edited.Refused) == 1 && bytes.Equal(edited.Data, file.Data) {
			return
		}
		var read struct {
			A []struct{ B any }
			D float64
			Z []any
		}
		unmarshal := yaml.Unmarshal
		if path == "a.json" {
			unmarshal = json.Unmarshal
		}
		if err := unmarshal(edited.Data, &read); err != nil {
			t.Fatalf("%q: %v", edited.Data, err)
		}
		if read.A[1].B != front+"1.27" || read.D != 1000 || read.Z[0] != 1.1 {
			t.Fatalf("%q became %q", data, edited.Data)
		}
		before, after, _ := strings.Cut(data, `"b": `+old)
		if !strings.HasPrefix(string(edited.Data), before) || !strings.HasSuffix(string(edited.Data), after) {
			t.Fatalf("%q became %q", data, edited.Data)
		}
	})
}

// JSON of any shape keeps every byte but those of the tag.
func TestOnlyTheTagsChangeInJSON(t *testing.T) {
	t.Parallel()
	scanner, err := edit.NewScanner(edit.Query{Images: []image.Repository{repository(t, "nginx")}})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		tag := anyTag.Draw(t, "tag")
		object := map[string]any{
			"apiVersion": "v1", "kind": "Pod", "metadata": anyJSON(3).Draw(t, "metadata"),
			"spec": map[string]any{
				"containers": []any{map[string]any{"image": "nginx:1.25.3", "x": anyJSON(2).Draw(t, "x")}},
				"volumes":    []any{map[string]any{"image": map[string]any{"reference": "docker.io/nginx:1.25.3"}}},
			},
		}
		prefix, indent := "", rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "indent")
		in, err := json.MarshalIndent(object, prefix, indent)
		if err != nil {
			t.Fatal(err)
		}
		want := bytes.ReplaceAll(bytes.ReplaceAll(in, []byte(`"nginx:1.25.3"`), []byte(`"nginx:`+tag+`"`)),
			[]byte(`"docker.io/nginx:1.25.3"`), []byte(`"docker.io/nginx:`+tag+`"`))
		file := edit.File{Path: "pod.json", Data: in}
		edited := edit.Apply(file, changesTo(scanner.Find(file).Sites, tag))
		if !bytes.Equal(edited.Data, want) || len(edited.Refused) > 0 {
			t.Fatalf("refused %v, made:\n%s", edited.Refused, edit.Diff("pod.json", want, edited.Data))
		}
	})
}

func anyJSON(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kinds := 4
		if depth > 0 {
			kinds = 6
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return nil
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return rapid.Float64Range(-1e20, 1e20).Draw(t, "number")
		case 3:
			return rapid.String().Draw(t, "text")
		case 4:
			return rapid.SliceOfN(anyJSON(depth-1), 0, 3).Draw(t, "list")
		}
		return rapid.MapOfN(rapid.String(), anyJSON(depth-1), 0, 3).Draw(t, "object")
	})
}
