package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

//go:embed static templates
var files embed.FS

// assets are the files that a page refers to, by the name under which they are served: it holds a part of their sum, so
// that a browser may keep them and still gets the new ones after an upgrade.
type assets map[string][]byte

// loadAssets reads the files that are part of the program. That they are there is not a question at run time.
func loadAssets() assets {
	a := assets{}
	entries, err := fs.ReadDir(files, "static")
	if err != nil {
		panic(err)
	}
	for _, entry := range entries {
		data, err := files.ReadFile("static/" + entry.Name())
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(data)
		ending := path.Ext(entry.Name())
		a[strings.TrimSuffix(entry.Name(), ending)+"."+hex.EncodeToString(sum[:6])+ending] = data
	}
	return a
}

// url is where the file is, which was embedded as name.
func (a assets) url(name string) string {
	stem, ending, _ := strings.Cut(name, ".")
	for served := range a {
		if strings.HasPrefix(served, stem+".") && strings.HasSuffix(served, "."+ending) {
			return "/static/" + served
		}
	}
	panic("no such file: " + name)
}

func (s *site) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	data, found := s.assets[name]
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
}

// pages are the templates of the pages by name, each with the layout around it.
type pages map[string]*template.Template

func parsePages(a assets) pages {
	shared := template.New("").Funcs(template.FuncMap{
		"asset": a.url, "counted": counted, "grouped": grouped, "icon": icon, "slug": slug, "soft": soft,
	})
	shared = template.Must(shared.ParseFS(files, "templates/shared/*.html"))
	entries, err := fs.ReadDir(files, "templates")
	if err != nil {
		panic(err)
	}
	p := pages{}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		own := template.Must(template.Must(shared.Clone()).ParseFS(files, "templates/"+entry.Name()))
		p[strings.TrimSuffix(entry.Name(), ".html")] = own
	}
	return p
}

// slug is a state as a part of a class or of the name of a symbol: up-to-date.
func slug(state status.State) string { return strings.ReplaceAll(string(state), " ", "-") }

// joints are where a long name may go on in the next line.
var joints = regexp.MustCompile(`[/:@]+`)

// fits is the length of a name that has its place everywhere.
const fits = 24

// soft lets a long name, which has no spaces, break between its parts rather than in the middle of a word.
func soft(name string) template.HTML {
	if len(name) <= fits {
		return template.HTML(template.HTMLEscapeString(name))
	}
	return template.HTML(joints.ReplaceAllString(template.HTMLEscapeString(name), "$0<wbr>"))
}

// icon refers to one of the symbols of the layout. Beside it there is always a word.
func icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" aria-hidden="true"><use href="#i-` + template.HTMLEscapeString(name) + `"/></svg>`)
}
