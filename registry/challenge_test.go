package registry

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseChallenge(t *testing.T) {
	t.Parallel()
	bearer := func(realm, service, scope string) challenge {
		return challenge{Scheme: schemeBearer, Realm: realm, Service: service, scope: scope}
	}
	for _, test := range []struct {
		name    string
		headers []string
		want    challenge
		none    bool
	}{
		{name: "docker hub", headers: []string{`Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull"`},
			want: bearer("https://auth.docker.io/token", "registry.docker.io", "repository:library/nginx:pull")},
		{name: "spaces and capitals", headers: []string{`BEARER  Realm = "https://r/token" , SERVICE=r`}, want: bearer("https://r/token", "r", "")},
		{name: "comma in a scope", headers: []string{`Bearer realm="https://r",scope="repository:a:pull,push"`}, want: bearer("https://r", "", "repository:a:pull,push")},
		{name: "escaped quote", headers: []string{`Bearer realm="https://r/\"x\""`}, want: bearer(`https://r/"x"`, "", "")},
		{name: "basic", headers: []string{`Basic realm="x"`}, want: challenge{Scheme: schemeBasic}},
		{name: "basic without realm", headers: []string{`Basic`}, want: challenge{Scheme: schemeBasic}},
		{name: "negotiate first", headers: []string{`Negotiate`, `Basic realm="x"`}, want: challenge{Scheme: schemeBasic}},
		{name: "negotiate with a value, in one header", headers: []string{`Negotiate YII==, Bearer realm="https://r"`}, want: bearer("https://r", "", "")},
		{name: "gitea", headers: []string{`Bearer realm="https://g/v2/token",service="container_registry",scope="*"`, `Basic realm="Gitea"`},
			want: bearer("https://g/v2/token", "container_registry", "*")},
		{name: "first parameter counts", headers: []string{`Bearer realm="https://a",realm="https://b"`}, want: bearer("https://a", "", "")},
		{name: "bearer without realm", headers: []string{`Bearer service="x"`, `Basic`}, want: challenge{Scheme: schemeBasic}},
		{name: "nothing", none: true},
		{name: "unknown", headers: []string{`Digest realm="x"`}, none: true},
		{name: "quote not closed", headers: []string{`Bearer realm="https://r`}, none: true},
		{name: "too long", headers: []string{`Bearer realm="https://r/` + strings.Repeat("x", maxChallenge) + `"`}, none: true},
	} {
		got, found := parseChallenge(http.Header{"Www-Authenticate": test.headers})
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(challenge{})); diff != "" || found == test.none {
			t.Errorf("%s: found %v (-want +got):\n%s", test.name, found, diff)
		}
	}
}

// TestMoreActions: nothing but reading is learned from a challenge.
func TestMoreActions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		scope, want string
	}{
		{"repository:a:metadata_read", "pull,metadata_read"},
		{"repository:a:pull", ""},
		{"repository:a:pull,push,delete", ""},
		{"repository:a:*", ""},
		{"repository:b:metadata_read", ""},
		{"registry:catalog:*", ""},
		{"", ""},
	} {
		got, more := challenge{}.moreActions("a", test.scope)
		if more != (test.want != "") || more && got != test.want {
			t.Errorf("moreActions(%q) = %q, %v, want %q", test.scope, got, more, test.want)
		}
	}
}

// FuzzChallenge: nothing panics, and what is read of a Bearer challenge is read again when it is written properly.
func FuzzChallenge(f *testing.F) {
	for _, seed := range []string{`Bearer realm="https://auth.docker.io/token",service="registry.docker.io"`, `Negotiate a==, Basic`, `Bearer realm=a/b`, `a="\`, `,,,`} {
		f.Add(seed)
	}
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	f.Fuzz(func(t *testing.T, header string) {
		c, found := parseChallenge(http.Header{"Www-Authenticate": {header}})
		if !found || c.Scheme != schemeBearer {
			return
		}
		written := fmt.Sprintf(`Bearer realm="%s",service="%s",scope="%s"`, quote.Replace(c.Realm), quote.Replace(c.Service), quote.Replace(c.scope))
		if again, _ := parseChallenge(http.Header{"Www-Authenticate": {written}}); again != c {
			t.Errorf("parseChallenge(%q) = %+v, and from %q it is %+v", header, c, written, again)
		}
	})
}
