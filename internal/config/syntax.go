package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// maxSearched bounds the files in which the place of a syntax error is searched for, which parses them some times more.
const maxSearched = 256 << 10

// document reads the one YAML document that a policy file is, without unfolding any alias.
func document(name string, data []byte) (*yaml.Node, *Error) {
	documents := yaml.NewDecoder(bytes.NewReader(data))
	var only, second yaml.Node
	err := documents.Decode(&only)
	if errors.Is(err, io.EOF) || err == nil && isNull(only.Content[0]) {
		return nil, &Error{File: name, Line: 1, Column: 1, Message: `file is empty, want at least apiVersion: image-updater/v1`}
	}
	if err == nil {
		err = documents.Decode(&second)
	}
	switch {
	case errors.Is(err, io.EOF):
		return only.Content[0], nil
	case err != nil:
		return nil, syntaxError(name, data, err)
	}
	// The node of a document says where its first value is, which is as good a place as that of the dashes.
	return nil, &Error{
		File: name, Line: second.Line, Column: second.Column,
		Message: "a second document begins here, want one in each file",
		Hint:    "several files, or a directory of them, are read together",
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// yamlPrefix is what yaml.v3 puts before the reason. Its line number is that of the construct around the fault, one
// line off for some faults, or missing.
var yamlPrefix = regexp.MustCompile(`^yaml: (line (\d+): )?`)

// syntaxError tells where the YAML is broken: on the last of the fewest lines that give the same error. The parser
// stops at the first thing it cannot read, so each longer beginning of the file gives that error, too.
func syntaxError(name string, data []byte, err error) *Error {
	e := &Error{File: name, Line: 1, Column: 1, Message: yamlPrefix.ReplaceAllString(err.Error(), "")}
	if found := yamlPrefix.FindStringSubmatch(err.Error()); found != nil && found[2] != "" {
		e.Line, _ = strconv.Atoi(found[2]) // digits, says the expression
	}
	if len(data) > maxSearched {
		return e
	}
	lines := slices.Collect(bytes.Lines(data))
	fewest, _ := slices.BinarySearchFunc(ends(lines), err.Error(), func(end int, want string) int {
		if syntaxOf(data[:end]) == want {
			return 0
		}
		return -1
	})
	if fewest == len(lines) {
		return e
	}
	line := lines[fewest]
	indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
	e.Line, e.Column = fewest+1, utf8.RuneCount(indent)+1
	return e
}

// ends returns the offset at which each line ends.
func ends(lines [][]byte) []int {
	offsets := make([]int, len(lines))
	sum := 0
	for i, line := range lines {
		sum += len(line)
		offsets[i] = sum
	}
	return offsets
}

// syntaxOf returns the text of the error that data gives, "" if it gives none.
func syntaxOf(data []byte) string {
	documents := yaml.NewDecoder(bytes.NewReader(data))
	for range 2 {
		var n yaml.Node
		if err := documents.Decode(&n); err != nil {
			if errors.Is(err, io.EOF) {
				return ""
			}
			return err.Error()
		}
	}
	return ""
}
