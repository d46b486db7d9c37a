// Package web is what a browser, a script and a monitor see of the daemon: the page, the API, the metrics and the health
// checks, behind one [http.Handler]. All of it is made from a [status.Status] at the moment of a request; nothing is
// kept between requests, and nothing is asked of the rest of the program but what [Options] names.
//
//	handler := web.New(web.Options{Status: daemon.Status, Changed: daemon.Changed})
//	server := &http.Server{Handler: handler, BaseContext: ...}
//
// The page is HTML from the server: it is whole without its script, asks no other host for anything and stores nothing
// but the choice of light or dark. The script fetches the same page again when /events says that something has changed.
//
// # What it guards
//
// /healthz, /readyz and /hooks/ are open to all; everything else wants one of the Credentials, if there are any. No
// answer may be framed, sniffed or referred from, the page runs no script but its own file, and a POST from a page of
// another origin is refused. Whatever comes from outside (tags, file names, errors of registries) is text, never markup.
//
// # What it does not do
//
// It listens to nothing: timeouts, TLS and the size of headers belong to the server. An open /events ends with the
// context of its request, so the server's BaseContext has to end when the server shuts down.
package web
