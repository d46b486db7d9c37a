package integration

import (
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
)

// A password that a real token server refuses is sent to it five times by all processes with one state together. The
// right one is taken at once.
func TestRefusedPasswordIsParked(t *testing.T) {
	t.Parallel()
	d := newDistribution(t)
	d.fill(t, "team/app", numbered(3))
	state := filepath.Join(t.TempDir(), "cache.db")
	d.take()
	sent := 0
	for range 4 {
		client, end := d.open(t, state, &authn.Basic{Username: username, Password: "wrong-horse"})
		for range 2 {
			if _, err := client.Tags(t.Context(), repository(t, "team/app"), 0); err == nil {
				t.Error("listed with a wrong password")
			}
		}
		end()
		sent += d.take()[token]
	}
	if sent != 5 {
		t.Errorf("the wrong password was sent %d times, want 5", sent)
	}
	client, end := d.open(t, state, scanner)
	defer end()
	if list, err := client.Tags(t.Context(), repository(t, "team/app"), 0); err != nil || len(list.Tags) != 3 {
		t.Errorf("with the right password: %d tags, %v", len(list.Tags), err)
	}
}
