package config

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/message"
)

// A scalar reads itself from the text of one YAML scalar, which is not empty, or says why it cannot.
type scalar interface{ parse(text string) error }

// A lenient scalar takes other YAML types than text.
type lenient interface{ accepts(tag string) bool }

type (
	text          string           // any text
	line          string           // text without line breaks and spaces around it
	name          string           // of a policy, a Git repository or a group
	imageName     image.Repository // without tag
	tagName       string
	platform      image.Platform
	glob          string // of files in a Git repository
	folder        string // in a Git repository
	keyExpression string // what edit reads as the key of a target
	oneGroup      string // regular expression with one group
	targetValue   string // text with {tag}, {digest} and {image}
	branchName    string
	authorName    string
	email         string
	count         int64 // at least 1
	frequency     float64
	percent       int
	clock         int // minutes since midnight
	zone          string
	templateText  struct{ *message.Template }
	eventText     struct{ *message.EventTemplate }
	linkText      struct{ *message.LinkTemplate }
	port          int
	smtpHost      string // a host name or address alone
	mailbox       string // the address of a mail, without a name
)

func (t *text) parse(s string) error {
	*t = text(s)
	return nil
}

func (l *line) parse(s string) error {
	if strings.TrimSpace(s) != s || strings.ContainsFunc(s, unicode.IsControl) {
		return errors.New("want one line without spaces around it")
	}
	*l = line(s)
	return nil
}

var nameGrammar = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)

func (n *name) parse(s string) error {
	if !nameGrammar.MatchString(s) {
		return errors.New("want 1 to 63 of a-z, 0-9 and -")
	}
	*n = name(s)
	return nil
}

func (i *imageName) parse(s string) error {
	repository, err := image.ParseRepository(s)
	*i = imageName(repository)
	return err
}

func (t *tagName) parse(s string) error {
	*t = tagName(s)
	return image.CheckTag(s)
}

func (p *platform) parse(s string) error {
	parsed, err := image.ParsePlatform(s)
	*p = platform(parsed)
	return err
}

func (g *glob) parse(s string) error {
	*g = glob(s)
	return edit.CheckGlob(s)
}

func (f *folder) parse(s string) error {
	if strings.ContainsAny(s, "*?[{\\") {
		return fmt.Errorf("%q is a glob, want one folder", s)
	}
	*f = folder(strings.TrimSuffix(s, "/"))
	return edit.CheckGlob(string(*f))
}

func (k *keyExpression) parse(s string) error {
	*k = keyExpression(s)
	return edit.CheckKey(s)
}

func (g *oneGroup) parse(s string) error {
	compiled, err := regexp.Compile(s)
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		return fmt.Errorf("regular expression %q: %s", s, e.Code) // the error itself repeats it raw
	}
	if err != nil {
		return err
	}
	if n := compiled.NumSubexp(); n != 1 {
		return fmt.Errorf("has %d groups, want one: what is written", n)
	}
	*g = oneGroup(s)
	return nil
}

var placeholder = regexp.MustCompile(`\{([A-Za-z]+)\}`)

func (v *targetValue) parse(s string) error {
	words := []string{"tag", "digest", "image"}
	for _, found := range placeholder.FindAllStringSubmatch(s, -1) {
		if found[1] != "tag" && found[1] != "digest" && found[1] != "image" {
			return fmt.Errorf("unknown placeholder %q%s, want {tag}, {digest} or {image}", found[0], didYouMean(found[1], words))
		}
	}
	*v = targetValue(s)
	return nil
}

// parse holds what git-check-ref-format(1) asks of a branch.
func (b *branchName) parse(s string) error {
	switch {
	case strings.HasPrefix(s, "refs/"):
		return fmt.Errorf("%q is a reference, want the name of a branch alone", s)
	case strings.ContainsAny(s, " ~^:?*[\\\x7f") || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }),
		strings.Contains(s, ".."), strings.Contains(s, "@{"), strings.Contains(s, "//"), strings.Contains(s, "/."),
		strings.HasPrefix(s, "-"), strings.HasPrefix(s, "/"), strings.HasPrefix(s, "."),
		strings.HasSuffix(s, "/"), strings.HasSuffix(s, "."), strings.HasSuffix(s, ".lock"), strings.Contains(s, ".lock/"):
		return fmt.Errorf("%q is not the name of a branch", s)
	}
	*b = branchName(s)
	return nil
}

func (n *authorName) parse(s string) error {
	if strings.ContainsAny(s, "<>\n\x00") {
		return errors.New("a name has no <, > or line break")
	}
	*n = authorName(s)
	return nil
}

func (e *email) parse(s string) error {
	at := strings.IndexByte(s, '@')
	if at < 1 || at == len(s)-1 || strings.ContainsAny(s, "<> \t\r\n\x00") {
		return fmt.Errorf("%q is not an e-mail address", s)
	}
	*e = email(s)
	return nil
}

func (c *count) parse(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 || n > 1<<53 {
		return errors.New("want a whole number of at least 1")
	}
	*c = count(n)
	return nil
}

func (*count) accepts(tag string) bool { return tag == "!!int" || tag == "!!float" }

func (f *frequency) parse(s string) error {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || n <= 0 || n > 1000 {
		return errors.New("want a number above 0 and up to 1000")
	}
	*f = frequency(n)
	return nil
}

func (*frequency) accepts(tag string) bool { return tag == "!!int" || tag == "!!float" }

func (p *percent) parse(s string) error {
	number, found := strings.CutSuffix(s, "%")
	n, err := strconv.ParseUint(number, 10, 8)
	if !found || err != nil || n > 100 {
		return errors.New("want a part of the whole, from 0% to 100%")
	}
	*p = percent(n)
	return nil
}

// accepts lets parse tell what is wrong with a number: the percent sign is missing.
func (*percent) accepts(tag string) bool { return tag == "!!str" || tag == "!!int" || tag == "!!float" }

var clockGrammar = regexp.MustCompile(`^([01][0-9]|2[0-3]):([0-5][0-9])$`)

func (c *clock) parse(s string) error {
	parts := clockGrammar.FindStringSubmatch(s)
	switch {
	case parts != nil:
		hours, _ := strconv.Atoi(parts[1]) // two digits, says the grammar
		minutes, _ := strconv.Atoi(parts[2])
		*c = clock(60*hours + minutes)
	case s == "24:00":
		*c = 24 * 60
	default:
		return fmt.Errorf("%q is not a time of day from 00:00 to 24:00", s)
	}
	return nil
}

func (z *zone) parse(s string) error {
	// Local is whatever the machine at hand is set to.
	if _, err := time.LoadLocation(s); err != nil || s == "Local" {
		return fmt.Errorf("unknown time zone %q, want a name such as UTC or Europe/Paris", s)
	}
	*z = zone(s)
	return nil
}

func (t *templateText) parse(s string) (err error) {
	t.Template, err = message.ParseTemplate(s)
	return err
}

func (t *eventText) parse(s string) (err error) {
	t.EventTemplate, err = message.ParseEvent(s)
	return err
}

func (t *linkText) parse(s string) (err error) {
	t.LinkTemplate, err = message.ParseLink(s)
	return err
}

// mailboxGrammar is a dot-atom and a domain (RFC 5322): nothing that would need quotes in the header of a mail.
var mailboxGrammar = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*$")

func (m *mailbox) parse(s string) error {
	if !mailboxGrammar.MatchString(s) {
		return fmt.Errorf("%q is not an e-mail address, want one alone, such as team@acme.example", s)
	}
	*m = mailbox(s)
	return nil
}

func (p *port) parse(s string) error {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return errors.New("want the number of a port, from 1 to 65535")
	}
	*p = port(n)
	return nil
}

func (*port) accepts(tag string) bool { return tag == "!!int" || tag == "!!float" }

func (h *smtpHost) parse(s string) error {
	if strings.ContainsAny(s, "/@") || strings.ContainsFunc(s, unicode.IsSpace) {
		return errors.New("want a host alone, without scheme, user or path")
	}
	if strings.Contains(s, ":") && !isAddress(s) {
		return errors.New("want a host alone: the port belongs into port")
	}
	*h = smtpHost(s)
	if isAddress(s) {
		return nil
	}
	return image.CheckHost(s)
}
