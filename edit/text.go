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
	root := t.add(node{kind: mapping, line: 1})
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
		key := t.add(node{kind: scalar, isKey: true, isString: true, text: line[m[2]:m[3]], line: i + 1,
			offset: start + m[2], parent: root})
		value := t.add(assigned(line[m[4]:m[5]], node{kind: scalar, isString: true, line: i + 1,
			offset: start + m[4], parent: root, key: key}))
		root.content = append(root.content, key, value)
	}
	// A KEY may be set twice in a script, each time on a line of its own with its own marker: nothing is repeated here.
	return t
}

func assigned(raw string, n node) node {
	n.text = raw
	switch {
	case strings.HasPrefix(raw, `"`):
		n.style, n.text = double, raw[1:len(raw)-1]
	case strings.HasPrefix(raw, "'"):
		n.style, n.text = single, raw[1:len(raw)-1]
	}
	return n
}
