// Package message holds what commit messages take from people: texts that must not pass for what this program says.
package message

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reserved begins the keys of this program's trailers, in any case.
const Reserved = "Image-Updater-"

// maxText bounds a text, in bytes.
const maxText = 64 << 10

// Text is the part of a commit message that a person words. Trailers follow it.
type Text struct {
	Subject string
	Body    string // without line ends around it; "" for none
}

// ParseText reads a subject and, from the second line on, a body. It refuses what could be taken for a trailer of this
// program, since they are its only history, and what a terminal or Git would not show as it is.
func ParseText(text string) (Text, error) {
	if len(text) > maxText {
		return Text{}, fmt.Errorf("is longer than %d bytes", maxText)
	}
	if !utf8.ValidString(text) {
		return Text{}, errors.New("is no UTF-8")
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	n := 0
	for line := range strings.Lines(text) {
		n++
		if err := checkLine(strings.TrimSuffix(line, "\n")); err != nil {
			return Text{}, fmt.Errorf("line %d %w", n, err)
		}
	}
	subject, body, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if subject == "" {
		return Text{}, errors.New("is empty")
	}
	return Text{Subject: strings.TrimRight(subject, " \t"), Body: strings.Trim(body, "\n")}, nil
}

func checkLine(line string) error {
	if i := strings.IndexFunc(line, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }); i >= 0 {
		r, _ := utf8.DecodeRuneInString(line[i:])
		return fmt.Errorf("holds the control character %q", r)
	}
	start := strings.TrimLeftFunc(line, unicode.IsSpace)
	if len(start) >= len(Reserved) && strings.EqualFold(start[:len(Reserved)], Reserved) {
		return fmt.Errorf("begins with %q, which is kept for what image-updater says of its commits", Reserved)
	}
	return nil
}
