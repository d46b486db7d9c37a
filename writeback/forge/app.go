package forge

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// AppOptions say which installation of which GitHub App is meant.
type AppOptions struct {
	ID           int64
	Installation int64
	PrivateKey   []byte // PEM, as GitHub hands it out
	Remote       string // URL of a Git repository on the App's host

	// RootCAs are trusted instead of the system's.
	RootCAs *x509.CertPool
	// Certificate is shown to a server that wants one of the client.
	Certificate *tls.Certificate
	// Proxy says which proxy a request goes by, as [http.ProxyFromEnvironment] does; nil is none.
	Proxy func(*http.Request) (*url.URL, error)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// App is an installation of a GitHub App, whose tokens let Git in. A token is kept in memory, for as long as it is good,
// and nowhere else. Its methods may be called from several goroutines.
type App struct {
	issuer   string
	key      *rsa.PrivateKey
	endpoint string // where tokens are asked for
	client   *http.Client
	now      func() time.Time

	busy  chan struct{} // a send takes the fields that follow, a receive gives them back
	token string
	until time.Time // the token is used until then
}

// AppUser is the user name that goes with the token of a GitHub App.
const AppUser = "x-access-token"

const (
	// GitHub takes the App's own words for at most 10 minutes, and not from the future: its clock may be behind ours.
	appWordsBefore = time.Minute
	appWordsAfter  = 9 * time.Minute
	// tokenMargin is left of a token's hour when it is last used, for the push that it is used for.
	tokenMargin = 5 * time.Minute
)

// NewApp checks the options. Nothing goes over the wire yet.
func NewApp(o AppOptions) (*App, error) {
	key, err := parseRSAKey(o.PrivateKey)
	if err != nil {
		return nil, err
	}
	api, err := gitHubAPI(o.Remote)
	if err != nil {
		return nil, err
	}
	a := &App{
		issuer:   strconv.FormatInt(o.ID, 10),
		key:      key,
		endpoint: fmt.Sprintf("%s/app/installations/%d/access_tokens", api, o.Installation),
		client:   newClient(o),
		now:      o.Now,
		busy:     make(chan struct{}, 1),
	}
	if a.now == nil {
		a.now = time.Now
	}
	return a, nil
}

// parseRSAKey reads a key in either of the forms that PEM files hold. The parsers' errors do not quote it.
func parseRSAKey(data []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("it is no private key in PEM form")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("it is no private RSA key without a passphrase")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("it is no RSA key, which those of GitHub Apps are")
	}
	return key, nil
}

// gitHubAPI returns the root of the API that belongs to a repository: github.com and ghe.com keep it on a host of its
// own, a GitHub Enterprise Server below a path.
func gitHubAPI(remote string) (string, error) {
	u, err := url.Parse(remote)
	if err != nil || u.Host == "" {
		return "", errors.New("the URL of the repository names no host of a GitHub App")
	}
	host := strings.ToLower(u.Host)
	switch {
	case host == "github.com" || strings.HasSuffix(host, ".ghe.com"):
		return u.Scheme + "://api." + host, nil
	default:
		return u.Scheme + "://" + host + "/api/v3", nil
	}
}

// Token returns a token that is good for some minutes at least, which is one request where there is none.
func (a *App) Token(ctx context.Context) (string, error) {
	select {
	case a.busy <- struct{}{}:
		defer func() { <-a.busy }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if a.token != "" && a.now().Before(a.until) {
		return a.token, nil
	}
	words, err := a.words(a.now())
	if err != nil {
		return "", fmt.Errorf("signing for the GitHub App: %w", err)
	}
	granted, err := a.ask(ctx, words)
	if err != nil {
		return "", fmt.Errorf("asking for a token of GitHub App %s: %w", a.issuer, err)
	}
	a.token, a.until = granted.Token, granted.ExpiresAt.Add(-tokenMargin)
	return a.token, nil
}

// Refuse drops a token that the server no longer takes, so that the next one is asked for.
func (a *App) Refuse(token string) {
	a.busy <- struct{}{}
	defer func() { <-a.busy }()
	if a.token == token {
		a.token = ""
	}
}

// words returns the JSON web token (RFC 7519) with which the App says who it is.
func (a *App) words(now time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"iat": now.Add(-appWordsBefore).Unix(), "exp": now.Add(appWordsAfter).Unix(), "iss": a.issuer,
	})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(claims)
	hash := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, a.key, crypto.SHA256, hash[:])
	if err != nil {
		return "", err
	}
	return signed + "." + encode(signature), nil
}
