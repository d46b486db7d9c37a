package edit

import (
	"regexp"
	"strings"
)

// assignment is a KEY=value line of an .env file, a Makefile, a shell script or a file in the style of HCL or TOML. A
// value is one word, or quoted and without escapes; behind it only a comment may follow.
var assignment = regexp.MustCompile(`^[ \t]*(?:export[ \t]+|ARG[ \t]+|ENV[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*[:?]?=[ \t]*` +
	`("[^"\\]*"|'[^'\\]*'|[^\s"'#]*)[ \t]*(?:#.*)?$`)

// parseText reads the KEY=value lines of a text file as one mapping. Other lines are not looked at.
func parseText(data []byte) *tree {
	t := &tree{syntax: textSyntax, data: data, starts: lineStarts(data)}
	root := t.add()
	root.kind, root.line = mapping, 1
	t.roots = []*node{root}
	for i, start := range t.starts {
		line := string(data[start:lineEnd(data, start)])
		if strings.IndexByte(line, '=') < 0 {
			continue
		}
		m := assignment.FindStringSubmatchIndex(line)
		if m == nil {
			continue
		}
		key, value := t.add(), t.add()
		key.assign(root, i+1, start+m[2], line[m[2]:m[3]])
		key.isKey = true
		value.key = key
		value.assign(root, i+1, start+m[4], line[m[4]:m[5]])
		root.content = append(root.content, key, value)
	}
	// A KEY may be set twice in a script, each time on a line of its own with its own marker: nothing is repeated here.
	return t
}

// assign makes a node a scalar that is written as raw.
func (n *node) assign(parent *node, line, offset int, raw string) {
	n.kind, n.isString, n.parent = scalar, true, parent
	n.line, n.offset, n.text = int32(line), int32(offset), raw
	for s := single; s <= double; s++ {
		quote := s.quote()
		inner, begins := strings.CutPrefix(raw, quote)
		inner, ends := strings.CutSuffix(inner, quote)
		if begins && ends && !strings.Contains(inner, quote) {
			n.style, n.text = s, inner
		}
	}
	n.sum = sumOf(n, "", "")
}
