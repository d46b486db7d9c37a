package edit

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// readers are what the parsers of other languages take for something else than a string when it is written plainly, by
// the expressions in their sources.
var readers = map[string]*regexp.Regexp{
	"Python (PyYAML)": regexp.MustCompile(`^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF` +
		`|[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*` +
		`|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)` +
		`|[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+` +
		`|<<|~|null|Null|NULL||=` +
		`|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}.*)$`),
	"Ruby (Psych)": regexp.MustCompile(`^(?:(?i:~|null|yes|true|on|no|false|off|\+?\.inf|-\.inf|\.nan)|` +
		`\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)|-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d.*` +
		`|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}(?:\.[0-9_]*)?` +
		`|[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][+-][0-9]+)?` +
		`|[-+]?0[b][01_,]+|[-+]?0[0-7_,]+|[-+]?(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)|[-+]?0x[0-9a-fA-F_,]+|:.*)$`),
	"JavaScript (js-yaml)": regexp.MustCompile(`^(?:true|True|TRUE|false|False|FALSE|~|null|Null|NULL||<<` +
		`|[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*)` +
		`|[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9_]+(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*` +
		`|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|[0-9]{4}-[0-9]{2}-[0-9]{2}` +
		`|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}.*)$`),
	"Java (SnakeYAML)": regexp.MustCompile(`^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF` +
		`|[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?(?:[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?` +
		`|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)` +
		`|[-+]?0b_*[0-1][0-1_]*|[-+]?0_*[0-7][0-7_]*|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x_*[0-9a-fA-F][0-9a-fA-F_]*|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+` +
		`|<<|~|null|Null|NULL||[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:[Tt]|[ \t]+)[0-9][0-9]?:[0-9]{2}:[0-9]{2}.*)$`),
	"the words of YAML 1.1": regexp.MustCompile(`^(?i:y|yes|n|no|true|false|on|off|null|~|<<|=)$`),
}

// What is written plainly is a string to the parsers of other languages, too.
func TestIsStringToOtherReaders(t *testing.T) {
	t.Parallel()
	check := func(t interface{ Fatalf(string, ...any) }, s string) {
		if !plainWord.MatchString(s) || !isString(s) {
			return // it gets quotes
		}
		for reader, other := range readers {
			if other.MatchString(s) {
				t.Fatalf("%q is written plainly, and no string to %s", s, reader)
			}
		}
	}
	for s := range strings.FieldsSeq(`1.10 1e3 1E3 1.e+3 on oN Null nUll yEs fALSE NO 0x1f 0X1F 0x_ 0b1 0o17 0o 017 08 0_7 2024-01-01 2024-1-1
		2024-01-01T10:00:00 2024-01-01T1:00 12:30 1:30.5 190:20:30 1_000 1__0 _1 1_ 1_.5 ._5 ._ . .5 5. .inf .Inf .INF .nAn .iNf -.inf +.inf ~ = << 0 00 0.0
		1,000 :a 1.5e3 .e3 +1 -1 +.5 1e 0b2 0x1g v1 latest y Y n N`) {
		check(t, s)
	}
	words := rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9_.][A-Za-z0-9._:+-]{0,10}`),
		rapid.StringMatching(`[0-9_.:]{1,3}[0-9_.:eExXobT+-]{0,10}`),
		rapid.StringMatching(`[.]?[yYnNtTfFuUoOaArReElLsSiI]{1,5}`),
	)
	rapid.Check(t, func(t *rapid.T) { check(t, words.Draw(t, "s")) })
}
