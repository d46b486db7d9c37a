package edit_test

import (
	"testing"

	"github.com/image-updater/image-updater/edit"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ path, old, new, want string }{
		{"a.yaml", "a: 1\n", "a: 1\n", ""},
		{"x/a.yaml", "1\n2\n3\n4\nimage: a:1\n5\n6\n7\n8\n", "1\n2\n3\n4\nimage: a:2\n5\n6\n7\n8\n",
			"--- a/x/a.yaml\n+++ b/x/a.yaml\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-image: a:1\n+image: a:2\n 5\n 6\n 7\n"},
		{"a\n.yaml", "a: 1", "a: 2",
			"--- \"a/a\\n.yaml\"\n+++ \"b/a\\n.yaml\"\n@@ -1,1 +1,1 @@\n-a: 1\n\\ No newline at end of file\n+a: 2\n\\ No newline at end of file\n"},
	} {
		if got := edit.Diff(test.path, []byte(test.old), []byte(test.new)); got != test.want {
			t.Errorf("Diff(%q) = %q, want %q", test.path, got, test.want)
		}
	}
}
