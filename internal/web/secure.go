package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// policyOfContent lets a page use the files of this program and nothing else: no inline script or style, no other host,
// no frame around it.
const policyOfContent = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// mostBody bounds what a request may bring, hooks excepted, which have a bound of their own.
const mostBody = 16 << 10

// secure sets the headers that tell a browser to trust nothing but what is meant.
func (s *site) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policyOfContent)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// sameOrigin refuses what a page of another origin has a browser do, and bounds the body.
func sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusForbidden, "requests of other origins are refused")
	}))
	return protection.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		next.ServeHTTP(w, r)
	}))
}

// local refuses requests by a name that is not this machine's own, where that is asked for.
func (s *site) local(next http.Handler) http.Handler {
	if !s.Local {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLocal(r.Host) {
			refuse(w, r, http.StatusMisdirectedRequest,
				"asked by a name, and not as localhost or an address; with --auth-file or --no-auth any name does")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isLocal reports whether a Host header holds what nobody can have point to another machine than it says. A program may
// send none; browsers always do.
func isLocal(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// takenWithin is how long an answer may take to be taken. Streams, which last, set their own bound for each line.
const takenWithin = time.Minute

// bounded ends answers that nobody takes: each holds its text and a goroutine.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(takenWithin)) // a writer without deadlines has none to miss
		next.ServeHTTP(w, r)
	})
}
