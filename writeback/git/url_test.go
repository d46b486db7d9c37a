package git

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	tests := []struct {
		raw  string
		want address
		err  string
	}{
		{raw: "https://github.com/acme/fleet.git", want: address{
			scheme: "https", host: "github.com", path: "/acme/fleet.git", shown: "https://github.com/acme/fleet.git"}},
		{raw: "https://bot@git.example:8443/fleet", want: address{
			scheme: "https", user: "bot", host: "git.example:8443", path: "/fleet", shown: "https://git.example:8443/fleet"}},
		{raw: "ssh://git@git.example:2222/~me/fleet.git", want: address{
			scheme: "ssh", user: "git", host: "git.example:2222", path: "~me/fleet.git", shown: "ssh://git.example:2222/~me/fleet.git"}},
		{raw: "git@github.com:acme/fleet.git", want: address{
			scheme: "ssh", user: "git", host: "github.com", path: "acme/fleet.git", shown: "github.com:acme/fleet.git"}},
		{raw: "git@[::1]:acme/fleet.git", want: address{
			scheme: "ssh", user: "git", host: "[::1]", path: "acme/fleet.git", shown: "[::1]:acme/fleet.git"}},
		{raw: "file:///srv/fleet.git", want: address{scheme: "file", path: "/srv/fleet.git", shown: "/srv/fleet.git"}},
		{raw: "/srv/fleet.git", want: address{scheme: "file", path: "/srv/fleet.git", shown: "/srv/fleet.git"}},
		{raw: "/srv/a:b", want: address{scheme: "file", path: "/srv/a:b", shown: "/srv/a:b"}},
		{raw: "", err: "no URL"},
		{raw: "ftp://host/x", err: `URL "ftp://host/x": ftp is not among https, ssh and file`},
		{raw: "https:///x", err: `URL "https:///x" has no host`},
		{raw: "https://me:s3cret@host/x", err: `URL "https://me:xxxxx@host/x" holds a password: name it in auth instead`},
		{raw: "https://me:s3cret@host:port/x", err: "the URL cannot be read"},
		{raw: "https://host/x?token=s3cret", err: `URL "https://host/x" has a query or a fragment`},
	}
	for _, test := range tests {
		t.Run(test.raw, func(t *testing.T) {
			t.Parallel()
			got, err := parseAddress(test.raw)
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Fatalf("error %v, want %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(address{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST:80": true, "127.0.0.1:3000": true, "127.9.9.9": true, "[::1]:80": true, "[::1]": true,
		"localhost.example": false, "10.0.0.1": false, "git.example": false, "127.0.0.1.example": false, "": false,
	} {
		if got := loopback(host); got != want {
			t.Errorf("loopback(%q) = %v", host, got)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	clean := newCleaner("s3cret", "")
	tests := []struct{ name, in, want string }{
		{name: "lines", in: "GH006: protected\r\n\n  ask \tme\n", want: "GH006: protected; ask  me"},
		{name: "secret", in: "token s3cret is old", want: "token [redacted] is old"},
		{name: "control", in: "\x1b[31mred\x07 \u202eevil", want: `\x1b[31mred\a \u202eevil`},
		{name: "unicode", in: "déjà vu 日本", want: "déjà vu 日本"},
		{name: "long", in: strings.Repeat("é", maxWords), want: strings.Repeat("é", maxWords/2) + "..."},
		{name: "secret across the cut", in: strings.Repeat("x", maxWords-3) + "s3cret", want: strings.Repeat("x", maxWords-3) + "[re..."},
		{name: "nothing", in: "", want: ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := clean.words(test.in); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
