package main

import (
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/internal/gittest"
)

// With Git by SSH the certificates of the policy file are those of the forge's API.
func TestForgeBesideSSH(t *testing.T) {
	t.Parallel()
	if err := gittest.Available(); err != nil {
		t.Skip(err)
	}
	fake, err := forgetest.New(t.TempDir(), forgetest.Gitea, gittest.Files{"a.yaml": "image: nginx:1.25\n"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(fake)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the handshake that fails is meant to
	server.StartTLS()
	defer server.Close()
	folder := t.TempDir()
	policies := strings.ReplaceAll(`apiVersion: image-updater/v1
git:
  - name: fleet
    url: git@127.0.0.1:acme/fleet.git
    caFile: ca.pem
    forge: {kind: gitea, url: "URL", tokenEnv: TOKEN}
    write: {mode: pull-request}
defaults: {git: fleet}
policies:
  - {name: nginx, image: nginx}
`, "URL", server.URL)
	for name, text := range map[string]string{
		"policies.yaml": policies,
		"ca.pem":        string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(os.DirFS(folder), []string{"policies.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	a := &app{stdout: io.Discard, stderr: io.Discard, now: time.Now, env: func(string) (string, bool) { return forgetest.Token, true }}
	for _, trusted := range []bool{true, false} {
		g := c.Git[0]
		g.Position.File = filepath.Join(folder, "policies.yaml")
		if !trusted {
			g.CAFile = ""
		}
		f, err := a.openForge(g, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Find(t.Context(), "image-updater/nginx")
		if trusted && err != nil || !trusted && (err == nil || !strings.Contains(err.Error(), "certificate")) {
			t.Errorf("trusted %v: %v", trusted, err)
		}
		f.CloseIdleConnections()
	}
}
