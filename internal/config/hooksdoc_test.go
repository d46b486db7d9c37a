package config

import (
	"os"
	"strings"
	"testing"
)

// docs/hooks.md has a row and a section for each kind of hook, with what to write and a line to try it.
func TestHooksDoc(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/hooks.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := string(data)
	for _, kind := range hookKind("").words() {
		if !strings.Contains(docs, "| [`"+kind+"`](#"+kind+") |") {
			t.Errorf("the table has no row of %s", kind)
		}
		_, section, found := strings.Cut(docs, "\n### "+kind+"\n")
		section, _, _ = strings.Cut(section, "\n### ")
		if !found || !strings.Contains(section, "kind: "+kind) || !strings.Contains(section, "\ncurl -i \"$URL/hooks/") {
			t.Errorf("the section of %s: found %v, or it lacks the hook or the line to try it", kind, found)
		}
	}
}
