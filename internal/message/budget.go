package message

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"text/template"

	"github.com/image-updater/image-updater/image"
)

// A template is carried out within limits that grow with the commit, for it stands in a file that anybody may have
// written: so many steps, a step being an element of the template each time around a range, and so many bytes.
const (
	leastBytes     = 64 << 10
	bytesPerText   = 8 // for each byte that is written without a template
	mostSteps      = 10_000_000
	stepsPerSquare = 100 // for each pair of changes: two ranges, one in the other
	bytesPerStep   = 16  // of a text that a function makes
)

// budget is what is left to one template on one commit, and what it has written.
type budget struct {
	text         strings.Builder
	steps, bytes int
}

// excess is a limit that a template has met.
type excess struct{ what string }

func (e *excess) Error() string { return e.what }

func newBudget(c Commit) *budget {
	n := min(len(c.Changes)+10, 1000)
	return &budget{steps: min(stepsPerSquare*n*n, mostSteps), bytes: leastBytes + bytesPerText*len(c.Body)}
}

// Write takes what the template writes.
func (b *budget) Write(p []byte) (int, error) {
	if err := b.fits(b.text.Len() + len(p)); err != nil {
		return 0, err
	}
	return b.text.Write(p)
}

func (b *budget) fits(n int) error {
	if n > b.bytes {
		return &excess{fmt.Sprintf("makes a text of more than %d bytes", b.bytes)}
	}
	return nil
}

// step pays for n steps. It is called in front of all that a range repeats, and writes nothing.
func (b *budget) step(n int) (string, error) {
	if b.steps -= n; b.steps < 0 {
		return "", &excess{"goes around its ranges too often"}
	}
	return "", nil
}

const stepFunction = "step"

// builtins are the functions that a template may call of what text/template brings along: those that cannot be led to make
// much of little.
var builtins = []string{"and", "eq", "ge", "gt", "index", "le", "len", "lt", "ne", "not", "or", "slice"}

func (b *budget) functions() template.FuncMap {
	return template.FuncMap{stepFunction: b.step, "join": b.join, "printf": b.printf, "short": short}
}

// join puts texts together: {{join .Images ", "}}.
func (b *budget) join(texts []string, between string) (string, error) {
	n := len(texts) * len(between)
	for _, text := range texts {
		n += len(text)
	}
	if err := b.fits(n); err != nil {
		return "", err
	}
	_, err := b.step(n / bytesPerStep)
	return strings.Join(texts, between), err
}

// elaborate finds verbs that write more than their value, or one value many times.
var elaborate = regexp.MustCompile(`%[^%a-zA-Z]*([0-9]{3}|\*|\[)`)

// What printf makes of its arguments at most: so many bytes for each of a text, which may be written in hexadecimal digits,
// and so many for a number, a width or a complaint.
const (
	bytesPerByte = 5
	bytesPerVerb = 100
)

// printf is fmt.Sprintf for texts and numbers.
func (b *budget) printf(format string, args ...any) (string, error) {
	if elaborate.MatchString(format) {
		return "", errors.New("want verbs without * and [, and a width below 100")
	}
	n := len(format) + bytesPerVerb*(strings.Count(format, "%")+len(args))
	for _, arg := range args {
		switch arg := arg.(type) {
		case string:
			n += bytesPerByte * len(arg)
		case int, bool:
		default:
			if reflect.ValueOf(arg).Kind() != reflect.String {
				return "", fmt.Errorf("want texts and numbers, got %T", arg)
			}
			n += bytesPerByte * len(fmt.Sprint(arg)) // a text that escapes itself
		}
	}
	if err := b.fits(n); err != nil {
		return "", err
	}
	_, err := b.step(n / bytesPerStep)
	return fmt.Sprintf(format, args...), err
}

// short returns the first digits of a digest, for people.
func short(digest string) string { return image.Digest(digest).Short() }
