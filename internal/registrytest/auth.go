package registrytest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Scheme is how a registry wants to be asked.
type Scheme string

// The schemes. The zero value is none.
const (
	Basic  Scheme = "Basic"
	Bearer Scheme = "Bearer"
)

// Scopes is what a token server does with several scopes in one request.
type Scopes int

// The ways with several scopes.
const (
	AllScopes   Scopes = iota // grants all of them, as distribution and Docker Hub do
	FirstScope                // grants the first alone, without a word
	RefuseScope               // answers 400 when there is more than one
)

// Auth is who may read, and how. The zero value is anyone, without being asked.
type Auth struct {
	Scheme             Scheme
	Username, Password string        // the one account; "" = none
	IdentityToken      string        // what the account may send instead, by POST, as grant_type=refresh_token
	Private            []string      // repositories for the account alone; with Basic all are
	Realm              string        // of the challenge; "" = /token of this server
	Service            string        // of the challenge
	Expires            time.Duration // of a token; 0 = 5 minutes
	NoExpiry           bool          // the answer does not say when a token expires (GHCR)
	Scopes             Scopes
	Opaque             bool   // tokens are no JWT, so that nobody can read what they grant
	AnyRepository      bool   // an anonymous token opens every public repository (GHCR)
	Actions            string // what a list needs; "" = pull. ACR wants metadata_read
	Deny               int    // status of the token server for scopes it does not grant; 0 = 200, granting less
}

// grant is what a token opens.
type grant struct {
	access  []access
	any     bool   // every repository that is not private
	account string // "" = anyone's
	expires time.Time
}

type access struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

// ExpireTokens makes all tokens granted so far invalid.
func (r *Registry) ExpireTokens() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.granted)
}

// authorize reports whether the request may go on, and answers 401 when it may not.
func (r *Registry) authorize(w http.ResponseWriter, req *http.Request, q request) bool {
	a := r.options.Auth
	switch a.Scheme {
	case Basic:
		if r.account(req) {
			return true
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="registrytest"`)
	case Bearer:
		if r.opens(bearer(req), q) {
			return true
		}
		w.Header().Set("WWW-Authenticate", a.challenge(req, q))
	default:
		return true
	}
	sendError(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
	return false
}

func (a Auth) challenge(req *http.Request, q request) string {
	realm := a.Realm
	if realm == "" {
		realm = origin(req) + "/token"
	}
	challenge := fmt.Sprintf("Bearer realm=%q,service=%q", realm, a.Service)
	if q.repository != "" {
		challenge += fmt.Sprintf(",scope=%q", "repository:"+q.repository+":"+a.actions())
	}
	return challenge
}

func (a Auth) actions() string {
	if a.Actions == "" {
		return "pull"
	}
	return a.Actions
}

// account reports whether the request carries the account's name and password.
func (r *Registry) account(req *http.Request) bool {
	a := r.options.Auth
	username, password, ok := req.BasicAuth()
	return ok && a.Username != "" && username == a.Username && password == a.Password
}

// bearer returns the token of a request, or "".
func bearer(req *http.Request) string {
	token, _ := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	return token
}

// opens reports whether the token opens what is asked.
func (r *Registry) opens(token string, q request) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, granted := r.granted[token]
	if !granted || !r.options.Now().Before(g.expires) {
		return false
	}
	if q.repository == "" || g.any && !slices.Contains(r.options.Auth.Private, q.repository) {
		return true
	}
	return slices.ContainsFunc(g.access, func(a access) bool {
		return a.Name == q.repository && slices.Contains(a.Actions, r.options.Auth.actions())
	})
}

// serveToken grants a token for the scopes asked for, as far as the one who asks may have them.
func (r *Registry) serveToken(w http.ResponseWriter, req *http.Request) {
	a := r.options.Auth
	if req.Method == http.MethodPost && a.IdentityToken == "" {
		sendError(w, http.StatusNotFound, "UNSUPPORTED", "no POST here")
		return
	}
	req.ParseForm()
	var scopes []string
	for _, s := range req.Form["scope"] {
		scopes = append(scopes, strings.Fields(s)...)
	}
	r.mu.Lock()
	r.asked = append(r.asked, scopes)
	r.mu.Unlock()

	known := r.account(req) || a.IdentityToken != "" && req.PostForm.Get("refresh_token") == a.IdentityToken
	if (req.Header.Get("Authorization") != "" || req.Method == http.MethodPost) && !known {
		sendError(w, http.StatusUnauthorized, "UNAUTHORIZED", "incorrect username or password")
		return
	}
	if a.Scopes == RefuseScope && len(scopes) > 1 {
		sendError(w, http.StatusBadRequest, "DENIED", "one scope at a time")
		return
	}
	if a.Scopes == FirstScope && len(scopes) > 1 {
		scopes = scopes[:1]
	}
	accesses := a.grants(scopes, known)
	if a.Deny != 0 && len(accesses) < len(scopes) {
		sendError(w, a.Deny, "DENIED", "requested access to the resource is denied")
		return
	}
	g := grant{access: accesses, any: a.AnyRepository}
	if known {
		g.account = a.Username
	}
	r.sendToken(w, g)
}

// grants returns what the scopes open to the account, or to anyone.
func (a Auth) grants(scopes []string, known bool) []access {
	granted := []access{}
	for _, scope := range scopes {
		parts := strings.Split(scope, ":")
		if len(parts) != 3 || parts[0] != "repository" || !known && slices.Contains(a.Private, parts[1]) {
			continue
		}
		granted = append(granted, access{Type: parts[0], Name: parts[1], Actions: strings.Split(parts[2], ",")})
	}
	return granted
}

func (r *Registry) sendToken(w http.ResponseWriter, g grant) {
	life := r.options.Auth.Expires
	if life == 0 {
		life = 5 * time.Minute
	}
	g.expires = r.options.Now().Add(life)
	r.mu.Lock()
	token := r.mint(g)
	r.granted[token] = g
	r.mu.Unlock()
	answer := map[string]any{"token": token}
	if !r.options.Auth.NoExpiry {
		answer["expires_in"] = int(life.Seconds())
	}
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err) // strings and numbers are always JSON
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

// mint makes a token unlike all others; r.mu is held.
func (r *Registry) mint(g grant) string {
	r.minted++
	number := r.minted
	if r.options.Auth.Opaque {
		return fmt.Sprintf("opaque-token-%d", number)
	}
	payload, err := json.Marshal(map[string]any{"jti": fmt.Sprint(number), "exp": g.expires.Unix(), "access": g.access})
	if err != nil {
		panic(err) // strings and numbers are always JSON
	}
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + part(payload) + "." + part(fmt.Appendf(nil, "signature %d", number))
}
