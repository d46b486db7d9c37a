package proposal_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/writeback/forge"
)

// The body in docs/pull-requests.md is what is written. With -update it is written there.
func TestDocs(t *testing.T) {
	t.Parallel()
	const page = "../../docs/pull-requests.md"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	docs := string(data)
	in := web(t)
	in.Limits = limitsOf(t, forge.GitHub)
	text := opening(t, in)
	words, hidden, _ := strings.Cut(text.Body("7f3c2a1d9e8b4c5f6a7081929394a5b6c7d8e9f0"), "\n\n<!--")
	var quoted strings.Builder
	quoted.WriteString("> **" + text.Title + "**\n>\n")
	for line := range strings.SplitSeq(words, "\n") {
		quoted.WriteString(strings.TrimRight("> "+line, " ") + "\n")
	}
	told := between(t, docs, "body", "\n"+quoted.String()+"\n")
	told = between(t, told, "hidden", "\n```html\n<!--"+hidden+"\n```\n\n")
	if *update {
		if err := os.WriteFile(page, []byte(told), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(docs, told); diff != "" {
		t.Errorf("%s (-docs +program):\n%s", page, diff)
	}
}

// between puts text between two marks.
func between(t *testing.T, docs, mark, text string) string {
	t.Helper()
	head, rest, begins := strings.Cut(docs, "<!-- "+mark+" -->\n")
	_, tail, ends := strings.Cut(rest, "<!-- /"+mark+" -->\n")
	if !begins || !ends {
		t.Fatalf("the page has no place for the %s", mark)
	}
	return head + "<!-- " + mark + " -->\n" + text + "<!-- /" + mark + " -->\n" + tail
}
