package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/image-updater/image-updater/internal/gittest"
)

// gitHubApp is what GitHub knows of an App: it hands tokens to who signs with the App's key.
type gitHubApp struct {
	mu     sync.Mutex // guards the fields that follow
	key    *rsa.PublicKey
	git    *gittest.Server
	tokens int
	logins int // how many requests the next token is good for; 0 = any number
}

func (a *gitHubApp) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	signed, signature, _ := cutLast(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), ".")
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	hash := sha256.Sum256([]byte(signed))
	if a.key == nil || err != nil || rsa.VerifyPKCS1v15(a.key, crypto.SHA256, hash[:], raw) != nil {
		http.Error(w, `{"message": "A JSON web token could not be decoded"}`, http.StatusUnauthorized)
		return
	}
	a.tokens++
	token := a.token()
	a.git.Set(gittest.Faults{Username: "x-access-token", Password: token, Logins: a.logins})
	a.logins = 0
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"token": %q, "expires_at": %q}`, token, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
}

// appTokens is where GitHub hands them out.
const appTokens = "/api/v3/app/installations/67890/access_tokens"

func (a *gitHubApp) token() string { return fmt.Sprintf("ghs_hush%d", a.tokens) }

// latest is the token that was handed out last.
func (a *gitHubApp) latest() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.token()
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func startGitHubApp(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1 || len(args) == 2, "githubapp FILE [N]")
	logins := 0
	if len(args) == 2 {
		var err error
		logins, err = strconv.Atoi(args[1])
		ts.Check(err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	ts.Check(err)
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), private, 0o600))
	s := sceneOf(ts)
	s.app.mu.Lock()
	defer s.app.mu.Unlock()
	s.app.key, s.app.git, s.app.logins = &key.PublicKey, s.git, logins
	s.git.Set(gittest.Faults{Username: "x-access-token", Password: "none was given yet"})
}

func checkTokens(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1, "tokens N")
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := sceneOf(ts)
	s.app.mu.Lock()
	defer s.app.mu.Unlock()
	if s.app.tokens != n {
		ts.Fatalf("%d tokens were given, want %d", s.app.tokens, n)
	}
}
