package git

import (
	"encoding/base64"
	"html"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// Whatever a server makes of what it was sent, and wherever its words are cut: no form of a secret is shown, and of one
// that is cut not its beginning.
func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	secrets := rapid.StringMatching(`[A-Za-z0-9_+/=&<"@ %é-]{11,40}[A-Za-z0-9]`)
	rapid.Check(t, func(t *rapid.T) {
		static, before, now := secrets.Draw(t, "static"), secrets.Draw(t, "before"), secrets.Draw(t, "now")
		c := newCleaner(static)
		c.learn("x-access-token", before)
		c.learn("x-access-token", now)
		var shown []string
		for _, secret := range []string{static, before, now} {
			shown = append(shown, secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret))
		}
		for _, secret := range []string{before, now} {
			shown = append(shown, base64.StdEncoding.EncodeToString([]byte("x-access-token:"+secret)),
				base64.RawURLEncoding.EncodeToString([]byte(secret)))
		}
		var text strings.Builder
		for range rapid.IntRange(1, 6).Draw(t, "pieces") {
			text.WriteString(rapid.StringMatching(`[#-. \n\t\x00-\x1f日]{0,30}`).Draw(t, "text"))
			text.WriteString(rapid.SampledFrom(shown).Draw(t, "secret"))
		}
		said := text.String()
		if rapid.Bool().Draw(t, "long") {
			said = strings.Repeat("#", rapid.IntRange(maxWords-len(said)-50, maxWords).Draw(t, "fill")) + said
			said = said[:min(len(said), maxWords)] // as it is read
		}
		got := c.words(said)
		for _, secret := range shown {
			// Its blanks may have become one, and its first letters may be any text.
			if strings.Contains(got, secret) || strings.HasSuffix(strings.TrimSuffix(got, "..."), secret[:8]) {
				t.Fatalf("%q shows %q", got, secret)
			}
		}
	})
}

func FuzzWords(f *testing.F) {
	f.Add("hunter2-hunter2", "Authorization: Basic eDpodW50ZXIyLWh1bnRlcjI=")
	f.Add("s3cret s3cret", "https://me:s3cret%20s3cret@host\nhttps://me:s3cret+s3cret@host")
	f.Fuzz(func(t *testing.T, secret, said string) {
		if len(secret) < 8 || strings.Contains(redacted, secret) {
			return
		}
		c := newCleaner(secret)
		c.learn("x", secret)
		for _, text := range []string{said, said + secret, strings.Repeat("#", maxWords) + said} {
			got := c.words(text)
			// What is escaped, trimmed or joined may become any text by chance.
			odd := func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) || r == ' ' }
			if strings.Contains(got, secret) && !strings.ContainsFunc(text, odd) {
				t.Fatalf("%q shows the secret", got)
			}
			if len(got) > 12*maxWords {
				t.Fatalf("%d bytes", len(got))
			}
		}
	})
}
