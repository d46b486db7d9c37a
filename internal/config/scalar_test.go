package config

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   string
		want time.Duration
		err  string
	}{
		{in: "0"},
		{in: "0s"},
		{in: "90s", want: 90 * time.Second},
		{in: "1h30m", want: 90 * time.Minute},
		{in: "1d", want: 24 * time.Hour},
		{in: "2w", want: 14 * 24 * time.Hour},
		{in: "1d12h", want: 36 * time.Hour},
		{in: "1w1d1h1m1s1ms", want: 8*24*time.Hour + time.Hour + time.Minute + time.Second + time.Millisecond},
		{in: "1.5d", want: 36 * time.Hour},
		{in: ".5h", want: 30 * time.Minute},
		{in: "1µs", want: time.Microsecond},
		{in: "-1h", err: "is negative"},
		{in: "-0", err: "is negative"},
		{in: "15", err: "has no unit"},
		{in: "1h15", err: "has no unit"},
		{in: "h", err: "is no duration"},
		{in: "1x", err: "is no duration"},
		{in: "1..5h", err: "is no duration"},
		{in: ".h", err: "is no duration"},
		{in: "1 h", err: "is no duration"},
		{in: "1h ", err: "is no duration"},
		{in: "1D", err: "is no duration"},
		{in: "1M", err: "is no duration"},
		{in: "20000w", err: "is too long"},
		{in: "100000d100000d", err: "is too long"},
		{in: "9223372036854775807ns1ns", err: "is too long"},
		{in: "99999999999999999999d", err: "is no duration"},
	} {
		got, err := parseDuration(test.in)
		switch {
		case test.err == "" && (err != nil || got != test.want):
			t.Errorf("parseDuration(%q) = %v, %v, want %v", test.in, got, err, test.want)
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
			t.Errorf("parseDuration(%q) = %v, %v, want an error with %q", test.in, got, err, test.err)
		}
	}
}

// What Go writes is read as Go reads it, and no duration that is read is negative.
func TestParseDurationAgreesWithGo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Min(0).Draw(t, "d"))
		if got, err := parseDuration(d.String()); err != nil || got != d {
			t.Fatalf("parseDuration(%q) = %v, %v", d, got, err)
		}
		s := rapid.StringMatching(`([0-9]{0,20}\.?[0-9]{0,3}(ns|us|ms|s|m|h|d|w|x|)){0,4}`).Draw(t, "s")
		if got, err := parseDuration(s); err == nil && got < 0 {
			t.Fatalf("parseDuration(%q) = %v", s, got)
		}
	})
}

func TestScalars(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		into scalar
		good []string
		bad  []string
	}{
		{new(name), []string{"a", "0-9", strings.Repeat("a", 63)}, []string{"", "A", "a_b", "a.b", strings.Repeat("a", 64), "a\n"}},
		{new(hostName), []string{"docker.io", "GHCR.io", "localhost", "r:5000", "[::1]:5000", "127.0.0.1"},
			[]string{"registry", "https://x.io", "x.io/a", "x.io:", "a b.io", "-x.io"}},
		{new(serverName), []string{"auth", "Auth.x.io:5000"}, []string{"https://x.io", "a b"}},
		{new(webURL), []string{"https://x", "http://127.0.0.1:5000/path", "https://[::1]/"},
			[]string{"x.io", "https:///x", "ftp://x", "https://u@x", "https://u:p@x", "https://x?a=b", "https://x#a", "https://X.io", "https://%zz"}},
		{new(gitURL), []string{"https://x/y", "git@x:y", "x:y", "/a/b", "../b", "ssh://git@x:22/y", "file:///x", "http://[::1]:3000/x", "http://x/y", "ssh+git://x/y",
			"//a/b", "./a@b/c", "/srv/a@b", "a/b@c", "git@x:y@z", "a:b/c"},
			[]string{"//u:p@x/y", "//t@x/y", "/u:p@x/y", "u:p@x/y", "t@x/y", "https//u:p@x/y", "//u:p/q@x/y", "https:/u:p@x/y", "https://u@x/y", "ssh://u:p@x/y", "u:p@x:y", "https://x/y?token=z", "gopher://x/y", "https://", "a\nb"}},
		{new(branchName), []string{"main", "release/1.x", "a@b", "é"},
			[]string{"refs/heads/a", "a b", "a..b", "-a", "/a", "a/", "a.lock", "a.lock/b", "a//b", "a/.b", "a:b", "a@{b", "a\x01b", "."}},
		{new(email), []string{"a@b", "a.b+c@d.example"}, []string{"a", "@b", "a@", "a b@c", "<a@b>"}},
		{new(authorName), []string{"a", "A. B, é"}, []string{"a <b>", "a\nb"}},
		{new(envName), []string{"A", "_a1"}, []string{"1A", "A-B", "A B", "$A", "ghp_abc", "AKIA123"}},
		{new(filePath), []string{"a", "/a/b", "../c d"}, []string{"~/a", "a\nb"}},
		{new(glob), []string{"a/**/*.yaml", "a"}, []string{"/a", "../a", "a/"}},
		{new(folder), []string{".image-updater/", "a/b"}, []string{"/a", "../a", "a/*"}},
		{new(keyExpression), []string{"$.a['b'][0][*]", `$.env[?(@.name=="X")].value`}, []string{"a", "$.a["}},
		{new(percent), []string{"0%", "50%", "100%"}, []string{"50", "101%", "-1%", "1.5%", "%"}},
		{new(count), []string{"1", "9007199254740992"}, []string{"0", "-1", "1.5", "9007199254740993", "x"}},
		{new(frequency), []string{"0.1", "5", "1000"}, []string{"0", "-1", "1001", ".nan", "NaN", "inf"}},
		{new(clock), []string{"00:00", "23:59", "24:00"}, []string{"8:00", "24:01", "12:60", "noon"}},
		{new(zone), []string{"UTC", "Europe/Paris"}, []string{"Local", "Mars/Olympus", "../etc/passwd"}},
		{new(oneGroup), []string{"a(b)c", "(?:a)(b)"}, []string{"a", "(a)(b)", "("}},
		{new(targetValue), []string{"{tag}", "v-{tag}@{digest}", `{"a": "{image}"}`}, []string{"{tagg}", "{TAG}"}},
		{new(platform), []string{"linux/amd64"}, []string{"linux"}},
		{new(tagName), []string{"latest"}, []string{"a b", "-a"}},
		{new(imageName), []string{"nginx", "ghcr.io/a/b"}, []string{"nginx:1", "Nginx", "nginx@sha256:00"}},
		{new(templateText), []string{"Update {{join .Images \", \"}}", "{{range .Changes}}{{.}}{{end}}"}, []string{"{{", "{{.Image.No}}", "{{html .Body}}"}},
	} {
		for _, s := range test.good {
			if err := test.into.parse(s); err != nil {
				t.Errorf("%T: %q: %v", test.into, s, err)
			}
		}
		for _, s := range test.bad {
			if err := test.into.parse(s); err == nil {
				t.Errorf("%T takes %q", test.into, s)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		word  string
		words []string
		want  string
	}{
		{"semvar", []string{"numeric", "semver"}, "semver"},
		{"pullrequest", []string{"commit", "pull-request"}, "pull-request"},
		{"Pull_Request", []string{"pull-request"}, "pull-request"},
		{"prerelase", []string{"prerelease"}, "prerelease"},
		{"mniAge", []string{"minAge"}, "minAge"},
		{"gti", []string{"git", "tag"}, "git"},
		{"xyz", []string{"git", "url"}, ""},
		{"", []string{"a"}, ""},
		{"b", []string{"a"}, ""},
		{"ab", []string{"abc", "abd"}, "abc"},
		{strings.Repeat("a", 65), []string{strings.Repeat("a", 64)}, ""},
	} {
		if got := nearest(test.word, test.words); got != test.want {
			t.Errorf("nearest(%q, %q) = %q, want %q", test.word, test.words, got, test.want)
		}
	}
}

func TestDistanceIsAMetricWithoutTheTriangle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.StringMatching(`[ab]{0,6}`).Draw(t, "a"), rapid.StringMatching(`[ab]{0,6}`).Draw(t, "b")
		d := distance(a, b)
		if d != distance(b, a) || (d == 0) != (a == b) || d > max(len(a), len(b)) {
			t.Fatalf("distance(%q, %q) = %d", a, b, d)
		}
	})
}
