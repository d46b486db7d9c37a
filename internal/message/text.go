package message

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds a text that a person gives, in bytes.
const maxText = 64 << 10

// maxSubject is how many characters a subject may have. Forges refuse a longer one as a title, and show half of that.
const maxSubject = 255

// Text is a commit message without its trailers.
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
	if text = strings.TrimSpace(text); text == "" {
		return Text{}, errors.New("is empty")
	}
	subject, body, _ := strings.Cut(text, "\n")
	t := Text{Subject: oneLine(subject), Body: strings.Trim(body, "\n")}
	if err := t.check(); err != nil {
		return Text{}, err
	}
	return t, nil
}

func checkLine(line string) error {
	if i := strings.IndexFunc(line, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }); i >= 0 {
		r, _ := utf8.DecodeRuneInString(line[i:])
		return fmt.Errorf("holds the control character %q", r)
	}
	if isReserved(strings.TrimLeftFunc(line, unicode.IsSpace)) {
		return fmt.Errorf("begins with %q, which is kept for what image-updater says of its commits", Reserved)
	}
	return nil
}

// check says why a text has no usable subject.
func (t Text) check() error {
	if err := t.checkStart(); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(t.Subject); n > maxSubject {
		return fmt.Errorf("subject has %d characters, want at most %d: forges refuse longer titles", n, maxSubject)
	}
	return nil
}

// checkStart is check but for the length, which depends on what is told more than on who wrote the text.
func (t Text) checkStart() error {
	switch {
	case t.Subject == "":
		return errors.New("subject is empty")
	case strings.HasPrefix(t.Subject, "#"):
		return errors.New("subject begins with #: Git drops such a line when somebody amends the commit")
	case isReserved(t.Subject):
		return fmt.Errorf("subject begins with %q, which is kept for what image-updater says of its commits", Reserved)
	case endsMessage(t.Subject):
		return errors.New("subject begins with ---: Git takes what follows for a patch")
	}
	return nil
}
