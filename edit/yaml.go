package edit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"
)

var errDeep = fmt.Errorf("is nested deeper than %d levels", maxDepth)

// parseYAML reads all documents of a file.
func parseYAML(data []byte) (*tree, error) {
	documents, err := decodeYAML(bytes.TrimPrefix(data, byteOrderMark))
	if err != nil {
		return nil, err
	}
	size := 0
	for _, document := range documents {
		n, err := countNodes(document, 0)
		if err != nil {
			return nil, err
		}
		size += n
	}
	t := &tree{data: data, starts: lineStarts(data)}
	t.reserve(size)
	b := builder{tree: t, cursor: cursor{data: data, starts: t.starts}, anchors: map[*yaml.Node]*node{}}
	for _, document := range documents {
		for _, content := range document.Content {
			t.roots = append(t.roots, b.build(content, nil, nil, false))
		}
	}
	t.finish()
	return t, nil
}

// decodeYAML returns the document nodes. yaml.v3 panics on some malformed input (it recovers its own errors only), and
// a file out of somebody's repository must not end the program.
func decodeYAML(data []byte) (documents []*yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("does not parse as YAML")
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		document := new(yaml.Node)
		err := decoder.Decode(document)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, fmt.Errorf("does not parse: %s", strings.TrimPrefix(err.Error(), "yaml: "))
		}
		documents = append(documents, document)
	}
}

func countNodes(n *yaml.Node, depth int) (int, error) {
	if depth > maxDepth {
		return 0, errDeep
	}
	count := 1
	for _, child := range n.Content {
		below, err := countNodes(child, depth+1)
		if err != nil {
			return 0, err
		}
		count += below
	}
	return count, nil
}

// builder makes nodes of yaml.v3's, in the order of the file.
type builder struct {
	tree    *tree
	cursor  cursor
	anchors map[*yaml.Node]*node
}

// build adds y and all below it.
func (b *builder) build(y *yaml.Node, parent, key *node, flow bool) *node {
	n := b.tree.add()
	n.line, n.offset = int32(y.Line), int32(b.cursor.seek(y.Line, y.Column))
	n.text, n.parent, n.key, n.flow, n.tagged = y.Value, parent, key, flow, y.Style&yaml.TaggedStyle != 0
	if y.HeadComment != "" || y.LineComment != "" || y.FootComment != "" {
		more := n.extra()
		more.head, more.line, more.foot = y.HeadComment, y.LineComment, y.FootComment
	}
	if y.Anchor != "" {
		n.extra().anchor = y.Anchor
		b.anchors[y] = n
	}
	switch y.Kind {
	case yaml.AliasNode:
		n.kind = alias
		n.extra().target = b.anchors[y.Alias]
	case yaml.ScalarNode:
		n.kind, n.style = scalar, scalarStyle(y.Style)
		n.null, n.isString = y.Tag == "!!null", y.Tag == "!!str"
	case yaml.SequenceNode:
		n.kind = sequence
	}
	n.sum = sumOf(n, y.Tag, y.Anchor)
	b.fill(n, y.Content, flow || y.Style&yaml.FlowStyle != 0)
	return n
}

// fill adds what is below a mapping or sequence.
func (b *builder) fill(n *node, content []*yaml.Node, flow bool) {
	n.content = b.tree.room(len(content))
	for i, y := range content {
		switch {
		case n.kind == sequence:
			n.content[i] = b.build(y, n, nil, flow)
		case i%2 == 0:
			n.content[i] = b.build(y, n, nil, flow)
			n.content[i].isKey = true
		default:
			n.content[i] = b.build(y, n, n.content[i-1], flow)
		}
	}
}

func scalarStyle(s yaml.Style) style {
	switch {
	case s&yaml.DoubleQuotedStyle != 0:
		return double
	case s&yaml.SingleQuotedStyle != 0:
		return single
	case s&yaml.LiteralStyle != 0:
		return literal
	case s&yaml.FoldedStyle != 0:
		return folded
	}
	return plain
}
