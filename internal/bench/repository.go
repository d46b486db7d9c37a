package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cgi"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// The repository of the measurements: 20 teams of 50 applications with 20 files each, and some history.
const (
	teams        = 20
	apps         = 50
	filesPerApp  = 20
	historyCount = 50
	wantedFile   = "teams/team-07/app-13/deployment.yaml"
	wantedPaths  = "teams/team-07/**/deployment.yaml"
)

// fleet gives the files of that repository.
func fleet() map[string]string {
	files := make(map[string]string, teams*apps*filesPerApp)
	for team := range teams {
		for app := range apps {
			folder := fmt.Sprintf("teams/team-%02d/app-%02d/", team, app)
			name := fmt.Sprintf("team-%02d-app-%02d", team, app)
			image := "registry.acme.example/shop/" + name
			if folder+"deployment.yaml" == wantedFile {
				image = wantedImage
			}
			files[folder+"deployment.yaml"] = manifest(name, image, "1.4.2")
			for i := range filesPerApp - 1 {
				files[fmt.Sprintf("%sconfig-%02d.yaml", folder, i)] = configMap(name, i, 0)
			}
		}
	}
	return files
}

// makeRepository creates a bare repository at dir with the files and some history, by a stream for git fast-import.
func makeRepository(ctx context.Context, dir string, files map[string]string) error {
	var stream bytes.Buffer
	commit := func(message string) {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter Ann <ann@acme.example> 1767225600 +0000\ndata %d\n%s\n", len(message), message)
	}
	file := func(path, text string) {
		fmt.Fprintf(&stream, "M 100644 inline %s\ndata %d\n%s\n", path, len(text), text)
	}
	commit("all files")
	for _, path := range slices.Sorted(maps.Keys(files)) {
		file(path, files[path])
	}
	for i := range historyCount {
		commit(fmt.Sprintf("change %d", i))
		file("settings/config.yaml", configMap("settings", 0, i))
	}
	if err := git(ctx, "", nil, "init", "--quiet", "--bare", "--initial-branch=main", dir); err != nil {
		return err
	}
	// What forges allow: partial clones, and wanting an object by its id.
	for _, key := range []string{"uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant", "http.receivepack"} {
		if err := git(ctx, dir, nil, "config", key, "true"); err != nil {
			return err
		}
	}
	if err := git(ctx, dir, &stream, "fast-import", "--quiet"); err != nil {
		return err
	}
	return git(ctx, dir, nil, "repack", "-adq")
}

func configMap(name string, number, revision int) string {
	return fmt.Sprintf(`apiVersion: v1
kind: ConfigMap
metadata:
  name: %s-%02d
data:
  revision: "%d"
  settings.ini: |
    [server]
    listen = 0.0.0.0:8080
    workers = %d
    [cache]
    ttl = 300
`, name, number, revision, number+1)
}

// git runs one git command.
func git(ctx context.Context, dir string, stdin *bytes.Buffer, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	if stdin != nil {
		cmd.Stdin = stdin
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// serveGit serves the repositories below root by git's own http-backend on loopback until stop is called.
func serveGit(root string) (url string, stop func(), err error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return "", nil, err
	}
	root, err = filepath.Abs(root)
	if err != nil {
		return "", nil, err
	}
	host, stop, err := serve(whole(&cgi.Handler{
		Path: program, Args: []string{"http-backend"},
		Env: []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=bench"},
	}))
	return "http://" + host, stop, err
}

// whole gives requests of unknown length their length, for CGI knows no others, and git sends some.
func whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength < 0 {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<20))
			if err != nil {
				http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
				return
			}
			r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
		}
		next.ServeHTTP(w, r)
	})
}
