package edit

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// parseDockerfile reads a Dockerfile as one mapping: for each word that may be an image, or a value that a marker may
// be about, a key that labels it; and for each instruction a key with all the rest of it, so that the proof of an edit
// sees the whole file. The grammar is BuildKit's: continued lines with comments between them, an escape directive and
// heredocs.
func parseDockerfile(data []byte) *tree {
	t := &tree{syntax: dockerSyntax, data: data, starts: lineStarts(data)}
	root := t.add()
	root.kind, root.line = mapping, 1
	t.roots = []*node{root}
	r := dockerReader{tree: t, root: root, escape: escapeOf(t)}
	for r.line < len(t.starts) {
		first := r.line
		if words := r.words(); len(words) > 0 {
			r.take(t.starts[first], words)
		}
	}
	return t
}

// dockerReader goes through a Dockerfile line by line.
type dockerReader struct {
	tree   *tree
	root   *node
	escape byte
	line   int              // index of the next line
	ends   map[string][]int // the lines that may end a heredoc, by what is on them
}

// directive is a comment that tells the parser something, at the very top of the file.
var directive = regexp.MustCompile(`^#[ \t]*([A-Za-z]+)[ \t]*=[ \t]*(.*?)[ \t]*$`)

// escapeOf returns the character that continues lines.
func escapeOf(t *tree) byte {
	for i := range t.starts {
		m := directive.FindSubmatch(t.lineAt(i))
		if m == nil {
			break
		}
		if strings.EqualFold(string(m[1]), "escape") && string(m[2]) == "`" {
			return '`'
		}
	}
	return '\\'
}

// lineAt returns a line by its index, without its break.
func (t *tree) lineAt(i int) []byte {
	return t.data[t.starts[i]:lineEnd(t.data, t.starts[i])]
}

// word is a word of an instruction, quotes included, where it stands in the file. A continued line may break it.
type word struct{ start, end, line int }

// words reads the next instruction, with its continued lines; none if the next line has no instruction.
func (r *dockerReader) words() (words []word) {
	open, quote := false, byte(0)
	for continued := true; continued && r.line < len(r.tree.starts); {
		start, line := r.tree.starts[r.line], r.tree.lineAt(r.line)
		r.line++
		if trimmed := bytes.TrimLeft(line, " \t"); len(trimmed) == 0 || trimmed[0] == '#' {
			continued = len(words) > 0 // a comment or an empty line between continued ones
			continue
		}
		line, continued = r.cutEscape(line)
		for i, c := range line {
			switch {
			case quote == 0 && (c == ' ' || c == '\t'):
				open = false
				continue
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case quote == c:
				quote = 0
			}
			if !open {
				words = append(words, word{start: start + i, line: r.line})
				open = true
			}
			words[len(words)-1].end = start + i + 1
		}
	}
	return words
}

// cutEscape cuts off the character that continues a line. Two of them are a text of their own.
func (r *dockerReader) cutEscape(line []byte) (rest []byte, continued bool) {
	trimmed := bytes.TrimRight(line, " \t")
	n := len(trimmed)
	if n == 0 || trimmed[n-1] != r.escape || n > 1 && trimmed[n-2] == r.escape {
		return line, false
	}
	return trimmed[:n-1], true
}

// take adds what an instruction holds.
func (r *dockerReader) take(first int, words []word) {
	name := strings.ToUpper(r.text(words[0]))
	var values []word
	switch name {
	case "FROM":
		values = r.takeFrom(words[1:])
	case "COPY":
		for _, w := range words[1:] {
			if flag, found := r.cutPrefix(w, "--from="); found {
				values = append(values, r.value(copyLabel, flag))
			}
		}
	case "ARG", "ENV", "LABEL":
		values = r.takeAssignments(name+" ", words[1:])
	}
	if name == "RUN" || name == "COPY" || name == "ADD" {
		r.skipHeredocs(first)
	}
	end := len(r.tree.data)
	if r.line < len(r.tree.starts) {
		end = r.tree.starts[r.line]
	}
	var rest strings.Builder
	for _, v := range values {
		rest.Write(r.tree.data[first:v.start])
		first = v.end
	}
	rest.Write(r.tree.data[first:end])
	r.label(rest.String(), words[0])
}

// takeFrom takes [--platform=...] IMAGE [AS NAME].
func (r *dockerReader) takeFrom(words []word) []word {
	for len(words) > 0 && strings.HasPrefix(r.text(words[0]), "--") {
		words = words[1:]
	}
	if len(words) == 0 {
		return nil
	}
	image := r.value(fromLabel, words[0])
	if len(words) == 3 && strings.EqualFold(r.text(words[1]), "as") {
		r.label(stageLabel+r.text(words[2]), words[2])
	}
	return []word{image}
}

// takeAssignments takes NAME=VALUE words.
func (r *dockerReader) takeAssignments(label string, words []word) (values []word) {
	for _, w := range words {
		if name, _, found := strings.Cut(r.text(w), "="); found {
			value, _ := r.cutPrefix(w, name+"=")
			values = append(values, r.value(label+name, value))
		}
	}
	return values
}

func (r *dockerReader) cutPrefix(w word, prefix string) (word, bool) {
	if !bytes.HasPrefix(r.tree.data[w.start:w.end], []byte(prefix)) {
		return w, false
	}
	w.start += len(prefix)
	return w, true
}

// text returns a word as it reads: without the escapes and line breaks that it is continued by.
func (r *dockerReader) text(w word) string {
	raw := string(r.tree.data[w.start:w.end])
	if !strings.ContainsRune(raw, rune(r.escape)) {
		return raw
	}
	return strings.NewReplacer(string(r.escape)+"\r\n", "", string(r.escape)+"\n", "").Replace(raw)
}

// value adds a key and its value.
func (r *dockerReader) value(label string, w word) word {
	key := r.label(label, w)
	value := r.root.content[len(r.root.content)-1]
	value.null, value.isString = false, true
	value.assign(r.root, w.line, w.start, r.text(w))
	value.key = key
	return w
}

// label adds a key without a value.
func (r *dockerReader) label(text string, w word) *node {
	key, value := r.tree.add(), r.tree.add()
	key.assign(r.root, w.line, w.start, text)
	key.isKey = true
	*value = node{kind: scalar, null: true, ordinal: value.ordinal, line: key.line, offset: key.offset, parent: r.root, key: key}
	r.root.content = append(r.root.content, key, value)
	return key
}

// heredoc begins a text that goes on to the line with its word, which may be any, in quotes with blanks too.
var heredoc = regexp.MustCompile(`(?:^|[ \t])[0-9]*<<(-?)(?:"([^"]+)"|'([^']+)'|([^\s<>|&;()"']+))`)

// skipHeredocs passes by the texts that the instruction from an offset to the next line begins. What no line ends is
// no heredoc, and a comment between continued lines begins none.
func (r *dockerReader) skipHeredocs(first int) {
	if r.line >= len(r.tree.starts) {
		return
	}
	for line := range bytes.Lines(r.tree.data[first:r.tree.starts[r.line]]) {
		if bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("#")) {
			continue
		}
		for _, m := range heredoc.FindAllSubmatch(line, -1) {
			if r.ends == nil {
				r.ends = r.heredocEnds()
			}
			lines := r.ends[string(slices.Concat(m[1:]...))]
			i, _ := slices.BinarySearch(lines, r.line)
			if i == len(lines) {
				return
			}
			r.line = lines[i] + 1
		}
	}
}

// heredocEnds returns the lines of one word by that word, with a dash in front also without the tabs before it.
func (r *dockerReader) heredocEnds() map[string][]int {
	ends := map[string][]int{}
	for i := range r.tree.starts {
		line := string(r.tree.lineAt(i))
		if trimmed := strings.TrimLeft(line, "\t"); trimmed != "" {
			ends["-"+trimmed] = append(ends["-"+trimmed], i)
			if trimmed == line {
				ends[line] = append(ends[line], i)
			}
		}
	}
	return ends
}
