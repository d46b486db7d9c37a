package integration

import (
	"path/filepath"
	"testing"

	"github.com/image-updater/image-updater/internal/gittest"
)

// The account of the Git server.
const (
	gitUsername = "robot"
	gitPassword = "a-token-for-git"
)

// fleet is a repository of manifests with its server.
type fleet struct {
	*gittest.Repository
	server *gittest.Server
	url    string // over HTTPS
}

// newFleet creates a repository with one commit of files, and serves it over HTTPS to who has the account.
func newFleet(t *testing.T, files gittest.Files) fleet {
	t.Helper()
	repository := newRepository(t, files)
	f := fleet{Repository: repository, server: gittest.New(filepath.Dir(repository.Dir))}
	f.server.Set(gittest.Faults{Username: gitUsername, Password: gitPassword})
	f.url = serveTLS(t, f.server) + "/" + filepath.Base(repository.Dir)
	return f
}

func newRepository(t *testing.T, files gittest.Files) *gittest.Repository {
	t.Helper()
	program(t, "git")
	repository, err := gittest.Create(filepath.Join(t.TempDir(), "fleet.git"), files)
	if err != nil {
		t.Fatal(err)
	}
	return repository
}

// file returns a file of the main branch.
func file(t *testing.T, r *gittest.Repository, path string) string {
	t.Helper()
	text, err := r.File(gittest.Branch, path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// deployment is a manifest with one image, written the way people write them.
func deployment(image string) string {
	return `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          image: ` + image + ` # kept
`
}
