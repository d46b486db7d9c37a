package config

import "github.com/image-updater/image-updater/internal/message"

func (c *resolver) addGit(g *gitEntry) {
	if !c.claim(&g.section, "name", string(g.Name)) {
		return
	}
	git := Git{
		Name:           string(g.Name),
		URL:            g.URL.from(g.top.File),
		Branch:         string(g.Branch),
		CAFile:         string(g.CAFile),
		ClientCertFile: string(g.ClientCertFile),
		ClientKeyFile:  string(g.ClientKeyFile),
		Auth:           g.Auth.checked(),
		Author:         Author{Name: defaultName, Email: defaultEmail},
		Sign:           g.Sign.checked(),
		Forge:          g.Forge.checked(),
		Policies:       string(g.Policies),
		Write:          Write{Mode: defaultMode, Group: defaultGroup, Commits: defaultCommits, MaxOpen: int(g.Write.MaxOpen), Settle: defaultSettle},
		Templates:      message.Templates{Subject: g.Templates.Subject.Template, Body: g.Templates.Body.Template},
		Position:       g.top,
	}
	if g.has("author") {
		git.Author = Author{Name: string(g.Author.Name), Email: string(g.Author.Email)}
	}
	git.Forge.Position = g.valueAt("url")
	if g.has("forge") {
		git.Forge.Position = g.keyAt("forge")
	}
	git.Write = git.WriteFor(Policy{Write: g.Write.checked(&g.section)})
	if git.Write.Mode == PullRequest && !git.hasToken() {
		g.fail(g.valueAt("write.mode"), "write.mode: pull-request %s", needsToken)
	}
	c.config.Git = append(c.config.Git, git)
	c.config.secrets = append(c.config.secrets, secretsOf(g)...)
}

func (k gitAuthKeys) checked() GitAuth {
	return GitAuth{
		Username:             string(k.Username),
		TokenEnv:             string(k.TokenEnv),
		TokenFile:            string(k.TokenFile),
		SSHKeyFile:           string(k.SSHKeyFile),
		KnownHostsFile:       string(k.KnownHostsFile),
		SSHKeyPassphraseEnv:  string(k.SSHKeyPassphraseEnv),
		SSHKeyPassphraseFile: string(k.SSHKeyPassphraseFile),
		GitHubApp: GitHubApp{
			AppID:          int64(k.GitHubApp.AppID),
			InstallationID: int64(k.GitHubApp.InstallationID),
			PrivateKeyFile: string(k.GitHubApp.PrivateKeyFile),
		},
	}
}

func (k signKeys) checked() Sign {
	return Sign{
		SSHKeyFile:     string(k.SSHKeyFile),
		OpenPGPKeyFile: string(k.OpenPGPKeyFile),
		PassphraseEnv:  string(k.PassphraseEnv),
		PassphraseFile: string(k.PassphraseFile),
	}
}

func (k forgeKeys) checked() Forge {
	return Forge{
		Kind:      string(k.Kind),
		URL:       string(k.URL),
		TokenEnv:  string(k.TokenEnv),
		TokenFile: string(k.TokenFile),
	}
}

// needsToken says what is missing where there is nothing to speak to a forge with.
const needsToken = "needs a token for the forge: auth.tokenEnv, auth.tokenFile or auth.githubApp, or else forge.tokenEnv or forge.tokenFile"

// hasToken reports whether there is a token for the API of the forge.
func (g Git) hasToken() bool {
	return g.Forge.TokenEnv != "" || g.Forge.TokenFile != "" || g.Auth.TokenEnv != "" || g.Auth.TokenFile != "" ||
		g.Auth.GitHubApp != (GitHubApp{})
}
