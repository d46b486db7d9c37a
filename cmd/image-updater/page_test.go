package main

import (
	"bufio"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPage(t *testing.T) {
	t.Parallel()
	rows := []row{
		{name: "1.27.4-alpine", word: "chosen", style: green},
		{name: "1.28.0-rc.1-alpine", word: "prerelease", text: "pre-release; guard.prerelease is false"},
		{name: "1.28.0-" + strings.Repeat("x", 40), word: "variant", text: "another variant: -" + strings.Repeat("x", 40) + " is added"},
	}
	for _, test := range []struct {
		name  string
		width int
		want  string
	}{
		{name: "a pipe", want: `
1.25.3-alpine -> [1.27.4-alpine]: the best of 14 allowed tags
  [1.27.4-alpine]       [chosen]
  1.28.0-rc.1-alpine  prerelease  pre-release; guard.prerelease is false
  1.28.0-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx  variant     another variant: -xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx is added
`},
		{name: "a terminal", width: 58, want: `
1.25.3-alpine -> [1.27.4-alpine]: the best of 14 allowed
tags
  [1.27.4-alpine]       [chosen]
  1.28.0-rc.1-alpine  prerelease  pre-release;
                                  guard.prerelease is
                                  false
  1.28.0-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                      variant     another variant:
                                  -xxxxxxxxxxxxxxxxxxxxxxx
                                  xxxxxxxxxxxxxxxxx is
                                  added
`},
		{name: "a narrow terminal", width: 40, want: `
1.25.3-alpine -> [1.27.4-alpine]: the best
of 14 allowed tags
  [1.27.4-alpine]  [chosen]
  1.28.0-rc.1-alpine
                 prerelease
    pre-release; guard.prerelease is
    false
  1.28.0-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
                 variant
    another variant:
    -xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    xxxxx is added
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			out.WriteByte('\n')
			p := page{Writer: bufio.NewWriter(&out), width: test.width, paint: func(_ style, text string) string {
				return "\x1b[32m" + text + "\x1b[0m"
			}}
			p.paragraph("1.25.3-alpine -> " + p.paint(green, "1.27.4-alpine") + ": the best of 14 allowed tags")
			p.table(rows)
			p.Flush()
			got := strings.NewReplacer("\x1b[32m", "[", "\x1b[0m", "]").Replace(out.String())
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// However narrow the terminal is, no line of a table is lost, and none hangs.
func TestPageOfAnyWidth(t *testing.T) {
	t.Parallel()
	for width := 1; width < 100; width++ {
		var out strings.Builder
		p := page{Writer: bufio.NewWriter(&out), width: width, paint: func(_ style, text string) string { return text }}
		text := "another variant: -" + strings.Repeat("x", 40) + " is added"
		p.table([]row{{name: "1.27.4", word: "variant", text: text}})
		p.Flush()
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got, want := squeeze(out.String()), "1.27.4variant"+squeeze(text); got != want {
			t.Errorf("%d columns: got %q, want %q", width, got, want)
		}
	}
}
