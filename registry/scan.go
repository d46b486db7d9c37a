package registry

import (
	"bytes"
	"strings"
)

// scanPage reads a page of the form that registries send,
//
//	{"name":"library/nginx","tags":["1.27.3","1.27.4"]}
//
// with any white space, either member alone, and null for no tags. With ok false it is something else, good or bad, and
// for encoding/json to judge: a member it does not know or knows already, an escape, a character beyond ASCII. Lists are
// most of what a pass reads; this way a page costs one allocation for its text and one for its tags.
func scanPage(body []byte) (tags []string, ok bool) {
	s := pageScanner{json: string(body)}
	if !s.take('{') {
		return nil, false
	}
	named, listed := false, false
	for {
		key, ok := s.text()
		if !ok || !s.take(':') {
			return nil, false
		}
		switch {
		case key == "name" && !named:
			named = true
			_, ok = s.text()
		case key == "tags" && !listed:
			listed = true
			tags, ok = s.texts(min(bytes.Count(body, []byte{','}), maxTags) + 1)
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
		if s.take(',') {
			continue
		}
		if !s.take('}') || !s.atEnd() {
			return nil, false
		}
		return tags, true
	}
}

// pageScanner reads JSON of the plainest kind, from at on.
type pageScanner struct {
	json string
	at   int
}

// take removes the character, after any white space, if it is there.
func (s *pageScanner) take(c byte) bool {
	if s.at == len(s.json) || s.json[s.at] <= ' ' {
		s.space()
	}
	if s.at == len(s.json) || s.json[s.at] != c {
		return false
	}
	s.at++
	return true
}

func (s *pageScanner) space() {
	for s.at < len(s.json) {
		switch s.json[s.at] {
		case ' ', '\n', '\r', '\t':
			s.at++
		default:
			return
		}
	}
}

func (s *pageScanner) atEnd() bool {
	s.space()
	return s.at == len(s.json)
}

// text removes a string without escapes.
func (s *pageScanner) text() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	for i := s.at; i < len(s.json); i++ {
		switch c := s.json[i]; {
		case c == '"':
			text := s.json[s.at:i]
			s.at = i + 1
			return text, true
		case c < ' ' || c > '~' || c == '\\':
			return "", false
		}
	}
	return "", false
}

// texts removes a list of strings, of which there are most at most.
func (s *pageScanner) texts(most int) ([]string, bool) {
	if !s.take('[') {
		null := strings.HasPrefix(s.json[s.at:], "null")
		if null {
			s.at += len("null")
		}
		return nil, null
	}
	texts := make([]string, 0, most)
	if s.take(']') {
		return texts, true
	}
	for {
		text, ok := s.text()
		if !ok {
			return nil, false
		}
		if len(texts) == most {
			return nil, false
		}
		texts = append(texts, text)
		if !s.take(',') {
			return texts, s.take(']')
		}
	}
}
