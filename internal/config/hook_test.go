package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/config"
)

func TestHooks(t *testing.T) {
	t.Parallel()
	c := load(t, `apiVersion: image-updater/v1
hooks:
  - {name: hub, kind: docker-hub, secretEnv: HUB_SECRET}
  - {name: nexus, kind: nexus, secretFile: nexus-secret, registry: Nexus.acme.example:5000, perMinute: 60}
  - name: google
    kind: pubsub
    audience: https://updater.acme.example/hooks/google
    serviceAccount: push@acme.iam.gserviceaccount.com
`)
	at := func(line, column int) config.Position {
		return config.Position{File: "p.yaml", Line: line, Column: column}
	}
	want := []config.Hook{
		{Name: "hub", Kind: "docker-hub", SecretEnv: "HUB_SECRET", PerMinute: 600, Position: at(3, 6)},
		{Name: "nexus", Kind: "nexus", SecretFile: "nexus-secret", Registry: "nexus.acme.example:5000", PerMinute: 60, Position: at(4, 6)},
		{Name: "google", Kind: "pubsub", Audience: "https://updater.acme.example/hooks/google",
			ServiceAccount: "push@acme.iam.gserviceaccount.com", PerMinute: 600, Position: at(5, 5)},
	}
	if diff := cmp.Diff(want, c.Hooks); diff != "" {
		t.Errorf("hooks (-want +got):\n%s", diff)
	}
	wantSecrets := []config.Secret{
		{Owner: `hook "hub"`, Key: "secretEnv", Env: "HUB_SECRET", Position: at(3, 46)},
		{Owner: `hook "nexus"`, Key: "secretFile", File: "nexus-secret", Position: at(4, 44)},
	}
	if diff := cmp.Diff(wantSecrets, c.Secrets()); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
}
