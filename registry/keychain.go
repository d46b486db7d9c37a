package registry

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/image"
)

const (
	keychainWithin = 10 * time.Second // a credential helper is a program, and may hang
	keychainAge    = time.Hour        // after it the keychain is asked again: ECR's passwords last half a day
	keychainFailed = 5 * time.Minute  // the same, after it failed
	keychainParked = time.Minute      // the same, while the credential is not sent: somebody may be changing it
)

// credential is what is shown to a registry or its token server. The zero value is none.
type credential struct {
	username, password string
	identityToken      string // for the token server alone
	registryToken      string // for the registry itself
}

// identity names the credential in the keys of the cache, without its secrets: a list that one account may see is not
// shown to another.
func (c credential) identity() string {
	switch {
	case c.username != "":
		return c.username
	case c.identityToken != "" || c.registryToken != "":
		return "<token>"
	}
	return ""
}

// keys resolves the credential of one registry, once for all its repositories.
type keys struct {
	host *host

	flights    flights[credential]
	credential credential // the last one found
	found      bool
	err        error     // while none was found
	asked      time.Time // when the keychain was, last
	until      time.Time // the first three are good until then; the five are guarded by the flight
}

// get returns the credential. It waits for a helper no longer than keychainWithin.
func (k *keys) get(ctx context.Context) (credential, error) {
	return k.flights.do(ctx, "", func() (credential, error) {
		now := time.Now()
		if !now.Before(k.until) || k.host.trials.closed() != nil && now.Sub(k.asked) >= keychainParked {
			k.asked = now
			c, err := k.resolve(ctx)
			if ctx.Err() != nil {
				return credential{}, context.Cause(ctx)
			}
			switch {
			case err == nil:
				k.replace(c)
				k.found, k.err, k.until = true, nil, now.Add(keychainAge)
			case k.found: // it may be good still
				k.until = now.Add(keychainFailed)
				k.host.client.log.WarnContext(ctx, "credentials cannot be read again", "registry", k.host.entry.Host, "err", err)
			default:
				k.err, k.until = err, now.Add(keychainFailed)
			}
		}
		return k.credential, k.err
	})
}

// replace makes c the credential. What was learned with another one is forgotten.
func (k *keys) replace(c credential) {
	if c == k.credential {
		return
	}
	k.host.secret.addCredential(c)
	k.host.tokens.clear()
	k.host.trials.begin(c)
	k.host.denials.begin(c)
	k.credential = c
}

var errKeychain = fmt.Errorf("no answer of the credential helper within %v", keychainWithin)

// resolve asks the keychain in a goroutine of its own, since most keychains know no context. One that never returns
// keeps that goroutine: nothing can end it.
func (k *keys) resolve(ctx context.Context) (credential, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, keychainWithin, errKeychain)
	defer cancel()
	type result struct {
		config *authn.AuthConfig
		err    error
	}
	results := make(chan result, 1)
	go func() {
		config, err := k.ask(ctx)
		results <- result{config, err}
	}()
	select {
	case r := <-results:
		if r.err != nil {
			return credential{}, &Error{step: "reading the credentials of " + k.host.entry.Host, Err: helperError(r.err)}
		}
		return credentialOf(r.config)
	case <-ctx.Done():
		return credential{}, &Error{step: "reading the credentials of " + k.host.entry.Host, Err: context.Cause(ctx)}
	}
}

func (k *keys) ask(ctx context.Context) (*authn.AuthConfig, error) {
	authenticator := k.host.entry.Auth
	if authenticator == nil {
		keychain := k.host.client.options.Keychain
		if keychain == nil {
			keychain = dockerKeychain()
		}
		found, err := authn.Resolve(ctx, keychain, resource(k.host.entry.Host))
		if err != nil {
			return nil, err
		}
		authenticator = found
	}
	return authn.Authorization(ctx, authenticator)
}

// dockerKeychain returns a keychain like authn.DefaultKeychain with a mutex of its own: that one holds its mutex while
// a helper runs, so a helper that hangs for one registry would hang all of them.
func dockerKeychain() authn.Keychain {
	fresh := reflect.New(reflect.ValueOf(authn.DefaultKeychain).Elem().Type())
	if keychain, ok := fresh.Interface().(authn.Keychain); ok {
		return keychain
	}
	return authn.DefaultKeychain
}

// resource is a registry as keychains look it up.
type resource string

func (r resource) String() string { return r.RegistryStr() }

// RegistryStr returns the name that Docker Hub's credentials have always been kept under.
func (r resource) RegistryStr() string {
	if r == image.DockerHub {
		return "index.docker.io"
	}
	return string(r)
}

func credentialOf(config *authn.AuthConfig) (credential, error) {
	if config == nil {
		return credential{}, nil
	}
	c := credential{
		username:      config.Username,
		password:      config.Password,
		identityToken: config.IdentityToken,
		registryToken: config.RegistryToken,
	}
	if c.username == "" && c.password == "" && config.Auth != "" {
		plain, err := base64.StdEncoding.DecodeString(config.Auth)
		username, password, found := strings.Cut(string(plain), ":")
		if err != nil || !found {
			return credential{}, &Error{Message: "the auth field of the credential is no base64 of user:password"}
		}
		c.username, c.password = username, password
	}
	return c, nil
}

// helperError drops what a helper printed, which may be the secret itself.
func helperError(err error) error {
	text, _, _ := strings.Cut(err.Error(), "out:")
	var s secrets
	text = strings.TrimRight(s.cleanText(text), " ,-")
	return errors.New(text)
}
