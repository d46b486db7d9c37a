package config

import (
	"os"
	"regexp"
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
			if !regexp.MustCompile("`([A-Za-z]+\\.)?" + f.key + "[`.]").MatchString(docs) {
				t.Errorf("%s is not described", f.key)
			}
		}
	}
}
