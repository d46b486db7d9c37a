package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

const (
	manifestCount = 5_000
	wantedImage   = "registry.acme.example/shop/checkout"
)

// manifest is a deployment with its service, as most repositories hold them.
func manifest(name, image, tag string) string {
	return fmt.Sprintf(`# %[1]s is owned by the shop team.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: %[1]s
  namespace: shop
  labels:
    app.kubernetes.io/name: %[1]s
    app.kubernetes.io/part-of: shop
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: %[1]s
  strategy:
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: %[1]s
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
    spec:
      serviceAccountName: %[1]s
      securityContext:
        runAsNonRoot: true
      containers:
        - name: %[1]s
          image: %[2]s:%[3]s # moved by the updater
          args: ["--listen=:8080", "--metrics=:9090"]
          ports:
            - {name: http, containerPort: 8080}
            - {name: metrics, containerPort: 9090}
          env:
            - name: LOG_LEVEL
              value: info
            - name: DATABASE_URL
              valueFrom:
                secretKeyRef:
                  name: %[1]s
                  key: database-url
          readinessProbe:
            httpGet: {path: /ready, port: http}
            periodSeconds: 5
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {memory: 256Mi}
---
apiVersion: v1
kind: Service
metadata:
  name: %[1]s
  namespace: shop
spec:
  selector:
    app.kubernetes.io/name: %[1]s
  ports:
    - name: http
      port: 80
      targetPort: http
`, name, image, tag)
}

// manifestContests are how many of the manifests hold the image, and which share of the baseline's CPU time the edits may
// take. When all change, all have to be parsed twice: to find the image, and to prove the edit.
var manifestContests = []struct {
	changed int
	share   float64
}{{50, 0.1}, {manifestCount, 1.25}}

// benchManifests edits manifests with `set --dir`, against a program that parses and prints all of them.
func benchManifests(ctx context.Context, b bench) ([]figure, error) {
	var figures []figure
	for _, c := range manifestContests {
		medians, err := manifestWork{bench: b, changed: c.changed}.contest(ctx)
		if err != nil {
			return nil, err
		}
		share := medians[0].CPU.Seconds() / medians[1].CPU.Seconds()
		figures = append(figures, figure{
			name:      fmt.Sprintf("set --dir, %d of %d manifests change", c.changed, manifestCount),
			ours:      fmt.Sprintf("%v, %.3f of yaml.v3's cpu", medians[0], share),
			baselines: []baseline{{"yaml.v3 on all of them", medians[1].String()}, {"only reading them", medians[2].String()}},
			promise:   fmt.Sprintf("at most %.2f of yaml.v3's cpu", c.share),
			broken:    share > c.share,
		})
	}
	return figures, nil
}

// manifestWork is two folders of manifests, one for each side, some of which hold the image.
type manifestWork struct {
	bench
	changed int
}

func (w manifestWork) contest(ctx context.Context) ([]usage, error) {
	ours, theirs := w.folder("manifests"), w.folder("manifests-yaml")
	for _, dir := range []string{ours, theirs} {
		if err := w.write(dir); err != nil {
			return nil, err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return contest(ctx, w.runs,
		func(ctx context.Context, run int) (usage, error) {
			wanted := fmt.Sprintf("%s:1.5.%d", wantedImage, run)
			u, _, err := command{args: []string{w.binary, "set", "--dir", ours, wanted}}.run(ctx)
			return u, errors.Join(err, w.expect(ours, wanted))
		},
		func(ctx context.Context, run int) (usage, error) {
			wanted := fmt.Sprintf("%s:1.5.%d", wantedImage, run)
			u, _, err := command{args: []string{self, yamlCommand, theirs, wanted}}.run(ctx)
			return u, errors.Join(err, w.expect(theirs, wanted))
		},
		func(ctx context.Context, _ int) (usage, error) {
			u, _, err := command{args: []string{self, readCommand, theirs}}.run(ctx)
			return u, err
		})
}

func (w manifestWork) folder(name string) string {
	return filepath.Join(w.scratch, fmt.Sprintf("%s-%d", name, w.changed))
}

// write writes them to a thousand folders, a handful in each, as applications with a few parts lie.
func (w manifestWork) write(dir string) error {
	for i := range manifestCount {
		name, image := fmt.Sprintf("app-%04d", i), fmt.Sprintf("registry.acme.example/shop/app-%04d", i)
		if i%(manifestCount/w.changed) == 0 {
			image = wantedImage
		}
		folder := filepath.Join(dir, fmt.Sprintf("team-%02d", i/100), fmt.Sprintf("system-%03d", i/5))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name+".yaml"), []byte(manifest(name, image, "1.4.2")), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// expect makes sure that a side has done the work it is measured for.
func (w manifestWork) expect(dir, wanted string) error {
	count := 0
	err := eachManifest(dir, func(path string, data []byte) error {
		count += strings.Count(string(data), wanted+" ")
		return nil
	})
	if err == nil && count != w.changed {
		err = fmt.Errorf("%s: %d references to %s, want %d", dir, count, wanted, w.changed)
	}
	return err
}

func eachManifest(dir string, visit func(path string, data []byte) error) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return visit(path, data)
	})
}

// readCommand as first argument makes this program the floor below everybody: readAll.
const readCommand = "read"

func readAll(dir string) error {
	return eachManifest(dir, func(string, []byte) error { return nil })
}

// yamlCommand as first argument makes this program the baseline: yamlAll.
const yamlCommand = "yaml"

// yamlAll parses and prints every manifest below dir, as tools do that know YAML as a tree, and puts new files in the place
// of those that name the image.
func yamlAll(dir, wanted string) error {
	name, _, _ := strings.Cut(wanted, ":")
	return eachManifest(dir, func(path string, data []byte) error {
		printed, changed, err := reprint(data, name, wanted)
		if err != nil || !changed {
			return err
		}
		if err := os.WriteFile(path+".tmp", printed, 0o644); err != nil {
			return err
		}
		return os.Rename(path+".tmp", path)
	})
}

func reprint(data []byte, name, wanted string) (printed []byte, changed bool, err error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			err = encoder.Close()
			return out.Bytes(), changed, err
		} else if err != nil {
			return nil, false, err
		}
		changed = setImage(&document, name, wanted) || changed
		if err := encoder.Encode(&document); err != nil {
			return nil, false, err
		}
	}
}

// setImage sets every scalar below node that is the image with some tag.
func setImage(node *yaml.Node, name, wanted string) (changed bool) {
	if node.Kind == yaml.ScalarNode && strings.HasPrefix(node.Value, name+":") {
		node.Value = wanted
		return true
	}
	for _, child := range node.Content {
		changed = setImage(child, name, wanted) || changed
	}
	return changed
}
