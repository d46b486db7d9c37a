package config

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// section is one entry of a policy file (a registry, a Git repository, a hook, a channel, the defaults or a policy) or, around
// them, the file itself. It knows where each of its keys and values stands, by their paths in it: "guard.bump", "tags.ignore[2]".
type section struct {
	kind   string   // "registry", "git", "hook", "notify", "defaults", "policy"; "" for the file
	name   string   // what the entry calls itself, "" when it does not or not properly
	top    Position // its first key
	marks  map[string]mark
	faulty bool // something in it is wrong already
	report *report
}

// mark is where a key stands, and its value.
type mark struct {
	key, value Position
	inherited  bool // it comes from defaults
}

// entry is implemented by what embeds section.
type entry interface {
	self() *section
	// title returns the kind of the section and the key that names it.
	title() (kind, nameKey string)
}

func (*file) title() (kind, nameKey string)          { return "", "" }
func (*registryEntry) title() (kind, nameKey string) { return "registry", "host" }
func (*gitEntry) title() (kind, nameKey string)      { return "git", "name" }
func (*notifyEntry) title() (kind, nameKey string)   { return "notify", "name" }
func (*defaultsEntry) title() (kind, nameKey string) { return "defaults", "" }
func (*policyEntry) title() (kind, nameKey string)   { return "policy", "name" }
func (*hookEntry) title() (kind, nameKey string)     { return "hook", "name" }

func (s *section) self() *section { return s }

// begin readies the section of the entry e, which n is.
func begin(e entry, r *report, file string, n *yaml.Node) *section {
	s := e.self()
	kind, nameKey := e.title()
	*s = section{kind: kind, top: position(file, n), marks: make(map[string]mark), report: r}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if i == 0 {
			s.top = position(file, n.Content[0])
		}
		if value := meant(n.Content[i+1]); nameKey != "" && n.Content[i].Value == nameKey && plausible(kind, value) {
			s.name = value.Value
		}
	}
	return s
}

// plausible reports whether the entry can be called by that name in messages, also if something else is wrong with it.
func plausible(kind string, n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		return false
	}
	if kind == "registry" {
		var h hostName
		return h.parse(n.Value) == nil
	}
	return nameGrammar.MatchString(n.Value)
}

func position(file string, n *yaml.Node) Position {
	return Position{File: file, Line: n.Line, Column: n.Column}
}

// has reports whether the path is written, here or in the defaults that the section took over.
func (s *section) has(path string) bool {
	_, found := s.marks[path]
	return found
}

// own reports whether the path is written in the section itself.
func (s *section) own(path string) bool {
	m, found := s.marks[path]
	return found && !m.inherited
}

// keyAt returns where the key of path stands; if it is missing, where the section's first key does.
func (s *section) keyAt(path string) Position {
	if m, found := s.marks[path]; found {
		return m.key
	}
	return s.top
}

// valueAt returns where the value of path stands, or what it would be a part of; if all that is missing, where the
// section's first key does.
func (s *section) valueAt(path string) Position {
	for path != "" {
		if m, found := s.marks[path]; found {
			return m.value
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return s.top
}

// fail reports that something is wrong at p.
func (s *section) fail(p Position, format string, args ...any) *Error {
	s.faulty = true
	e := s.fault(p, fmt.Sprintf(format, args...))
	s.report.fail(e)
	return e
}

// warn reports that something at p is allowed but hardly meant.
func (s *section) warn(p Position, format string, args ...any) {
	s.report.warn(s.fault(p, fmt.Sprintf(format, args...)))
}

func (s *section) fault(p Position, message string) *Error {
	e := &Error{File: p.File, Line: p.Line, Column: p.Column, Message: message}
	switch {
	case s.kind == "policy":
		e.Policy = s.name
	case s.kind != "":
		e.Message = s.owner() + ": " + message
	}
	return e
}

// owner returns the section's kind and name: registry "docker.io".
func (s *section) owner() string {
	if s.name == "" {
		return s.kind
	}
	return fmt.Sprintf("%s %q", s.kind, s.name)
}
