package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/hook"
)

// Each kind that the policy file takes is one that is read, and a secret holds as it stands at each request.
func TestDeclaredHooks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(secret string) {
		if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var policies strings.Builder
	policies.WriteString("apiVersion: image-updater/v1\nhooks:\n")
	for _, kind := range []string{"docker-hub", "github", "quay", "harbor", "distribution", "gitlab", "acr", "ecr", "artifactory", "gitea", "cloudevents", "json"} {
		policies.WriteString("  - {name: " + kind + ", kind: " + kind + ", secretFile: " + filepath.Join(dir, "secret") + "}\n")
	}
	policies.WriteString("  - {name: nexus, kind: nexus, secretEnv: SECRET, registry: nexus.acme.example}\n")
	policies.WriteString("  - {name: pubsub, kind: pubsub, audience: x, serviceAccount: a@b.example}\n")
	c, err := config.Load(fstest.MapFS{"policies.yaml": {Data: []byte(policies.String())}}, []string{"policies.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	a := &app{now: time.Now, env: func(string) (string, bool) { return "", false }}
	declared, err := a.declaredHooks(c)
	if err != nil || len(declared) != 14 {
		t.Fatalf("%d hooks, %v", len(declared), err)
	}
	handler := &hook.Handler{Pushed: func(images ...image.Repository) int { return len(images) }}
	handler.Declare(declared)
	push := func(target string) int {
		w := httptest.NewRecorder()
		body := `{"push_data":{"tag":"1"},"repository":{"repo_name":"acme/api"}}`
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, target, strings.NewReader(body)))
		return w.Code
	}
	for _, step := range []struct {
		name, secret, shown string
		want                int
	}{
		{"before there is one", "", "old", http.StatusServiceUnavailable},
		{"the first", "old", "old", http.StatusAccepted},
		{"rotated", "new", "old", http.StatusUnauthorized},
		{"the new one", "new", "new", http.StatusAccepted},
	} {
		if step.secret != "" {
			write(step.secret)
		}
		if got := push("/hooks/docker-hub?token=" + step.shown); got != step.want {
			t.Errorf("%s: %d, want %d", step.name, got, step.want)
		}
	}
}
