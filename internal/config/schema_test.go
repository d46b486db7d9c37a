package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

const (
	schemaFile = "policies.schema.json"
	schemaID   = "https://raw.githubusercontent.com/image-updater/image-updater/main/internal/config/" + schemaFile
)

// The committed schema is the one that the types of file.go give. -update rewrites it.
func TestSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	got := generate(t)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(schemaFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(Schema()), string(got)); diff != "" {
		t.Errorf("%s is old, run go generate (-committed +generated):\n%s", schemaFile, diff)
	}
}

// patterns are the grammars of scalars in the words of JSON Schema, as far as these go. Load knows more.
var patterns = map[reflect.Type]jsonschema.Schema{
	reflect.TypeFor[text]():          {},
	reflect.TypeFor[line]():          {Pattern: `^\S(.*\S)?$`},
	reflect.TypeFor[name]():          {Pattern: nameGrammar.String()},
	reflect.TypeFor[imageName]():     {Pattern: `^[A-Za-z0-9._/:\[\]-]+$`, Examples: []any{"nginx", "ghcr.io/acme/api"}},
	reflect.TypeFor[tagName]():       {Pattern: `^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`},
	reflect.TypeFor[platform]():      {Pattern: `^[a-z0-9_.-]+/[a-z0-9_.-]+(/[a-z0-9_.-]+)?$`, Examples: []any{"linux/amd64"}},
	reflect.TypeFor[glob]():          {Examples: []any{"apps/**/*.yaml"}},
	reflect.TypeFor[folder]():        {Examples: []any{".image-updater/"}},
	reflect.TypeFor[keyExpression](): {Pattern: `^\$`},
	reflect.TypeFor[oneGroup]():      {Format: "regex"},
	reflect.TypeFor[targetValue]():   {Examples: []any{"{tag}"}},
	reflect.TypeFor[branchName]():    {Examples: []any{"main"}},
	reflect.TypeFor[authorName]():    {Pattern: `^[^<>]+$`},
	reflect.TypeFor[email]():         {Pattern: `^[^<>@\s]+@[^<>\s]+$`},
	reflect.TypeFor[count]():         {Type: "integer", Minimum: "1"},
	reflect.TypeFor[frequency]():     {Type: "number", ExclusiveMinimum: "0", Maximum: "1000"},
	reflect.TypeFor[percent]():       {Pattern: `^(100|[0-9]{1,2})%$`},
	reflect.TypeFor[clock]():         {Pattern: `^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`},
	reflect.TypeFor[zone]():          {Examples: []any{"UTC", "Europe/Paris"}},
	reflect.TypeFor[templateText]():  {},
	reflect.TypeFor[eventText]():     {Examples: []any{"{{.Image}} {{.From}} to {{.To}}"}},
	reflect.TypeFor[linkText]():      {Pattern: `^https?://`, Examples: []any{"https://dashboard.example/#/search?q={{.Image}}"}},
	reflect.TypeFor[port]():          {Type: "integer", Minimum: "1", Maximum: "65535"},
	reflect.TypeFor[mailbox]():       {Pattern: `^[^<>@,;\s]+@[^<>@,;\s]+$`},
	reflect.TypeFor[smtpHost]():      {Pattern: `^[^/@\s]+$`, Examples: []any{"smtp.acme.example"}},
	reflect.TypeFor[hostName]():      {Pattern: `^[^/\s]+$`, Examples: []any{"docker.io", "registry.acme.example:5000"}},
	reflect.TypeFor[serverName]():    {Pattern: `^[^/\s]+$`},
	reflect.TypeFor[webURL]():        {Pattern: `^[Hh][Tt][Tt][Pp][Ss]?://[^@?#\s]+$`},
	reflect.TypeFor[gitURL]():        {Examples: []any{"https://github.com/acme/fleet.git", "git@github.com:acme/fleet.git"}},
	reflect.TypeFor[envName]():       {Pattern: envGrammar.String()},
	reflect.TypeFor[filePath]():      {Pattern: `^[^~\n][^\n]*$`},
	reflect.TypeFor[duration](): {OneOf: []*jsonschema.Schema{
		{Type: "string", Pattern: `^(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d|w)(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d|w))*)$`},
		{Const: 0},
	}, Examples: []any{"15m", "1d12h"}},
}

// generate makes the schema from the types of a policy file.
func generate(t *testing.T) []byte {
	t.Helper()
	comments := readComments(t, "file.go", "filegit.go", "hook.go", "notify.go")
	r := &jsonschema.Reflector{
		BaseSchemaID:               schemaID,
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		ExpandedStruct:             true,
		Namer:                      func(t reflect.Type) string { return strings.TrimSuffix(strings.TrimSuffix(t.Name(), "Keys"), "Entry") },
		LookupComment:              func(t reflect.Type, field string) string { return comments[t.Name()+"."+field] },
		Mapper:                     mapScalar,
	}
	s := r.Reflect(&file{})
	s.ID, s.Title = schemaID, "image-updater policy file"
	s.Definitions["select"].MinProperties = new(uint64(1))
	s.Definitions["select"].MaxProperties = new(uint64(1))
	for _, list := range []string{"names", "windows", "channels"} {
		def := s.Definitions[list]
		if list != "channels" { // none at all may be meant
			def.MinItems = new(uint64(1))
		}
		s.Definitions[list] = &jsonschema.Schema{OneOf: []*jsonschema.Schema{def.Items, def}}
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	// The library escapes what JSON in a web page must not hold, which nobody can read.
	return []byte(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(data)) + "\n")
}

// mapScalar returns the schema of a type that reads itself from one scalar.
func mapScalar(t reflect.Type) *jsonschema.Schema {
	switch target := reflect.New(t).Interface().(type) {
	case enumeration:
		s := &jsonschema.Schema{Type: "string"}
		for _, word := range target.words() {
			s.Enum = append(s.Enum, word)
		}
		return s
	case scalar:
		s, found := patterns[t]
		if !found {
			panic("no pattern for " + t.String())
		}
		if s.Type == "" && s.OneOf == nil {
			s.Type, s.MinLength = "string", new(uint64(1))
		}
		return &s
	}
	return nil
}

// readComments returns the comments of the types and fields in Go files: "guardKeys." and "guardKeys.Bump".
func readComments(t *testing.T, names ...string) map[string]string {
	t.Helper()
	comments := make(map[string]string)
	for _, name := range names {
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if general, ok := decl.(*ast.GenDecl); ok && general.Tok == token.TYPE {
				addComments(comments, general)
			}
		}
	}
	return comments
}

func addComments(comments map[string]string, decl *ast.GenDecl) {
	clean := func(doc *ast.CommentGroup) string {
		return strings.ReplaceAll(strings.TrimSpace(doc.Text()), "\n", " ")
	}
	spec := decl.Specs[0].(*ast.TypeSpec)
	comments[spec.Name.Name+"."] = clean(decl.Doc)
	if s, ok := spec.Type.(*ast.StructType); ok {
		for _, field := range s.Fields.List {
			for _, fieldName := range field.Names {
				comments[spec.Name.Name+"."+fieldName.Name] = clean(field.Doc)
			}
		}
	}
}

// Every key and mapping has a description, and no mapping takes keys that are not in the schema.
func TestSchemaIsComplete(t *testing.T) {
	t.Parallel()
	var s map[string]any
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	objects := map[string]any{"file": s}
	maps.Copy(objects, s["$defs"].(map[string]any))
	for name, def := range objects {
		object := def.(map[string]any)
		properties, ok := object["properties"].(map[string]any)
		if !ok {
			continue
		}
		if object["additionalProperties"] != false || object["description"] == nil && name != "policy" {
			t.Errorf("%s: additionalProperties %v, description %v", name, object["additionalProperties"], object["description"])
		}
		for key, property := range properties {
			if property.(map[string]any)["description"] == nil {
				t.Errorf("%s.%s has no description", name, key)
			}
		}
	}
}

func TestSchemaValidates(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no good files (%v)", err)
	}
	s := compiled(t)
	for _, name := range append(names, "../../policies.example.yaml") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(plainValue(t, string(data))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	for _, bad := range []string{
		"{}",
		"{apiVersion: image-updater/v2}",
		"policies: []",
		"unknown: 1",
		"policies: {}",
		"policies: [{name: a}]",
		"policies: [{image: a}]",
		"policies: [{name: A, image: a}]",
		"policies: [{name: a, image: a, unknown: 1}]",
		"policies: [{name: a, image: a, select: {}}]",
		"policies: [{name: a, image: a, select: {semver: 1.10}}]",
		"policies: [{name: a, image: a, select: {semver: '*', numeric: ascending}}]",
		"policies: [{name: a, image: a, select: {numeric: up}}]",
		"policies: [{name: a, image: a, guard: {bump: huge}}]",
		"policies: [{name: a, image: a, guard: {prerelease: 'yes'}}]",
		"policies: [{name: a, image: a, guard: {platforms: [linux]}}]",
		"policies: [{name: a, image: a, interval: 15}]",
		"policies: [{name: a, image: a, interval: 15x}]",
		"policies: [{name: a, image: a, interval: -1h}]",
		"policies: [{name: a, image: a, git: []}]",
		"policies: [{name: a, image: a, git: {a: b}}]",
		"policies: [{name: a, image: a, tags: {match: ''}}]",
		"policies: [{name: a, image: a, targets: [{key: $.a}]}]",
		"policies: [{name: a, image: a, targets: [{file: a, key: a}]}]",
		"policies: [{name: a, image: a, targets: [{file: a, key: $.a, expect: 0}]}]",
		"policies: [{name: a, image: a, window: {from: '8:00', to: '9:00'}}]",
		"policies: [{name: a, image: a, window: [{days: [monday]}]}]",
		"policies: [{name: a, image: a, write: {mode: push}}]",
		"defaults: {name: a}",
		"registries: [{auth: {}}]",
		"registries: [{host: https://ghcr.io/x}]",
		"registries: [{host: ghcr.io, rate: {perSecond: 0}}]",
		"registries: [{host: ghcr.io, auth: {password: x}}]",
		"registries: [{host: ghcr.io, auth: {passwordEnv: a-b}}]",
		"registries: [{host: ghcr.io, endpoint: 'https://a:b@ghcr.io'}]",
		"git: [{name: a}]",
		"git: [{name: a, url: b, author: {name: a}}]",
		"git: [{name: a, url: b, auth: {githubApp: {appID: x}}}]",
	} {
		text := bad
		if !strings.Contains(bad, "apiVersion") && bad != "{}" && bad != "policies: []" {
			text = "apiVersion: image-updater/v1\n" + bad
		}
		if err := s.Validate(plainValue(t, text)); err == nil {
			t.Errorf("the schema takes %s", bad)
		}
	}
}

func compiled(t *testing.T) *validator.Schema {
	t.Helper()
	parsed, err := validator.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := validator.NewCompiler()
	if err := c.AddResource(schemaID, parsed); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schemaID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plainValue reads YAML into what encoding/json would give for it.
func plainValue(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	v, err = validator.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
