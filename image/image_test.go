package image_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/image"
)

func TestParseReference(t *testing.T) {
	t.Parallel()
	digest := "sha256:" + strings.Repeat("0a", 32)
	hub := func(path string) image.Repository { return image.Repository{Host: "docker.io", Path: path} }
	for _, test := range []struct {
		in   string
		want image.Reference
	}{
		{"nginx", image.Reference{Repository: hub("library/nginx"), Name: "nginx"}},
		{"library/nginx:1.27", image.Reference{Repository: hub("library/nginx"), Name: "library/nginx", Tag: "1.27"}},
		{"docker.io/nginx", image.Reference{Repository: hub("library/nginx"), Name: "docker.io/nginx"}},
		{"index.docker.io/acme/api", image.Reference{Repository: hub("acme/api"), Name: "index.docker.io/acme/api"}},
		{"registry-1.docker.io/library/nginx", image.Reference{Repository: hub("library/nginx"), Name: "registry-1.docker.io/library/nginx"}},
		{"localhost/x:1", image.Reference{Repository: image.Repository{Host: "localhost", Path: "x"}, Name: "localhost/x", Tag: "1"}},
		{"r.acme.example:5000/a/b__c:v1@" + digest, image.Reference{
			Repository: image.Repository{Host: "r.acme.example:5000", Path: "a/b__c"},
			Name:       "r.acme.example:5000/a/b__c", Tag: "v1", Digest: image.Digest(digest)}},
		{"r.acme.example:5000/a", image.Reference{Repository: image.Repository{Host: "r.acme.example:5000", Path: "a"}, Name: "r.acme.example:5000/a"}},
		{"[::1]:5000/a:1", image.Reference{Repository: image.Repository{Host: "[::1]:5000", Path: "a"}, Name: "[::1]:5000/a", Tag: "1"}},
		{"GHCR.io/acme/api:1", image.Reference{Repository: image.Repository{Host: "ghcr.io", Path: "acme/api"}, Name: "GHCR.io/acme/api", Tag: "1"}},
	} {
		got, err := image.ParseReference(test.in)
		if err != nil {
			t.Errorf("ParseReference(%q): %v", test.in, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("ParseReference(%q) (-want +got):\n%s", test.in, diff)
		}
		if got.String() != test.in {
			t.Errorf("ParseReference(%q) prints %q", test.in, got)
		}
	}
}

func TestParseReferenceErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, want string }{
		{"", "repository is empty"},
		{"Nginx:1", "upper-case letter"},
		{"nginx:", "tag is empty"},
		{"nginx:-1", `begins with "-"`},
		{"nginx:é", `illegal character 'é'`},
		{"nginx:" + strings.Repeat("x", 129), "longer than 128"},
		{"https://ghcr.io/a", "scheme"},
		{"a//b", "empty component"},
		{"x/a_.b", "illegal"},
		{"a___b", "illegal"},
		{"ghcr.io:port/a", "illegal port"},
		{"-x.io/a", "not a host name"},
		{"[::1/a", "closing bracket"},
		{"nginx@sha256:00", "64 lower-case hex digits"},
		{"nginx@md5:00", "unknown algorithm"},
		{"nginx@x", "lacks its algorithm"},
		{strings.Repeat("a/", 200) + "b", "longer than 255"},
	} {
		if _, err := image.ParseReference(test.in); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("ParseReference(%.40q) = %v, want an error with %q", test.in, err, test.want)
		}
	}
}

func TestParseRepositoryWantsNameAlone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, want string }{
		{"nginx:1.27", `has the tag "1.27"`},
		{"nginx@sha256:00", "has a digest"},
	} {
		if _, err := image.ParseRepository(test.in); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("ParseRepository(%q) = %v, want an error with %q", test.in, err, test.want)
		}
	}
}

func TestRepositorySpellings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ in, full, familiar, base string }{
		{"nginx", "docker.io/library/nginx", "nginx", "nginx"},
		{"acme/api", "docker.io/acme/api", "acme/api", "api"},
		{"ghcr.io/acme/api", "ghcr.io/acme/api", "ghcr.io/acme/api", "api"},
	} {
		r, err := image.ParseRepository(test.in)
		if err != nil {
			t.Fatal(err)
		}
		if r.String() != test.full || r.Familiar() != test.familiar || r.Base() != test.base {
			t.Errorf("%q: got %q, %q, %q", test.in, r.String(), r.Familiar(), r.Base())
		}
	}
}

func TestIsArtifactTag(t *testing.T) {
	t.Parallel()
	hex := strings.Repeat("0f", 32)
	for tag, want := range map[string]bool{
		"sha256-" + hex: true, "sha256-" + hex + ".sig": true, "sha256-" + hex + ".sbom": true,
		"sha256-" + hex + "0": false, "sha256-0f": false, "1.27": false,
	} {
		if got := image.IsArtifactTag(tag); got != want {
			t.Errorf("IsArtifactTag(%q) = %v", tag, got)
		}
	}
}

func TestPlatform(t *testing.T) {
	t.Parallel()
	parse := func(s string) image.Platform {
		p, err := image.ParsePlatform(s)
		if err != nil {
			t.Fatal(err)
		}
		if p.String() != s {
			t.Errorf("ParsePlatform(%q) prints %q", s, p)
		}
		return p
	}
	for _, test := range []struct {
		have, want string
		offers     bool
	}{
		{"linux/amd64", "linux/amd64", true},
		{"linux/arm64", "linux/arm64/v8", true},
		{"linux/arm/v7", "linux/arm", true},
		{"linux/arm/v6", "linux/arm/v7", false},
		{"windows/amd64", "linux/amd64", false},
	} {
		if got := parse(test.have).Offers(parse(test.want)); got != test.offers {
			t.Errorf("%s offers %s = %v", test.have, test.want, got)
		}
	}
	for _, in := range []string{"", "linux", "linux/", "a/b/c/d", "linux/AMD64"} {
		if _, err := image.ParsePlatform(in); err == nil {
			t.Errorf("ParsePlatform(%q) is no error", in)
		}
	}
}

func TestCheckTagAgreesWithIsTag(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9._-]{0,140}`)).Draw(t, "s")
		if (image.CheckTag(s) == nil) != image.IsTag(s) {
			t.Fatalf("CheckTag(%q) = %v, IsTag = %v", s, image.CheckTag(s), image.IsTag(s))
		}
	})
}

// What parses prints itself, and its repository is found again from its full name.
func FuzzReference(f *testing.F) {
	for _, seed := range []string{"nginx", "a.b:1/c:d@sha256:" + strings.Repeat("0", 64), "[::1]:5000/a", "localhost:1/x", "a__b/c--d:V_1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := image.ParseReference(s)
		if err != nil {
			return
		}
		if ref.String() != s {
			t.Fatalf("%q prints %q", s, ref)
		}
		again, err := image.ParseRepository(ref.Repository.String())
		if err != nil || again != ref.Repository {
			t.Fatalf("%q: repository %v read again is %v, %v", s, ref.Repository, again, err)
		}
	})
}

func TestFacts(t *testing.T) {
	t.Parallel()
	both := image.DigestFact | image.PlatformsFact
	if !both.Has(image.DigestFact) || both.Has(image.DigestFact|image.PushedFact) {
		t.Errorf("%v: Has does not ask for all of the set", both)
	}
	if got, want := both.String(), "digest, platforms"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if got := image.Facts(0).String(); got != "" {
		t.Errorf("String() of none = %q", got)
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost:5000": true, "127.0.0.1": true, "127.9.8.7:80": true, "::1": true, "[::1]": true, "[::1]:5000": true,
		"::ffff:127.0.0.1": true, "[::ffff:127.0.0.1]:80": true,
		"": false, "0.0.0.0": false, "::": false, "[::]:8080": false, "a.localhost": false, "localhost.acme.example": false, "10.0.0.1:5000": false,
		"127.0.0.1.acme.example": false,
	} {
		if got := image.Loopback(host); got != want {
			t.Errorf("Loopback(%q) = %v", host, got)
		}
	}
}
