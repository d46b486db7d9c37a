package web

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/image-updater/image-updater/internal/status"
)

// view is what one request looks at.
type view struct {
	status.Status
	clock
}

// document is a page to be shown.
type document struct {
	Template string
	Title    string
	Area     string // which entry of the menu it belongs to
	Body     any
	Code     int // of the answer, 0 = 200

	// The rest is the same for all pages.
	Health  health
	Version string
	At      moment
	Stamp   string // of the Status
	Live    bool   // it changes by itself
}

// errNotFound is a page that does not exist.
var errNotFound = errors.New("there is no such page")

// nowhere answers what is no page.
func nowhere(*http.Request, view) (document, error) { return document{}, errNotFound }

// page answers with what show makes of the moment.
func (s *site) page(show func(*http.Request, view) (document, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := view{Status: s.Status(), clock: clock{s.Now()}}
		d, err := show(r, v)
		if err != nil {
			d = document{Template: "missing", Title: "Not found", Code: http.StatusNotFound, Body: err.Error()}
		}
		d.Health, d.Version, d.At, d.Stamp, d.Live = healthOf(v), v.Version, v.at(v.At), stampOf(v.At), s.Changed != nil
		s.render(w, r, d)
	}
}

// render writes a whole page or, when it cannot be made, none of it.
func (s *site) render(w http.ResponseWriter, r *http.Request, d document) {
	var text bytes.Buffer
	if err := s.pages[d.Template].ExecuteTemplate(&text, "layout", d); err != nil {
		s.Log.ErrorContext(r.Context(), "a page could not be made", "page", d.Template, "err", err)
		refuse(w, r, http.StatusInternalServerError, "the page could not be made; the log says why")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if d.Code != 0 {
		w.WriteHeader(d.Code)
	}
	_, _ = w.Write(text.Bytes()) // whoever asked has gone
}

// refuse answers with an error: as JSON to what asks the API, and to others as a line of text.
func refuse(w http.ResponseWriter, r *http.Request, code int, text string) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		writeError(w, code, text)
		return
	}
	http.Error(w, text, code)
}
