package edit

import (
	"path"
	"regexp"
	"strings"
)

// isDockerfile tells the names of Dockerfiles. What is written about them is none: a sentence may begin with From.
func isDockerfile(base string) bool {
	lower := strings.ToLower(base)
	if ext := path.Ext(lower); ext == ".dockerignore" || ext == ".md" {
		return false
	}
	return lower == "dockerfile" || strings.HasPrefix(lower, "dockerfile.") || strings.HasSuffix(lower, ".dockerfile") ||
		strings.HasPrefix(lower, "containerfile")
}

// The labels under which parseDockerfile keeps the words of a Dockerfile.
const (
	fromLabel  = "FROM"
	copyLabel  = "COPY"
	stageLabel = "AS " // and the name of the stage
	argLabel   = "ARG "
)

// argument is a word that is one variable and nothing else; the third group is set if it has a text of its own.
var argument = regexp.MustCompile(`^\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(:?[-+][^}]*)?\})$`)

// findInDockerfile adds the images of FROM and of COPY --from, and the ARGs that are all of a FROM. Names of earlier
// stages are no images.
func (s *search) findInDockerfile(root *node) {
	stages := map[string]bool{"scratch": true}
	args, given := map[string]*node{}, map[string]int{}
	staged := false
	for i := 0; i+1 < len(root.content); i += 2 {
		label, value := root.content[i].text, root.content[i+1]
		switch {
		case strings.HasPrefix(label, stageLabel):
			stages[strings.ToLower(label[len(stageLabel):])] = true
		case strings.HasPrefix(label, argLabel) && !staged:
			name := label[len(argLabel):]
			args[name] = value
			given[name]++
		case label == copyLabel && !isDigits(value.text) && !stages[strings.ToLower(value.text)]:
			s.addWhole(Dockerfile, value, nil)
		case label == fromLabel:
			staged = true
			s.addBase(value, stages, args, given)
		}
	}
}

// addBase adds what a FROM names. An ARG of that name may be given twice; then the last holds, and which one is meant
// to be edited is unclear.
func (s *search) addBase(value *node, stages map[string]bool, args map[string]*node, given map[string]int) {
	m := argument.FindStringSubmatch(value.text)
	if m == nil {
		if !stages[strings.ToLower(value.text)] {
			s.addWhole(Dockerfile, value, nil)
		}
		return
	}
	name := m[1] + m[2]
	arg := args[name]
	text, found := arg.scalarText()
	if m[3] != "" {
		s.addDefaulted(value, text)
		return
	}
	if !found || text == "" {
		s.tellUnread(value, value.text)
		return
	}
	if stages[strings.ToLower(text)] {
		return
	}
	r := &reference{format: Dockerfile, whole: arg}
	s.addRead(r, arg, text)
	if given[name] > 1 {
		r.problem, r.hint = "is the last of several values of ARG "+name, "leave one"
	}
}

// addDefaulted adds a FROM that is a variable with a text of its own, to be refused: with the value of its ARG beside that,
// there are two places where the image may be meant to be written.
func (s *search) addDefaulted(value *node, arg string) {
	var given reference
	given.read(arg)
	r := &reference{format: Dockerfile, whole: value, names: given.names}
	if !r.read(value.text) {
		s.tellUnread(value, value.text)
		return
	}
	s.add(r)
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
