package config

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func readDocs(t *testing.T) string {
	t.Helper()
	docs, err := os.ReadFile("../../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(docs)
}

// docs/policies.md describes each key that there is.
func TestDocsNameEachKey(t *testing.T) {
	t.Parallel()
	docs := readDocs(t)
	for _, fields := range table {
		for _, f := range fields {
			if !describes(docs, f.key) {
				t.Errorf("%s is not described", f.key)
			}
		}
	}
}

// The tables of docs/policies.md have a row for each key of the mapping that their section is about, whatever other
// mappings have a key of that name.
func TestDocsTables(t *testing.T) {
	t.Parallel()
	sections := map[string]string{}
	for section := range strings.SplitSeq(readDocs(t), "\n### ") {
		name, text, _ := strings.Cut(section, "\n")
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "|") {
				sections[name] += line
			}
		}
	}
	for section, of := range map[string]reflect.Type{
		"Top level": reflect.TypeFor[file](), "registries": reflect.TypeFor[registryEntry](), "git": reflect.TypeFor[gitEntry](),
		"policies": reflect.TypeFor[policyEntry](), "tags": reflect.TypeFor[tagsKeys](), "select": reflect.TypeFor[selectKeys](),
		"guard": reflect.TypeFor[guardKeys](), "targets": reflect.TypeFor[targetKeys](), "write": reflect.TypeFor[writeKeys](),
		"window": reflect.TypeFor[windowKeys](), "hooks": reflect.TypeFor[hookEntry](), "notify": reflect.TypeFor[notifyEntry](),
	} {
		fields := fieldsOf(of)
		if len(fields) == 0 {
			t.Errorf("%s has no keys", of)
		}
		for _, f := range fields {
			if !describes(sections[section], f.key) {
				t.Errorf("%s: the table has no key %s", section, f.key)
			}
		}
	}
}

// policies.example.yaml shows each key, if only in a comment.
func TestExampleNamesEachKey(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../policies.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for of, fields := range table {
		for _, f := range fields {
			if !regexp.MustCompile(`\b` + f.key + `\b`).Match(example) {
				t.Errorf("%s of %s is not there", f.key, of)
			}
		}
	}
}

// describes reports whether a text names a key, by itself or as a part of another.
func describes(text, key string) bool {
	return regexp.MustCompile("`([A-Za-z]+\\.)?" + key + "[`.]").MatchString(text)
}
