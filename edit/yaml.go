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
	for _, document := range documents {
		if tooDeep(document, 0) {
			return nil, errDeep
		}
	}
	t := &tree{data: data, starts: lineStarts(data)}
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

func tooDeep(n *yaml.Node, depth int) bool {
	if depth > maxDepth {
		return true
	}
	for _, child := range n.Content {
		if tooDeep(child, depth+1) {
			return true
		}
	}
	return false
}

// builder makes nodes of yaml.v3's, in the order of the file.
type builder struct {
	tree    *tree
	cursor  cursor
	anchors map[*yaml.Node]*node
}

// build adds y and all below it.
func (b *builder) build(y *yaml.Node, parent, key *node, flow bool) *node {
	n := b.tree.add(node{
		line: y.Line, offset: b.cursor.seek(y.Line, y.Column), text: y.Value, anchor: y.Anchor, tag: y.Tag,
		tagged: y.Style&yaml.TaggedStyle != 0, flow: flow, parent: parent, key: key,
	})
	if y.Anchor != "" {
		b.anchors[y] = n
	}
	if y.HeadComment != "" || y.LineComment != "" || y.FootComment != "" {
		n.comments = &comments{y.HeadComment, y.LineComment, y.FootComment}
	}
	switch y.Kind {
	case yaml.AliasNode:
		n.kind, n.target = alias, b.anchors[y.Alias]
	case yaml.ScalarNode:
		n.kind, n.style = scalar, scalarStyle(y.Style)
		n.null, n.isString = y.Tag == "!!null", y.Tag == "!!str"
	case yaml.SequenceNode:
		n.kind = sequence
		b.buildItems(y, n, flow || y.Style&yaml.FlowStyle != 0)
	default:
		b.buildPairs(y, n, flow || y.Style&yaml.FlowStyle != 0)
	}
	return n
}

func (b *builder) buildItems(y *yaml.Node, n *node, flow bool) {
	n.content = make([]*node, len(y.Content))
	for i, item := range y.Content {
		n.content[i] = b.build(item, n, nil, flow)
	}
}

func (b *builder) buildPairs(y *yaml.Node, n *node, flow bool) {
	n.content = make([]*node, len(y.Content))
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := b.build(y.Content[i], n, nil, flow)
		key.isKey = true
		n.content[i], n.content[i+1] = key, b.build(y.Content[i+1], n, key, flow)
	}
}

func scalarStyle(s yaml.Style) style {
	switch {
	case s&yaml.DoubleQuotedStyle != 0:
		return double
	case s&yaml.SingleQuotedStyle != 0:
		return single
	case s&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return block
	}
	return plain
}
