package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/image-updater/image-updater/internal/gittest"
)

// The repository of the measurements: teams of 50 applications with 20 files each, and some history.
const (
	apps         = 50
	filesPerApp  = 20
	historyCount = 50
	wantedFile   = "teams/team-07/app-13/deployment.yaml"
	wantedPaths  = "teams/team-07/**/deployment.yaml"
)

// fleet gives the files of that repository, a thousand for each team.
func fleet(teams int) gittest.Files {
	files := make(gittest.Files, teams*apps*filesPerApp)
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

// makeRepository creates a bare repository at dir with the files and some history.
func makeRepository(dir string, files gittest.Files) (*gittest.Repository, error) {
	repository, err := gittest.Create(dir, files)
	if err != nil {
		return nil, err
	}
	for i := range historyCount {
		settings := gittest.Files{"settings/config.yaml": configMap("settings", 0, i)}
		if _, err := repository.Commit(gittest.Branch, fmt.Sprintf("Change %d", i), settings); err != nil {
			return nil, err
		}
	}
	_, err = repository.Git("repack", "-adq")
	return repository, err
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
