package daemon

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestPlaceOf: what is written otherwise may be the same.
func TestPlaceOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		server, place string
		urls          []string
	}{
		{"git.acme.example", "git.acme.example/team/fleet", []string{
			"https://git.acme.example/team/fleet.git", "https://git.acme.example/team/fleet", "https://git.acme.example/team/fleet.git/",
			"https://robot@git.acme.example/team/fleet/", "https://Git.Acme.example:443/team/fleet", "ssh://git@git.acme.example/team/fleet.git",
			"ssh://git.acme.example:22/team/fleet.git", "git@git.acme.example:team/fleet.git", "git.acme.example:/team/fleet",
		}},
		{"git.acme.example:8443", "git.acme.example:8443/team/fleet", []string{"https://git.acme.example:8443/team/fleet.git"}},
		{"git.acme.example:22", "git.acme.example:22/team/fleet", []string{"https://git.acme.example:22/team/fleet.git"}},
		{"git.acme.example", "git.acme.example/team/Fleet", []string{"https://git.acme.example/team/Fleet.git"}},
		{"/srv/fleet.git", "/srv/fleet", []string{"/srv/fleet.git", "file:///srv/fleet.git"}},
		{"srv/a:b", "srv/a:b", []string{"srv/a:b"}},
	} {
		for _, url := range test.urls {
			if server, place := placeOf(url); server != test.server || place != test.place {
				t.Errorf("%s is %s at %s, want %s at %s", url, place, server, test.place, test.server)
			}
		}
	}
}

// TestOneRepositoryTwice: passes of two entries for one Git repository never run beside each other.
func TestOneRepositoryTwice(t *testing.T) {
	t.Parallel()
	text := strings.Replace(fleet(2, 1, 2, "10m"), "https://git.acme.example/fleet-1.git", "git@Git.acme.example:fleet-0", 1)
	w := newWorld(t, text)
	w.passing = 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		most := 0
		for i := range 300 {
			if i%60 == 0 {
				d.Scan(app("0"), app("1"))
			}
			after(time.Second)
			w.set(func() { most = max(most, w.running["fleet-0"]+w.running["fleet-1"]) })
		}
		if passes := len(w.only()); most != 1 || passes < 4 {
			t.Errorf("%d of %d passes at the same time, want one", most, passes)
		}
	})
}
