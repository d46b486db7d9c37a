package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/writeback/forge"
	"github.com/image-updater/image-updater/writeback/git"
)

// installations are those of GitHub Apps that the policy files name. All repositories of one share its token.
type installations struct {
	mu    sync.Mutex // guards known
	known map[installation]*forge.App
}

// installation tells one from the others. A key that was replaced makes it another.
type installation struct {
	host                  string
	appID, installationID int64
	key                   [sha256.Size]byte
	files                 [3]string // of certificates
}

// appKey is the key of the policy file that names the key of an App.
const appKey = "auth.githubApp.privateKeyFile"

// appAuth lets a Git repository be opened with the tokens of a GitHub App.
func (a *app) appAuth(g config.Git) (git.Auth, error) {
	named := g.Auth.GitHubApp
	private, err := readNamed(appKey, named.PrivateKeyFile, g.Position)
	if err != nil {
		return git.Auth{}, err
	}
	u, err := url.Parse(g.URL)
	if err != nil {
		return git.Auth{}, err
	}
	one := installation{
		host: u.Host, appID: named.AppID, installationID: named.InstallationID, key: sha256.Sum256(private),
		files: gitCertificates(g).paths(),
	}
	a.installations.mu.Lock()
	defer a.installations.mu.Unlock()
	known := a.installations.known[one]
	if known == nil {
		if known, err = a.newApp(g, private); err != nil {
			return git.Auth{}, err
		}
		if a.installations.known == nil {
			a.installations.known = map[installation]*forge.App{}
		}
		a.installations.known[one] = known
	}
	return git.Auth{Username: forge.AppUser, Token: known.Token, Refused: known.Refuse}, nil
}

func (a *app) newApp(g config.Git, private []byte) (*forge.App, error) {
	roots, own, err := gitCertificates(g).read()
	if err != nil {
		return nil, err
	}
	named := g.Auth.GitHubApp
	app, err := forge.NewApp(forge.AppOptions{
		ID: named.AppID, Installation: named.InstallationID, PrivateKey: private, Remote: g.URL,
		RootCAs: roots, Certificate: own, Proxy: http.ProxyFromEnvironment, Now: a.now,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %s: the file %q: %w", g.Position, appKey, named.PrivateKeyFile, err)
	}
	return app, nil
}
