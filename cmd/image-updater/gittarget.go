package main

import (
	"net/http"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/writeback"
	"github.com/image-updater/image-updater/writeback/forge"
	"github.com/image-updater/image-updater/writeback/git"
)

// writeTarget resolves what the policy file says of a Git repository that is written to.
func (a *app) writeTarget(g config.Git) (writeback.Target, error) {
	t, err := a.gitTarget(g)
	if err != nil {
		return writeback.Target{}, err
	}
	t.Signer, err = a.signer(g)
	return t, err
}

// gitTarget resolves what the policy file says of a Git repository that is read: the key that commits are signed with
// need not be there. Its errors name the key of a secret that is not there, never what it holds.
func (a *app) gitTarget(g config.Git) (writeback.Target, error) {
	auth, err := a.gitAuth(g)
	if err != nil {
		return writeback.Target{}, err
	}
	roots, own, err := gitCertificates(g).read()
	if err != nil {
		return writeback.Target{}, err
	}
	return writeback.Target{
		Name: g.Name, URL: g.URL, Branch: g.Branch, Auth: auth,
		Author:  writeback.Identity{Name: g.Author.Name, Email: g.Author.Email},
		RootCAs: roots, Certificate: own, Proxy: http.ProxyFromEnvironment,
	}, nil
}

func gitCertificates(g config.Git) certificateFiles {
	return certificateFiles{ca: g.CAFile, cert: g.ClientCertFile, key: g.ClientKeyFile, at: g.Position}
}

func (a *app) gitAuth(g config.Git) (git.Auth, error) {
	var auth git.Auth
	var err error
	switch {
	case g.Auth.TokenEnv != "":
		auth.Password, err = a.secretText("auth.tokenEnv", g.Auth.TokenEnv, "", g.Position)
	case g.Auth.TokenFile != "":
		auth.Password, err = a.secretText("auth.tokenFile", "", g.Auth.TokenFile, g.Position)
	case g.Auth.SSHKeyFile != "":
		return a.sshAuth(g)
	case g.Auth.GitHubApp != (config.GitHubApp{}):
		return a.appAuth(g)
	default:
		return auth, nil
	}
	if err != nil {
		return git.Auth{}, err
	}
	auth.Username = g.Auth.Username
	if auth.Username == "" {
		auth.Username = forge.TokenUser(g.URL)
	}
	return auth, nil
}

func (a *app) sshAuth(g config.Git) (git.Auth, error) {
	private, err := readNamed("auth.sshKeyFile", g.Auth.SSHKeyFile, g.Position)
	if err != nil {
		return git.Auth{}, err
	}
	hosts, err := readNamed("auth.knownHostsFile", g.Auth.KnownHostsFile, g.Position)
	if err != nil {
		return git.Auth{}, err
	}
	name := "sshKeyPassphraseFile"
	if g.Auth.SSHKeyPassphraseEnv != "" {
		name = "sshKeyPassphraseEnv"
	}
	passphrase, err := a.secretText("auth."+name, g.Auth.SSHKeyPassphraseEnv, g.Auth.SSHKeyPassphraseFile, g.Position)
	if err != nil {
		return git.Auth{}, err
	}
	return git.Auth{Username: g.Auth.Username, SSHKey: private, KnownHosts: hosts, SSHKeyPassphrase: passphrase}, nil
}
