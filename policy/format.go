package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// format is a compiled calver format: words of calver.org and fixed text.
type format struct {
	source   string
	elements []formatElement
	order    []int // indexes of the words, the most significant first
}

// formatElement is a word, or fixed text where name is "".
type formatElement struct {
	name  string
	fixed string
	glued bool // directly behind another word, so that it has two digits
}

// formatWords are the words of calver.org with their significance among the parts of a date, 0 for what is none.
// Longer words come first, so that the first that fits is the right one.
var formatWords = []struct {
	name         string
	significance int
}{
	{"MAJOR", 0}, {"MINOR", 0}, {"MICRO", 0},
	{"YYYY", 1}, {"YY", 1}, {"0Y", 1},
	{"MM", 2}, {"0M", 2}, {"WW", 2}, {"0W", 2},
	{"DD", 3}, {"0D", 3},
}

// newFormat compiles a format such as YYYY.0M.MICRO.
func newFormat(source string) (*format, error) {
	if source == "" {
		return nil, errors.New("is empty, want a format like YYYY.0M.0D")
	}
	f := &format{source: source}
	for rest := source; rest != ""; {
		run := alphanumericRun(rest)
		if run == 0 {
			f.addFixed(rest[:1])
			rest = rest[1:]
			continue
		}
		if err := f.addRun(rest[:run]); err != nil {
			return nil, err
		}
		rest = rest[run:]
	}
	return f, f.arrange()
}

// alphanumericRun returns how many letters and digits s begins with.
func alphanumericRun(s string) int {
	n := 0
	for n < len(s) && (charClasses[s[n]] == letterChar || charClasses[s[n]] == digitChar) {
		n++
	}
	return n
}

func (f *format) addFixed(text string) {
	if n := len(f.elements); n > 0 && f.elements[n-1].name == "" {
		f.elements[n-1].fixed += text
		return
	}
	f.elements = append(f.elements, formatElement{fixed: text})
}

// addRun adds letters and digits: words, and fixed text around them. What is left of a misspelled word is an error.
func (f *format) addRun(run string) error {
	hasWord := false
	for i := range len(run) {
		hasWord = hasWord || wordAt(run[i:]) != ""
	}
	if !hasWord && strings.Trim(run, wordLetters+"0") != "" && run != "MODIFIER" {
		f.addFixed(run)
		return nil
	}
	behindWord := false
	for rest := run; rest != ""; {
		if name := wordAt(rest); name != "" {
			f.elements = append(f.elements, formatElement{name: name, glued: behindWord})
			rest, behindWord = rest[len(name):], true
			continue
		}
		if strings.Contains(wordLetters, rest[:1]) {
			return fmt.Errorf("format %q: unknown word %q, want YYYY YY 0Y MM 0M WW 0W DD 0D MAJOR MINOR MICRO", f.source, run)
		}
		f.addFixed(rest[:1])
		rest, behindWord = rest[1:], false
	}
	return nil
}

// wordLetters are the letters of which the words of dates are made.
const wordLetters = "YMDW"

func wordAt(s string) string {
	for _, word := range formatWords {
		if strings.HasPrefix(s, word.name) {
			return word.name
		}
	}
	return ""
}

// arrange works out which words are more significant: they count in the order written, but the parts of a date from
// the year down wherever they stand.
func (f *format) arrange() error {
	var places, dates []int // element indexes of all words, and of those that are parts of a date
	for i, element := range f.elements {
		if element.name == "" {
			continue
		}
		if slices.ContainsFunc(f.elements[:i], func(e formatElement) bool { return e.name == element.name }) {
			return fmt.Errorf("format %q: %s twice", f.source, element.name)
		}
		places = append(places, i)
		if significance(element.name) > 0 {
			dates = append(dates, i)
		}
	}
	if len(places) > maxWords {
		return fmt.Errorf("format %q: more than %d words", f.source, maxWords)
	}
	slices.SortStableFunc(dates, func(a, b int) int {
		return significance(f.elements[a].name) - significance(f.elements[b].name)
	})
	if len(dates) == 0 || significance(f.elements[dates[0]].name) != 1 {
		return fmt.Errorf("format %q: no year, want YYYY, YY or 0Y", f.source)
	}
	number := make(map[int]int, len(places)) // element index -> number of the word
	for n, place := range places {
		number[place] = n
	}
	for _, place := range places {
		if significance(f.elements[place].name) > 0 {
			place, dates = dates[0], dates[1:]
		}
		f.order = append(f.order, number[place])
	}
	return nil
}

func significance(name string) int {
	for _, word := range formatWords {
		if word.name == name {
			return word.significance
		}
	}
	return 0
}
