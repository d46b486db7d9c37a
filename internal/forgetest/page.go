package forgetest

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
)

// window cuts the page that a request asks for out of a list, by the names of its parameters, and tells the number of
// the next page, 0 if there is none. A size beyond the server's own is cut down to it.
func window[T any](r *http.Request, all []T, pageName, sizeName string, most int) (part []T, next int) {
	number := func(name string, otherwise int) int {
		n, err := strconv.Atoi(r.URL.Query().Get(name))
		if err != nil || n < 1 {
			return otherwise
		}
		return n
	}
	size, page := min(number(sizeName, min(30, most)), most), number(pageName, 1)
	from := min((page-1)*size, len(all))
	to := min(from+size, len(all))
	if to < len(all) {
		next = page + 1
	}
	return all[from:to], next
}

// link sets the header that leads to the next page. Its host is another one than was asked, as behind a proxy that does
// not tell.
func link(w http.ResponseWriter, r *http.Request, pageName string, next int) {
	if next == 0 {
		return
	}
	query := r.URL.Query()
	query.Set(pageName, strconv.Itoa(next))
	w.Header().Set("Link", fmt.Sprintf(`<http://internal.example%s?%s>; rel="next", <http://internal.example/>; rel="first"`, r.URL.EscapedPath(), query.Encode()))
}

// listed turns a part of a list into what is answered; never null.
func listed[T any](items []T, as func(T) map[string]any) []map[string]any {
	out := make([]map[string]any, 0, len(items))
	for _, item := range items {
		out = append(out, as(item))
	}
	return out
}

// wanted reports whether a value is the one asked for, or none is asked for.
func wanted(r *http.Request, name, value string) bool {
	return cmp.Or(r.URL.Query().Get(name), value) == value
}
