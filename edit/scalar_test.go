package edit

import (
	"fmt"
	"testing"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

func TestIsString(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		plain         string
		string, loses bool
	}{
		{"1.27.4", true, false}, {"v1", true, false}, {"latest", true, false}, {"1.27-alpine", true, false},
		{"release-1179-344b590f", true, false}, {"2024.01.02", true, false}, {"_1", true, false}, {"1e", true, false},
		{"sha256:00", true, false}, {"nginx:1.27", true, false}, {"2024-01-01-rc1", true, false}, {"0.1.2", true, false},
		{"16", false, false}, {"0", false, false}, {"20210804", false, false}, {"1.5", false, false}, {"true", false, false},
		{"1.10", false, true}, {"1.0", false, true}, {"1.", false, true}, {"0755", false, true}, {"08", false, true},
		{"1e3", false, true}, {"12e4567", false, true}, {"1_000", false, true}, {"1_0.5", false, true},
		{"0x1f", false, true}, {"0o17", false, true}, {"0b11", false, true}, {"1:30", false, true},
		{"on", false, true}, {"No", false, true}, {"y", false, true}, {"null", false, true}, {"~", false, true}, {"", false, true},
		{"2024-01-01", false, true}, {"2024-1-1", false, true}, {".5", false, true}, {".inf", false, true}, {"<<", false, true},
	} {
		if got := isString(test.plain); got != test.string {
			t.Errorf("isString(%q) = %v", test.plain, got)
		}
		if got := losesText(test.plain); got != test.loses {
			t.Errorf("losesText(%q) = %v", test.plain, got)
		}
	}
}

// What counts as a string is one to yaml.v3, and what is said to lose nothing comes back as it was.
func TestIsStringAgreesWithYAML(t *testing.T) {
	t.Parallel()
	words := rapid.OneOf(rapid.StringMatching(`[0-9a-zA-Z_][0-9a-zA-Z._-]{0,8}`), rapid.StringMatching(`[0-9][0-9_.eExXob-]{0,8}`))
	rapid.Check(t, func(t *rapid.T) {
		s := words.Draw(t, "s")
		var n yaml.Node
		if err := yaml.Unmarshal([]byte("k: "+s), &n); err != nil {
			t.Fatal(err)
		}
		value := n.Content[0].Content[1]
		if isString(s) != (value.Tag == "!!str") && isString(s) {
			t.Fatalf("%q is %s to yaml.v3", s, value.Tag)
		}
		if losesText(s) || isString(s) {
			return
		}
		text, err := yaml.Marshal(value)
		var read any
		if err == nil {
			err = value.Decode(&read)
		}
		if err != nil || string(text) != s+"\n" && fmt.Sprint(read) != s {
			t.Fatalf("%q is said to lose nothing and reads as %v, %q (%v)", s, read, text, err)
		}
	})
}
