package web

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Credentials are who may see the page and use the API. The zero value lets nobody in.
type Credentials struct {
	// known holds the sums of the values of Authorization that let in. Sums have one length, so comparing them tells
	// nothing of that of a secret, either.
	known [][sha256.Size]byte
}

// ParseCredentials reads an auth file: a line for each credential, "bearer TOKEN" or "basic USER:PASSWORD"; empty lines
// and those that begin with # do not count. An error names the line and nothing of what stands there.
func ParseCredentials(file []byte) (Credentials, error) {
	var c Credentials
	lines := bufio.NewScanner(bytes.NewReader(file))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		sum, err := parseCredential(line)
		if err != nil {
			return Credentials{}, fmt.Errorf("line %d: %w", n, err)
		}
		c.known = append(c.known, sum)
	}
	if err := lines.Err(); err != nil {
		return Credentials{}, err
	}
	if len(c.known) == 0 {
		return Credentials{}, errors.New("there is no credential in it")
	}
	return c, nil
}

func parseCredential(line string) ([sha256.Size]byte, error) {
	kind, secret, _ := strings.Cut(line, " ")
	secret = strings.TrimSpace(secret)
	switch strings.ToLower(kind) {
	case "bearer":
		if secret == "" || strings.ContainsAny(secret, " \t") {
			return [sha256.Size]byte{}, errors.New("a bearer token is one word")
		}
		return sumOf("bearer", secret), nil
	case "basic":
		user, password, ok := strings.Cut(secret, ":")
		if !ok || user == "" || password == "" {
			return [sha256.Size]byte{}, errors.New("a basic credential is USER:PASSWORD")
		}
		return sumOf("basic", secret), nil
	default:
		return [sha256.Size]byte{}, errors.New(`a credential begins with "bearer" or "basic"`)
	}
}

func sumOf(kind, secret string) [sha256.Size]byte {
	return sha256.Sum256([]byte(kind + " " + secret))
}

// admits reports whether r carries one of the credentials. All are compared, so that the time it takes does not tell
// which was near.
func (c Credentials) admits(r *http.Request) bool {
	var shown [sha256.Size]byte
	if user, password, ok := r.BasicAuth(); ok {
		shown = sumOf("basic", user+":"+password)
	} else if kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(kind, "bearer") {
		shown = sumOf("bearer", strings.TrimSpace(token))
	} else {
		return false
	}
	found := 0
	for i := range c.known {
		found |= subtle.ConstantTimeCompare(c.known[i][:], shown[:])
	}
	return found == 1
}

// guard lets through who shows a credential, and everybody where none are asked for.
func (s *site) guard(next http.Handler) http.Handler {
	if s.Credentials == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.Credentials().admits(r) {
			w.Header().Set("WWW-Authenticate", `Basic realm="image-updater", charset="UTF-8"`)
			refuse(w, r, http.StatusUnauthorized, "a credential is needed")
			return
		}
		next.ServeHTTP(w, r)
	})
}
