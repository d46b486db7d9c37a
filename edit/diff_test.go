package edit_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/edit"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	repeated := "head\n" + strings.Repeat("- image: nginx:1\n  pull: Always\n  env:\n  - a\n", 3) + "tail\n"
	for _, test := range []struct{ path, old, new, want string }{
		{"a.yaml", "a: 1\n", "a: 1\n", ""},
		{"x/a.yaml", "1\n2\n3\n4\nimage: a:1\n5\n6\n7\n8\n", "1\n2\n3\n4\nimage: a:2\n5\n6\n7\n8\n",
			"--- a/x/a.yaml\n+++ b/x/a.yaml\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-image: a:1\n+image: a:2\n 5\n 6\n 7\n"},
		{"a\n.yaml", "a: 1", "a: 2",
			"--- \"a/a\\n.yaml\"\n+++ \"b/a\\n.yaml\"\n@@ -1,1 +1,1 @@\n-a: 1\n\\ No newline at end of file\n+a: 2\n\\ No newline at end of file\n"},
		{"\x1b\xff\"é", "", "a\n", "--- \"a/\\033\\377\\\"\\303\\251\"\n+++ \"b/\\033\\377\\\"\\303\\251\"\n@@ -0,0 +1,1 @@\n+a\n"},
		{"b", repeated, strings.ReplaceAll(repeated, "nginx:1", "nginx:2"),
			"--- a/b\n+++ b/b\n@@ -1,13 +1,13 @@\n head\n" +
				strings.Repeat("-- image: nginx:1\n+- image: nginx:2\n   pull: Always\n   env:\n   - a\n", 3)},
		{"c", "- a\n- a\n- a\n", "- a\n- a\n  b\n- a\n", "--- a/c\n+++ b/c\n@@ -1,3 +1,4 @@\n - a\n - a\n+  b\n - a\n"},
		{"e", "- 1\n- 2\n- 3\nx\n", "- 2\n- 3\n- 4\nx\n", "--- a/e\n+++ b/e\n@@ -1,4 +1,4 @@\n-- 1\n - 2\n - 3\n+- 4\n x\n"},
		{"f", strings.Repeat("image: a:1\n", 20), strings.Repeat("image: a:2\n", 20),
			"--- a/f\n+++ b/f\n@@ -1,20 +1,20 @@\n" + strings.Repeat("-image: a:1\n", 20) + strings.Repeat("+image: a:2\n", 20)},
		{"g", "a\n1\n2\n3\n4\n5\nb\n1\n2\n3\n4\n5\n6\nc\n", "A\n1\n2\n3\n4\n5\nB\n1\n2\n3\n4\n5\n6\nC\nD\nE\n",
			"--- a/g\n+++ b/g\n@@ -1,10 +1,10 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n-b\n+B\n 1\n 2\n 3\n" +
				"@@ -11,4 +11,6 @@\n 4\n 5\n 6\n-c\n+C\n+D\n+E\n"},
		{"d", "", "a\n", "--- a/d\n+++ b/d\n@@ -0,0 +1,1 @@\n+a\n"},
	} {
		if got := edit.Diff(test.path, []byte(test.old), []byte(test.new)); got != test.want {
			t.Errorf("Diff(%q) =\n%s\nwant\n%s", test.path, got, test.want)
		}
	}
}

// Applied to the old version a diff gives the new one.
func TestDiffIsTrue(t *testing.T) {
	t.Parallel()
	text := rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "- c\n", "+d\n", "@@ e\n", "\r\n", "\n"}), 0, 12),
		func(lines []string) string { return strings.Join(lines, "") })
	rapid.Check(t, func(t *rapid.T) {
		old, new := text.Draw(t, "old"), text.Draw(t, "new")
		got, err := patched(old, edit.Diff("x", []byte(old), []byte(new)))
		if err != nil || got != new {
			t.Fatalf("%q becomes %q, want %q (%v)", old, got, new, err)
		}
	})
}

// patched applies a unified diff of files that end in a line break.
func patched(old, diff string) (string, error) {
	from := strings.SplitAfter(old, "\n")
	var out strings.Builder
	at := 0
	for i, line := range strings.SplitAfter(diff, "\n") {
		var start, size, newStart, newSize int
		switch {
		case i < 2 || line == "":
		case line[0] == '@':
			if _, err := fmt.Sscanf(line, "@@ -%d,%d +%d,%d @@", &start, &size, &newStart, &newSize); err != nil {
				return "", err
			}
			for ; size > 0 && at < start-1 || size == 0 && at < start; at++ {
				out.WriteString(from[at])
			}
		case line[0] == '+':
			out.WriteString(line[1:])
		default:
			if from[at] != line[1:] {
				return "", fmt.Errorf("line %d is %q, the diff has %q", at+1, from[at], line)
			}
			if line[0] == ' ' {
				out.WriteString(line[1:])
			}
			at++
		}
	}
	return out.String() + strings.Join(from[at:], ""), nil
}
