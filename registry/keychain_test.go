package registry

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// TestDockerConfiguration reads credentials where docker keeps them: in its file, and by helpers. The keychain is made
// anew for each registry from the type of authn.DefaultKeychain: this also tests that its zero value works.
func TestDockerConfiguration(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("config.json", `{
		"auths": {
			"https://index.docker.io/v1/": {"auth": "aHViOmh1YnNlY3JldA=="},
			"registry.acme.example:5000": {"auth": "YWNtZTphY21lc2VjcmV0"}
		},
		"credHelpers": {"helped.example": "test", "identity.example": "test", "broken.example": "broken", "gone.example": "gone"}
	}`, 0o600)
	write("docker-credential-test", "#!/bin/sh\nread host\n"+
		`case $host in identity*) user='<token>';; *) user=helper;; esac; echo "{\"Username\":\"$user\",\"Secret\":\"helpersecret\"}"`, 0o700)
	write("docker-credential-broken", "#!/bin/sh\n"+`echo '{"Username":"u","Secret":"hunter2"}'; exit 1`, 0o700)
	t.Setenv("HOME", dir)
	t.Setenv("DOCKER_CONFIG", dir)
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, test := range []struct {
		host string
		want credential
		err  string
	}{
		{host: "docker.io", want: credential{username: "hub", password: "hubsecret"}},
		{host: "registry.acme.example:5000", want: credential{username: "acme", password: "acmesecret"}},
		{host: "helped.example", want: credential{username: "helper", password: "helpersecret"}},
		{host: "identity.example", want: credential{identityToken: "helpersecret"}},
		{host: "unknown.example"},
		{host: "broken.example", err: "reading the credentials of broken.example: error getting credentials"},
		{host: "gone.example", err: "reading the credentials of gone.example: error getting credentials"},
	} {
		h, err := c.host(test.host)
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.keys.get(t.Context())
		if test.err != "" {
			if e := asError(t, err, test.err); strings.Contains(e.Error(), "hunter2") {
				t.Errorf("the error shows the secret: %v", e)
			}
			continue
		}
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(credential{})); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", test.host, err, diff)
		}
	}
}

// keychain is a keychain made of a function.
type keychain func(host string) (authn.Authenticator, error)

func (k keychain) Resolve(r authn.Resource) (authn.Authenticator, error) { return k(r.RegistryStr()) }

// TestHelperThatHangs costs its own registry ten seconds once, and the others nothing.
func TestHelperThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		r := registrytest.New(registrytest.Options{})
		r.Add("a", "1.0")
		c := newClient(t, Options{Transport: r.Transport(), Keychain: keychain(func(host string) (authn.Authenticator, error) {
			if host == "hangs.example" {
				<-release
			}
			return authn.Anonymous, nil
		})})
		for _, test := range []struct {
			host string
			took time.Duration
			err  string
		}{
			{"hangs.example", 10 * time.Second, "reading the credentials of hangs.example: no answer of the credential helper within 10s"},
			{"hangs.example", 0, "reading the credentials of hangs.example"},
			{"sound.example", 0, ""},
		} {
			began := time.Now()
			_, err := c.Tags(t.Context(), image.Repository{Host: test.host, Path: "a"}, 0)
			if took := time.Since(began); took != test.took {
				t.Errorf("%s: took %v, want %v", test.host, took, test.took)
			}
			if test.err != "" {
				asError(t, err, test.err)
			} else if err != nil {
				t.Error(err)
			}
		}
	})
}

// TestCredentialsAreReadAgain after an hour: a new password is used, and one that was refused has its chance again.
func TestCredentialsAreReadAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		password, asked, broken := "wrong", 0, false
		r := registrytest.New(registrytest.Options{Auth: registrytest.Auth{Scheme: registrytest.Bearer, Username: "robot", Password: "secret", Private: []string{"a"}}})
		r.Add("a", "1.0")
		c := newClient(t, Options{Transport: r.Transport(), Keychain: keychain(func(string) (authn.Authenticator, error) {
			asked++
			if broken {
				return nil, errors.New("the helper is gone")
			}
			return account(password), nil
		})})
		for range 10 {
			if _, err := c.Tags(t.Context(), repository("a"), 0); err == nil {
				t.Error("listed with a wrong password")
			}
		}
		if got := r.Counts().Token; got != maxRefusals || asked != 1 {
			t.Errorf("%d token requests, keychain asked %d times; want %d and 1", got, asked, maxRefusals)
		}
		password = "secret"
		<-time.After(keychainAge + time.Second)
		if _, err := c.Tags(t.Context(), repository("a"), 0); err != nil {
			t.Errorf("with the new password: %v", err)
		}
		broken = true
		<-time.After(keychainAge + time.Second)
		if _, err := c.Tags(t.Context(), repository("a"), 0); err != nil {
			t.Errorf("when it cannot be read again: %v", err)
		}
	})
}

// TestListsOfAccounts: what one account saw is not shown to another, nor to nobody.
func TestListsOfAccounts(t *testing.T) {
	t.Parallel()
	r := registrytest.New(registrytest.Options{})
	r.Add("a", "1.0")
	state := openCache(t, "")
	for _, test := range []struct {
		auth   authn.Authenticator
		cached bool
	}{
		{account("secret"), false},
		{account("changed"), true},
		{&authn.Basic{Username: "other", Password: "secret"}, false},
		{authn.Anonymous, false},
		{authn.Anonymous, true},
		{&authn.Bearer{Token: "token"}, false},
	} {
		o := withoutSockets(r, withAuth(test.auth))
		o.Cache = state
		list, err := newClient(t, o).Tags(t.Context(), repository("a"), time.Hour)
		if err != nil || list.Cached != test.cached {
			t.Errorf("%v: cached %v, %v; want %v", test.auth, list.Cached, err, test.cached)
		}
	}
}

// TestFlightGoesOn: who gives up takes nobody with him.
func TestFlightGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var f flights[int]
		leader, cancel := context.WithCancel(t.Context())
		runs := 0
		run := func(ctx context.Context) func() (int, error) {
			return func() (int, error) {
				runs++
				select {
				case <-time.After(time.Second):
					return runs, nil
				case <-ctx.Done():
					return 0, ctx.Err()
				}
			}
		}
		results := make(chan error, 3)
		go func() {
			_, err := f.do(leader, "k", run(leader))
			results <- err
		}()
		synctest.Wait()
		for range 2 {
			go func() {
				got, err := f.do(t.Context(), "k", run(t.Context()))
				if got != 2 {
					err = errors.Join(err, errors.New("not the result of the second run"))
				}
				results <- err
			}()
		}
		synctest.Wait()
		cancel()
		if err := <-results; !errors.Is(err, context.Canceled) {
			t.Errorf("the one who gave up got %v", err)
		}
		for range 2 {
			if err := <-results; err != nil {
				t.Errorf("one who waited got %v", err)
			}
		}
		if runs != 2 {
			t.Errorf("%d runs, want 2", runs)
		}
	})
}
