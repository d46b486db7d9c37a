package config

import (
	"cmp"

	"github.com/image-updater/image-updater/internal/message"
)

// The rules between the keys of one mapping. They hold in policies and in defaults alike, for each looks at what one
// mapping says; what policies and defaults say together is looked at in resolve.go.

// After a fault nothing is said of missing keys: it is probably one of them that was misspelled.

// has reports whether the mapping at p has that key.
func (p place) has(key string) bool { return p.section.has(p.child(key).path) }

// refuse reports that the key of the mapping at p must not stand there as it does.
func (p place) refuse(key, format string, args ...any) {
	at := p.child(key).path
	p.fail(p.keyAt(at), at+": "+format, args...)
}

// written returns those of keys that the mapping at p has.
func (p place) written(keys ...string) []string {
	var found []string
	for _, key := range keys {
		if p.has(key) {
			found = append(found, key)
		}
	}
	return found
}

// atMostOne reports a second one of keys.
func (p place) atMostOne(keys ...string) {
	if found := p.written(keys...); len(found) > 1 {
		p.refuse(found[1], "stands beside %s, want only one of %s", found[0], alternatives(keys))
	}
}

// exactlyOne reports a second one of keys, or that there is none.
func (p place) exactlyOne(keys ...string) {
	p.atMostOne(keys...)
	if len(p.written(keys...)) == 0 && p.sound {
		p.fail(p.valueAt(p.path), "%s: want one of %s", p.path, alternatives(keys))
	}
}

// needs reports that key stands there without any of others.
func (p place) needs(key string, others ...string) {
	if p.sound && p.has(key) && len(p.written(others...)) == 0 {
		p.refuse(key, "needs %s beside it", alternatives(others))
	}
}

func (k *selectKeys) rules(p place) {
	p.exactlyOne("semver", "calver", "numeric", "alphabetical", "newest", "digest")
}

func (k *targetKeys) rules(p place) { p.exactlyOne("key", "regexp") }

func (k *signKeys) rules(p place) {
	p.exactlyOne("sshKeyFile", "openPGPKeyFile")
	p.atMostOne("passphraseEnv", "passphraseFile")
}

func (k *windowKeys) rules(p place) {
	p.needs("from", "to")
	p.needs("to", "from")
	if p.has("from") && p.has("to") && k.From == k.To && p.sound {
		p.refuse("to", "is the same as from")
	}
	if p.has("from") && k.From == endOfDay {
		p.refuse("from", "24:00 begins nothing, want 00:00 and the day after")
	}
	if p.has("days") && len(k.Days) == 0 && p.sound {
		p.refuse("days", "is an empty list")
	}
}

func (k *registryAuthKeys) rules(p place) {
	p.atMostOne("username", "usernameEnv")
	p.atMostOne("passwordEnv", "passwordFile")
	p.needs("username", "passwordEnv", "passwordFile")
	p.needs("usernameEnv", "passwordEnv", "passwordFile")
	p.needs("passwordEnv", "username", "usernameEnv")
	p.needs("passwordFile", "username", "usernameEnv")
}

func (r *registryEntry) rules(p place) {
	p.needs("clientCertFile", "clientKeyFile")
	p.needs("clientKeyFile", "clientCertFile")
	if p.has("hubEndpoint") && r.Host != "docker.io" && p.sound {
		p.refuse("hubEndpoint", "is for docker.io only")
	}
	if r.Endpoint.inTheClear() && !r.PlainHTTP {
		p.refuse("endpoint", "is without TLS: want https://, or plainHTTP: true if that is meant")
	}
	if !r.PlainHTTP {
		return
	}
	if found := p.written("caFile", "clientCertFile"); len(found) > 0 {
		p.refuse(found[0], "has no use with plainHTTP: true")
	}
	if p.has("auth") && inTheClear("http://"+string(r.Host)) {
		p.warn(p.keyAt("plainHTTP"), "plainHTTP: the credentials go over the network in the clear")
	}
}

func (k *gitAuthKeys) rules(p place) {
	p.atMostOne("tokenEnv", "tokenFile", "sshKeyFile", "githubApp")
	p.atMostOne("sshKeyPassphraseEnv", "sshKeyPassphraseFile")
	p.needs("username", "tokenEnv", "tokenFile")
	p.needs("sshKeyFile", "knownHostsFile")
	p.needs("knownHostsFile", "sshKeyFile")
	p.needs("sshKeyPassphraseEnv", "sshKeyFile")
	p.needs("sshKeyPassphraseFile", "sshKeyFile")
}

func (k *forgeKeys) rules(p place) { p.atMostOne("tokenEnv", "tokenFile") }

func (k *writeKeys) rules(p place) {
	if p.has("maxOpen") && p.kind != "git" {
		p.refuse("maxOpen", "counts the pull requests of a Git repository: it belongs into git[].write")
	}
}

func (g *gitEntry) rules(p place) {
	g.tryTemplates(p.child("templates"))
	p.needs("clientCertFile", "clientKeyFile")
	p.needs("clientKeyFile", "clientCertFile")
	if g.URL == "" {
		return
	}
	if found := p.written("caFile", "clientCertFile"); len(found) > 0 && !g.URL.hasTLS() && !p.has("forge") {
		p.refuse(found[0], "has no use with a URL that is not https://, unless the API of a forge is asked: write forge, too")
	}
	if p.has("auth") && g.URL.inTheClear() {
		p.refuse("url", "is without TLS, which shows the credentials to all on the way: want https://")
	}
	auth := p.child("auth")
	for _, method := range []struct{ key, transport string }{
		{"tokenEnv", "https"}, {"tokenFile", "https"}, {"githubApp", "https"}, {"sshKeyFile", "ssh"},
	} {
		if auth.has(method.key) && g.URL.transport() != method.transport {
			auth.refuse(method.key, "is for %s, but the URL is reached by %s", method.transport, g.URL.transport())
		}
	}
}

// tryTemplates carries the templates out on commits as there may be.
func (g *gitEntry) tryTemplates(p place) {
	branch := cmp.Or(string(g.Branch), "main")
	try := func(key string, t templateText, check func(t *message.Template, git, branch string) error) {
		if t.Template == nil {
			return // not there, or a fault already
		}
		if err := check(t.Template, string(g.Name), branch); err != nil {
			at := p.child(key).path
			p.fail(p.valueAt(at), "%s: %v", at, err)
		}
	}
	try("subject", g.Templates.Subject, (*message.Template).CheckSubject)
	try("body", g.Templates.Body, (*message.Template).CheckBody)
}
