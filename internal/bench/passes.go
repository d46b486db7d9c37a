package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/internal/registrytest"
)

// serve serves a handler on loopback until stop is called.
func serve(handler http.Handler) (host string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends by Close
	}()
	return listener.Addr().String(), func() {
		server.Close()
		<-done
	}, nil
}

// passes runs the built binary again and again over the same policies and the same state.
type passes struct {
	bench
	dir  string
	stop func()
}

// watched is what the passes look at: repositoryCount deployments of an image each.
type watched struct {
	name   string
	host   string // of the images
	keys   string // of the registry in the policy file, beside host, auth and rate
	tag    string // as written first
	policy string // keys of each policy, beside name, image and paths
}

func newPasses(b bench, f watched) (passes, error) {
	dir := filepath.Join(b.scratch, f.name)
	files := gittest.Files{}
	var policies strings.Builder
	for i := range repositoryCount {
		image, folder := f.host+"/"+repositoryPath(i), fmt.Sprintf("apps/app-%03d", i)
		files[folder+"/deployment.yaml"] = manifest(fmt.Sprintf("app-%03d", i), image, f.tag)
		policy := strings.TrimSuffix(fmt.Sprintf("name: app-%03d, image: %q, paths: [\"%s/**\"], %s", i, image, folder, f.policy), ", ")
		fmt.Fprintf(&policies, "  - {%s}\n", policy)
	}
	if _, err := makeRepository(filepath.Join(dir, "fleet.git"), files); err != nil {
		return passes{}, err
	}
	gitHost, stop, err := serve(whole(gittest.New(dir)))
	if err != nil {
		return passes{}, err
	}
	text := "apiVersion: image-updater/v1\nregistries:\n  - host: \"" + f.host + "\"\n" + f.keys +
		"    auth: {usernameEnv: BENCH_USER, passwordEnv: BENCH_PASSWORD}\n" +
		"    rate: {perSecond: 1000, burst: 1000}\n" +
		"git:\n  - {name: fleet, url: \"http://" + gitHost + "/fleet.git\", branch: main, write: {group: git}}\n" +
		"defaults: {git: fleet}\npolicies:\n" + policies.String()
	err = os.WriteFile(filepath.Join(dir, "policies.yaml"), []byte(text), 0o644)
	return passes{bench: b, dir: dir, stop: stop}, err
}

// pass runs one pass in a new process, asking whatever the age of the lists, and returns what the registry was asked.
func (p passes) pass(ctx context.Context, registry *registrytest.Registry) (registrytest.Counts, error) {
	registry.Reset()
	_, _, err := command{
		dir: p.dir, env: []string{"BENCH_USER=" + account, "BENCH_PASSWORD=" + password},
		args: []string{p.binary, "run", "--fresh", "--state-dir", filepath.Join(p.dir, "state")},
	}.run(ctx)
	return registry.Counts(), err
}
