package policy

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// filter is which tags count, and what of them.
type filter struct {
	match   *regexp.Regexp // nil matches all
	extract string
	ignore  []*regexp.Regexp // anchored
	sources []string         // of ignore, as written
}

func newFilter(s Spec, wrong *faults) filter {
	f := filter{extract: s.Extract, sources: s.Ignore}
	var err error
	if s.Match != "" {
		if f.match, err = regexp.Compile(s.Match); err != nil {
			wrong.add("tags.match", expressionError(s.Match, err))
		}
	}
	switch {
	case s.Extract != "" && s.Match == "":
		wrong.addf("tags.extract", "%q needs tags.match, whose groups it names", s.Extract)
	case s.Extract != "" && f.match != nil:
		wrong.add("tags.extract", checkTemplate(s.Extract, f.match))
	}
	for i, source := range s.Ignore {
		field := fmt.Sprintf("tags.ignore[%d]", i)
		if source == "" {
			wrong.add(field, errors.New("is empty"))
			continue
		}
		// Compiled as written first, so that the error speaks of what was written.
		if _, err := regexp.Compile(source); err != nil {
			wrong.add(field, expressionError(source, err))
			continue
		}
		f.ignore = append(f.ignore, regexp.MustCompile(`\A(?:`+source+`)\z`))
	}
	return f
}

func expressionError(source string, err error) error {
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		return fmt.Errorf("regular expression %q: %s", source, e.Code)
	}
	return fmt.Errorf("regular expression %q: %w", source, err)
}

// text returns the text of a tag that all rules but the first three look at, or the one of these three that is against
// the tag. The text of an ignored tag is returned, too, as the tag still has its place in the order.
func (f *filter) text(tag string) (text string, against Rule) {
	if image.IsArtifactTag(tag) {
		return "", RuleArtifact
	}
	text = tag
	if f.match != nil {
		groups := f.match.FindStringSubmatchIndex(tag)
		if groups == nil {
			return "", RuleMatch
		}
		if f.extract != "" {
			text = string(f.match.ExpandString(nil, f.extract, tag, groups))
		}
	}
	if f.ignoredBy(tag) >= 0 {
		return text, RuleIgnore
	}
	return text, noRule
}

// admits returns why a tag that is to be followed would never be taken.
func (f *filter) admits(tag string) error {
	switch _, against := f.text(tag); against {
	case RuleArtifact:
		return fmt.Errorf("%q is %s", tag, artifactDetail)
	case RuleMatch:
		return fmt.Errorf("tags.match '%s' does not match %q", f.match, tag)
	case RuleIgnore:
		i := f.ignoredBy(tag)
		return fmt.Errorf("tags.ignore[%d] '%s' matches %q", i, f.sources[i], tag)
	}
	return nil
}

// ignoredBy returns the index of the expression of tags.ignore that matches the tag, -1 if none does.
func (f *filter) ignoredBy(tag string) int {
	for i, expression := range f.ignore {
		if expression.MatchString(tag) {
			return i
		}
	}
	return -1
}

// checkTemplate reports a name in a template that is no group of the expression. An unknown name would silently be
// empty.
func checkTemplate(template string, expression *regexp.Regexp) error {
	for rest := template; ; {
		_, after, found := strings.Cut(rest, "$")
		if !found {
			return nil
		}
		if strings.HasPrefix(after, "$") {
			rest = after[1:]
			continue
		}
		name, remainder, err := templateName(template, after)
		if err != nil {
			return err
		}
		if !isGroup(name, expression) {
			return fmt.Errorf("template %q: tags.match has no group %q%s", template, name, groupHint(name, expression))
		}
		rest = remainder
	}
}

// templateName reads the name behind a dollar sign, as [regexp.Regexp.Expand] does.
func templateName(template, s string) (name, rest string, err error) {
	if inner, found := strings.CutPrefix(s, "{"); found {
		name, rest, found = strings.Cut(inner, "}")
		if !found || name == "" {
			return "", "", fmt.Errorf("template %q: ${ without a name and }", template)
		}
		return name, rest, nil
	}
	end := 0
	for end < len(s) && (charClasses[s[end]] == letterChar || charClasses[s[end]] == digitChar || s[end] == '_') {
		end++
	}
	if end == 0 {
		return "", "", fmt.Errorf("template %q: $ without a name behind it (write $$ for a dollar sign)", template)
	}
	return s[:end], s[end:], nil
}

func isGroup(name string, expression *regexp.Regexp) bool {
	if isDecimal(name) {
		return len(name) < 5 && small(name) <= expression.NumSubexp()
	}
	return expression.SubexpIndex(name) >= 0
}

// groupHint helps with $build_x, which names the group build_x and not build.
func groupHint(name string, expression *regexp.Regexp) string {
	for i := len(name) - 1; i > 0; i-- {
		if isGroup(name[:i], expression) {
			return fmt.Sprintf(" (did you mean ${%s}%s?)", name[:i], name[i:])
		}
	}
	return ""
}
