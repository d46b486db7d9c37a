package edit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/image"
)

// A file in three parts: only the one in the middle may change.
type parted struct {
	path                string
	before, old, after  string
	newline             string
	mark, noFinalBreaks bool
}

func (p parted) assemble(middle string) []byte {
	text := strings.ReplaceAll(p.before+middle+p.after, "\n", p.newline)
	if p.noFinalBreaks {
		text = strings.TrimRight(text, "\r\n")
	}
	if p.mark {
		text = "\ufeff" + text
	}
	return []byte(text)
}

func (p *parted) disguise(t *rapid.T) {
	p.newline = rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "newline")
	p.mark = rapid.Bool().Draw(t, "mark")
	p.noFinalBreaks = rapid.Bool().Draw(t, "no final break")
}

var (
	anyTagOfAll = rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9._-]{0,20}`),
		rapid.StringMatching(`[0-9]{1,4}([._eE-][0-9]{1,4}){0,3}`),
		rapid.SampledFrom(strings.Fields("1.10 1e3 on oN No null nUll y 1_000 0x1f 0o17 0b1 2024-01-01 1. 08 _1 1__2.3 0 true 1_.5 007")),
	)
	templates = []string{"{tag}", "v{tag}", ".{tag}", "0{tag}", "-{tag}", "{tag}_", "{tag}: x", "# {tag}", "é {tag}", "'{tag}'", `"{tag}\`,
		"{image}:{tag}", "{image}:{tag}@{digest}", "{digest}", "a\tb {tag}", " {tag} ", "[{tag}", "&{tag}", "!{tag}", "%{tag}", "{tag}#", "- {tag}"}
	noiseLines = rapid.SampledFrom([]string{"", "# é nginx:1.25.3", "# 日本", "X=1", "OTHER_TAG=1.25.3", "export Y='1.25.3'"})
)

// target makes a scanner with one target, and what it writes for a tag.
func oneTarget(t *rapid.T, target Target, tag string) (s *Scanner, digest image.Digest, want string) {
	repository, err := image.ParseRepository("nginx")
	if err != nil {
		t.Fatal(err)
	}
	target.Policy, target.Image = "web", repository
	s, err = NewScanner(Query{Targets: []Target{target}})
	if err != nil {
		t.Fatal(err)
	}
	digest = image.Digest("sha256:" + strings.Repeat("0e", 32))
	want = strings.NewReplacer("{tag}", tag, "{digest}", string(digest), "{image}", "nginx").Replace(target.Value)
	return s, digest, want
}

// written applies the one site of a file, and returns nil where that is refused: then no byte may have changed.
func writtenBy(t *rapid.T, s *Scanner, p parted, digest image.Digest, tag string) []byte {
	in := p.assemble(p.old)
	file := File{Path: p.path, Data: in}
	found := s.Find(file)
	if len(found.Sites)+len(found.Refused) != 1 {
		t.Fatalf("found %d sites, refused %v in\n%s", len(found.Sites), found.Refused, in)
	}
	if len(found.Refused) > 0 {
		return nil
	}
	edited := Apply(file, []Change{{Site: found.Sites[0], Tag: tag, Digest: digest}})
	if len(edited.Refused) > 0 {
		if !bytes.Equal(edited.Data, in) {
			t.Fatalf("refused %v, and changed\n%s\nto\n%s", edited.Refused, in, edited.Data)
		}
		return nil
	}
	again := s.Find(File{Path: p.path, Data: edited.Data})
	if len(again.Sites) != 1 {
		t.Fatalf("%q is not found again: %v", edited.Data, again.Refused)
	}
	if twice := Apply(File{Path: p.path, Data: edited.Data}, []Change{{Site: again.Sites[0], Tag: tag, Digest: digest}}); len(twice.Applied) > 0 {
		t.Fatalf("%q is changed again, to %q", edited.Data, twice.Data)
	}
	return edited.Data
}

// middle returns what stands between the parts that must not change.
func (p parted) middle(t *rapid.T, data []byte) string {
	empty := p
	empty.noFinalBreaks = false
	all := string(empty.assemble("\x00"))
	before, after, _ := strings.Cut(all, "\x00")
	if p.noFinalBreaks {
		after = strings.TrimRight(after, "\r\n")
	}
	text, ok := strings.CutPrefix(string(data), before)
	if ok {
		text, ok = strings.CutSuffix(text, after)
	}
	if !ok {
		t.Fatalf("more than the value changed:\n%q\n%q", p.assemble(p.old), data)
	}
	return text
}

// Whatever a target writes into a YAML file, over whatever stood there: it reads back as just that string, by yaml.v3 and
// by the rules of others, and no other byte changes.
func TestTargetsInYAML(t *testing.T) {
	t.Parallel()
	olds := []string{"1.25.3", "'1.25.3'", `"1.25.3"`, "1.10", "on", "nginx:1.25.3", "'it''s'", `"a\"b"`, `""`, "''", "v1 # not\n", "|\n    x\n", ">-\n    y\n",
		"~", "", "!!str 1", "&a x", "[1]", "{a: b}", "\t1.25", "a b c", "2024-01-01"}
	rapid.Check(t, func(t *rapid.T) {
		tag, value := anyTagOfAll.Draw(t, "tag"), rapid.SampledFrom(templates).Draw(t, "value")
		p := parted{path: "config.yaml", old: rapid.SampledFrom(olds).Draw(t, "old")}
		flow := rapid.Bool().Draw(t, "flow") && !strings.ContainsAny(p.old, "\n|>")
		p.before, p.after = "%YAML 1.1\n---\nx: {é: 1.10} # 日本\na:\n  b: ", "\nz: &n [1, 0755] # c\ny: *n\n"
		if flow {
			p.before, p.after = "x: 1.10\na: {q: 'é', b: ", ", c: [on, 1e3]} # é\n"
		}
		p.disguise(t)
		if !parses(p.assemble(p.old)) {
			return
		}
		s, digest, want := oneTarget(t, Target{File: "config.yaml", Key: "$.a.b", Value: value}, tag)
		data := writtenBy(t, s, p, digest, tag)
		if data == nil {
			return
		}
		raw := strings.TrimPrefix(strings.TrimPrefix(p.middle(t, data), "&a "), "\t")
		var read struct {
			A struct{ B yaml.Node }
		}
		if err := yaml.Unmarshal(data, &read); err != nil {
			t.Fatal(err)
		}
		if raw == p.old || "&a "+raw == p.old { // it read so before
			return
		}
		if n := read.A.B; n.Value != want || n.ShortTag() != "!!str" {
			t.Fatalf("wrote %q, reads as %s %q, want %q", raw, n.ShortTag(), n.Value, want)
		}
		for reader, other := range readers {
			if !strings.ContainsAny(raw[:1], `"'`) && other.MatchString(raw) {
				t.Fatalf("%q is no string to %s", raw, reader)
			}
		}
	})
}

func parses(data []byte) bool { return yaml.Unmarshal(data, new(yaml.Node)) == nil }

// The same for JSON, which keeps its own rules: no comments, and only double quotes.
func TestTargetsInJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tag, value := anyTagOfAll.Draw(t, "tag"), rapid.SampledFrom(templates).Draw(t, "value")
		p := parted{path: "config.json", old: rapid.SampledFrom([]string{`"1.25.3"`, `""`, "1.10", "true", "null", `"a\"bé\u00e9"`, "[]", "{}", `" x "`}).Draw(t, "old")}
		p.before, p.after = "{\"x\": 1.10, \"é\\u00e9\": \"nginx:1.25.3\",\n\t\"a\": {\"b\" : ", " , \"c\": [1e3, \"on\"]}\n}\n"
		p.disguise(t)
		s, digest, want := oneTarget(t, Target{File: "config.json", Key: "$.a.b", Value: value}, tag)
		data := writtenBy(t, s, p, digest, tag)
		if data == nil {
			return
		}
		var read struct{ A struct{ B any } }
		if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &read); err != nil || read.A.B != want {
			t.Fatalf("%q reads as %v, want %q, %v", p.middle(t, data), read.A.B, want, err)
		}
	})
}

// A regexp leads to bytes of any text, which are replaced as they are.
func TestTargetsInText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tag, value := anyTagOfAll.Draw(t, "tag"), rapid.SampledFrom(templates).Draw(t, "value")
		p := parted{path: rapid.SampledFrom([]string{".env", "main.tf", "Makefile", "notes.txt", "Dockerfile"}).Draw(t, "path")}
		p.old = rapid.SampledFrom([]string{"1.25.3", "", "v1.25", "x y", "é", "1.25.3 # c"}).Draw(t, "old")
		for range rapid.IntRange(0, 3).Draw(t, "lines") {
			p.before += noiseLines.Draw(t, "line") + "\n"
		}
		p.before += "APP_TAG="
		p.after = "\n" + noiseLines.Draw(t, "line") + "\n"
		p.disguise(t)
		s, digest, want := oneTarget(t, Target{File: p.path, Regexp: "^APP_TAG=(.*)$", Value: value}, tag)
		data := writtenBy(t, s, p, digest, tag)
		if data == nil {
			if bareWord.MatchString(want) && bareWord.MatchString(p.old) && !strings.Contains(value, "{image}") {
				t.Fatalf("%q was refused in %q", want, p.assemble(p.old))
			}
			return
		}
		if got := p.middle(t, data); got != want {
			t.Fatalf("wrote %q, want %q", got, want)
		}
	})
}

// In a Dockerfile only the tags of the sought image change, whatever stands around them.
func TestOnlyTheTagsChangeInDockerfiles(t *testing.T) {
	t.Parallel()
	nginx, err := image.ParseRepository("nginx")
	if err != nil {
		t.Fatal(err)
	}
	scanner, err := NewScanner(Query{Images: []image.Repository{nginx}})
	if err != nil {
		t.Fatal(err)
	}
	noise := rapid.SampledFrom([]string{
		"# FROM nginx:1.25.3\n", "RUN echo 'FROM nginx:1.25.3' \\\n  # FROM nginx:1.25.3\n  && true\n", "COPY <<EOF /x\nFROM nginx:1.25.3\nEOF\n",
		"ENV A=é B=\"nginx:1.25.3\"\n", "\n", "LABEL x='日本'\n", "RUN <<'A' cat <<-B\nFROM nginx:1.25.3\nA\n\tB\n", "FROM redis:7\n", "ONBUILD RUN true\n",
	})
	rapid.Check(t, func(t *rapid.T) {
		tag := anyTagOfAll.Draw(t, "tag")
		var in, want strings.Builder
		sites := 0
		in.WriteString("# syntax=docker/dockerfile:1\n")
		want.WriteString("# syntax=docker/dockerfile:1\n")
		for i := range rapid.IntRange(1, 4).Draw(t, "stages") {
			form := rapid.SampledFrom([]string{"FROM %s\n", "from  %s AS s%d\n", "FROM --platform=linux/amd64 \\\n  %s as s%d\n", "\tFROM\t%s\n"}).Draw(t, "form")
			name := rapid.SampledFrom([]string{"nginx", "library/nginx", "docker.io/nginx"}).Draw(t, "name")
			line := func(tag string) string {
				if strings.Contains(form, "%d") {
					return fmt.Sprintf(form, name+":"+tag, i)
				}
				return fmt.Sprintf(form, name+":"+tag)
			}
			in.WriteString(line("1.25.3"))
			want.WriteString(line(tag))
			sites++
			for range rapid.IntRange(0, 3).Draw(t, "noises") {
				text := noise.Draw(t, "noise")
				in.WriteString(text)
				want.WriteString(text)
			}
		}
		p := parted{path: "Dockerfile"}
		p.disguise(t)
		p.mark = false
		data := p.assemble(in.String())
		found := scanner.Find(File{Path: p.path, Data: data})
		if len(found.Sites) != sites || len(found.Refused) > 0 {
			t.Fatalf("found %d sites of %d, refused %v in\n%s", len(found.Sites), sites, found.Refused, data)
		}
		var changes []Change
		for _, site := range found.Sites {
			changes = append(changes, Change{Site: site, Tag: tag})
		}
		edited := Apply(File{Path: p.path, Data: data}, changes)
		if !bytes.Equal(edited.Data, p.assemble(want.String())) || len(edited.Refused) > 0 {
			t.Fatalf("refused %v, made:\n%s", edited.Refused, Diff("Dockerfile", p.assemble(want.String()), edited.Data))
		}
	})
}

// A regexp that leads into a plain value of YAML makes no number of it whose text is lost.
func TestPartsOfPlainScalars(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tag := anyTagOfAll.Draw(t, "tag")
		prefix := rapid.SampledFrom([]string{"1.", "v", "0", "2024-01-", "x/nginx:", "1:"}).Draw(t, "prefix")
		suffix := rapid.SampledFrom([]string{"", "0", "-x", ".5"}).Draw(t, "suffix")
		p := parted{path: "config.yaml", before: "a: " + prefix, old: "12", after: suffix + " # é\nx: [1.10, on]\n"}
		p.disguise(t)
		s, digest, _ := oneTarget(t, Target{File: "config.yaml", Regexp: "^a: " + prefix + "([^ #]*?)" + suffix + " #", Value: "{tag}"}, tag)
		data := writtenBy(t, s, p, digest, tag)
		if data == nil {
			return
		}
		if got := p.middle(t, data); got != tag {
			t.Fatalf("wrote %q, want %q", got, tag)
		}
		if whole := prefix + tag + suffix; tag != p.old && losesText(whole) {
			t.Fatalf("%q does not read as that text", whole)
		}
	})
}
