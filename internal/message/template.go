package message

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
)

// maxTemplate bounds the text of a template, whose parser recurses.
const maxTemplate = 64 << 10

// Template makes one text of a [Commit]. It may be used by several goroutines at once.
type Template struct{ tree *parse.Tree }

// ParseTemplate reads a template: its grammar, the fields it names and the functions it calls.
func ParseTemplate(text string) (*Template, error) {
	tree, err := ofCommits.parse(text)
	if err != nil {
		return nil, err
	}
	return &Template{tree: tree}, nil
}

// grammar is what templates of one kind may name.
type grammar struct {
	fields    []string
	functions map[string]any
}

var ofCommits = newGrammar([]string{"join", "printf", "short"}, reflect.TypeFor[Commit](), reflect.TypeFor[Change]())

func newGrammar(functions []string, types ...reflect.Type) grammar {
	g := grammar{fields: namesOf(types...), functions: map[string]any{}}
	for _, name := range slices.Concat(builtins, functions) {
		g.functions[name] = true
	}
	return g
}

// templateName is what text/template calls a template in its errors.
const templateName = "message"

func (g grammar) parse(text string) (*parse.Tree, error) {
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("is longer than %d KiB", maxTemplate>>10)
	}
	trees := map[string]*parse.Tree{}
	tree, err := parse.New(templateName).Parse(text, "", "", trees, g.functions)
	if err != nil {
		return nil, reason(err)
	}
	for name := range trees {
		if name != templateName {
			return nil, fmt.Errorf("defines the template %q, which is not supported", name)
		}
	}
	c := checker{tree: tree, fields: g.fields}
	c.visit(tree.Root)
	return tree, c.err
}

// Templates word commits.
type Templates struct {
	Subject, Body *Template // nil = as without a template
}

// Text returns the words for a commit. A subject that is too long for one is left to be cut, since that is for what it
// tells and not for the template.
func (t Templates) Text(c Commit) (Text, error) {
	text := Text{Subject: c.Subject, Body: c.Body}
	var err error
	if t.Subject != nil {
		if text.Subject, err = t.Subject.subject(c); err != nil {
			return Text{}, fmt.Errorf("templates.subject: %w", err)
		}
	}
	if t.Body != nil {
		if text.Body, err = t.Body.execute(c); err != nil {
			return Text{}, fmt.Errorf("templates.body: %w", err)
		}
	}
	return text, nil
}

func (t *Template) subject(c Commit) (string, error) {
	out, err := t.execute(c)
	if err != nil {
		return "", err
	}
	out = strings.TrimSpace(legible(out))
	if n := strings.Count(out, "\n"); n > 0 {
		return "", fmt.Errorf("subject has %d lines, want one: the rest belongs into the body", n+1)
	}
	text := Text{Subject: oneLine(out)}
	return text.Subject, text.checkStart()
}

// CheckSubject tries the template as that of a subject, on commits to a branch of a Git repository.
func (t *Template) CheckSubject(git, branch string) error {
	return try(git, branch, func(c Commit) error {
		subject, err := t.subject(c)
		if err != nil {
			return err
		}
		return Text{Subject: subject}.check()
	})
}

// CheckBody tries the template as that of a body.
func (t *Template) CheckBody(git, branch string) error {
	return try(git, branch, func(c Commit) error {
		_, err := t.execute(c)
		return err
	})
}

func try(git, branch string, with func(Commit) error) error {
	for _, s := range samples(git, branch) {
		if err := with(s.commit); err != nil {
			return fmt.Errorf("with %s: %w", s.what, err)
		}
	}
	return nil
}

// execute carries the template out, as far as that goes within the limits of a message.
func (t *Template) execute(c Commit) (string, error) {
	b := newBudget(c)
	return b.execute(t.tree, b.functions(), c)
}

// execute carries a template out on data, as far as the budget goes.
func (b *budget) execute(tree *parse.Tree, functions template.FuncMap, data any) (string, error) {
	all, err := template.New(templateName).Option("missingkey=error").Funcs(functions).AddParseTree(templateName, tree)
	if err != nil {
		return "", reason(err)
	}
	err = all.Execute(b, data)
	if exceeded, ok := errors.AsType[*excess](err); ok {
		return "", exceeded
	}
	if err != nil {
		return "", reason(err)
	}
	return b.text.String(), nil
}

// where is what text/template puts before its reasons. The column is one of the template, and not of the policy file.
var where = regexp.MustCompile(`^template: ` + templateName + `:(?:(\d+):(?:\d+:)? )?(?:executing "` + templateName + `" )?`)

// reason leaves of an error of text/template what the author of a template needs.
func reason(err error) error {
	text := err.Error()
	found := where.FindStringSubmatch(text)
	if found == nil {
		return err
	}
	text = text[len(found[0]):]
	if found[1] != "" {
		text = "line " + found[1] + ": " + text
	}
	return errors.New(text)
}
