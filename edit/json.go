package edit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// parseJSON reads the values of a JSON file by encoding/json's tokens, which come with offsets and, unlike decoded
// objects, with every repeated key.
func parseJSON(data []byte) (*tree, error) {
	t := &tree{syntax: jsonSyntax, data: data, starts: lineStarts(data)}
	body := bytes.TrimPrefix(data, byteOrderMark)
	r := jsonReader{tree: t, body: body, base: len(data) - len(body), decoder: json.NewDecoder(bytes.NewReader(body))}
	r.decoder.UseNumber()
	root, err := r.next(nil, nil, 0)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(body[r.decoder.InputOffset():])) > 0 {
		return nil, errors.New("does not parse: text after the JSON value")
	}
	t.roots = []*node{root}
	t.finish()
	return t, nil
}

type jsonReader struct {
	tree    *tree
	body    []byte
	base    int // offset of body in the file
	decoder *json.Decoder
}

// token returns the next token and its offset in the file.
func (r *jsonReader) token() (json.Token, int, error) {
	start := int(r.decoder.InputOffset())
	token, err := r.decoder.Token()
	if errors.Is(err, io.EOF) {
		return nil, 0, errors.New("does not parse: unexpected end of JSON input")
	}
	if err != nil {
		return nil, 0, fmt.Errorf("does not parse: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	for start < len(r.body) && strings.IndexByte(" \t\r\n,:", r.body[start]) >= 0 {
		start++
	}
	return token, r.base + start, nil
}

// next reads one value and all below it.
func (r *jsonReader) next(parent, key *node, depth int) (*node, error) {
	token, offset, err := r.token()
	if err != nil {
		return nil, err
	}
	return r.value(token, offset, parent, key, depth)
}

func (r *jsonReader) value(token json.Token, offset int, parent, key *node, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	n := r.add(offset, parent, key)
	var err error
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			n.kind = mapping
			err = r.pairs(n, depth)
		} else {
			n.kind = sequence
			err = r.items(n, depth)
		}
	case string:
		n.text, n.style, n.isString = token, double, true
	case json.Number:
		n.text = token.String()
	case bool:
		n.text = fmt.Sprint(token)
	default:
		n.text, n.null = "null", true
	}
	n.sum = sumOf(n, "", "")
	return n, err
}

func (r *jsonReader) pairs(n *node, depth int) error {
	for {
		token, offset, err := r.token()
		if err != nil || token == json.Delim('}') {
			return err
		}
		key, err := r.value(token, offset, n, nil, depth+1)
		if err != nil {
			return err
		}
		key.isKey = true
		value, err := r.next(n, key, depth+1)
		if err != nil {
			return err
		}
		n.content = append(n.content, key, value)
	}
}

func (r *jsonReader) items(n *node, depth int) error {
	for {
		token, offset, err := r.token()
		if err != nil || token == json.Delim(']') {
			return err
		}
		item, err := r.value(token, offset, n, nil, depth+1)
		if err != nil {
			return err
		}
		n.content = append(n.content, item)
	}
}

// add appends a node, a scalar until it is known to be more.
func (r *jsonReader) add(offset int, parent, key *node) *node {
	n := r.tree.add()
	n.kind, n.flow, n.parent, n.key = scalar, true, parent, key
	n.line, n.offset = int32(lineOf(r.tree.starts, offset)), int32(offset)
	return n
}
