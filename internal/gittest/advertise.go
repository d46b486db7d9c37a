package gittest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// bareCapabilities are what is left of a server that can do nothing but what it must.
var bareCapabilities = []string{"report-status", "symref"}

// advertise answers with an advertisement of which only some capabilities are left.
func (s *Server) advertise(w http.ResponseWriter, r *http.Request, f Faults, keep []string) {
	answer := recorded{ResponseWriter: w, status: http.StatusOK}
	s.backend(f).ServeHTTP(&answer, r)
	w.WriteHeader(answer.status)
	_, _ = w.Write(offering(answer.body.Bytes(), keep))
}

// offering leaves capabilities out of an advertisement.
func offering(advert []byte, keep []string) []byte {
	nul := bytes.IndexByte(advert, 0)
	if nul < 0 {
		return advert
	}
	end := nul + bytes.IndexByte(advert[nul:], '\n')
	start := bytes.LastIndexByte(advert[:nul], '\n') + 1
	if bytes.HasPrefix(advert[start:], []byte("0000")) { // the flush behind "# service=git-upload-pack"
		start += len("0000")
	}
	words := slices.DeleteFunc(strings.Fields(string(advert[nul+1:end])), func(word string) bool {
		name, _, _ := strings.Cut(word, "=")
		return !slices.Contains(keep, name)
	})
	line := string(advert[start+len("0000"):nul]) + "\x00" + strings.Join(words, " ") + "\n"
	return slices.Concat(advert[:start], fmt.Appendf(nil, "%04x%s", len(line)+len("0000"), line), advert[end+1:])
}

// recorded keeps an answer back.
type recorded struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorded) WriteHeader(status int)      { r.status = status }
func (r *recorded) Write(p []byte) (int, error) { return r.body.Write(p) }
