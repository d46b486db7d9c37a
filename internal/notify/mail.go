package notify

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"strings"
	"time"
)

// maxMail bounds the lines of a mail, in bytes.
const maxMail = 64 << 10

// mail returns a message as it is handed to a mail server (RFC 5322). What comes from strangers stands in the subject and
// the text alone, both on one line and encoded, so that it can begin no header.
func (c Channel) mail(m Message) []byte {
	t := c.text(m, plainMarkup, maxMail)
	var b bytes.Buffer
	header := func(key, value string) { fmt.Fprintf(&b, "%s: %s\r\n", key, value) }
	header("From", "image-updater <"+c.SMTP.From+">")
	header("To", strings.Join(c.SMTP.To, ", "))
	header("Subject", mime.QEncoding.Encode("utf-8", t.title))
	header("Date", m.At.UTC().Format(time.RFC1123Z))
	_, domain, _ := strings.Cut(c.SMTP.From, "@")
	header("Message-ID", "<"+m.ID+"@"+domain+">")
	header("Auto-Submitted", "auto-generated") // or an absence note answers it (RFC 3834)
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")

	body := quotedprintable.NewWriter(&b)
	for _, line := range t.lines {
		fmt.Fprintf(body, "- %s\r\n", line)
	}
	if rest := t.rest(); rest != "" {
		fmt.Fprintf(body, "- %s\r\n", rest)
	}
	_ = body.Close() // into memory
	return b.Bytes()
}
