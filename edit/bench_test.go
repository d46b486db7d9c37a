package edit_test

import (
	"bytes"
	"fmt"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

// manifests are 5,000 Deployments of 160 repositories, every hundredth of which runs nginx.
func manifests() []edit.File {
	files := make([]edit.File, 5000)
	for i := range files {
		ref := fmt.Sprintf("registry.acme.example/team-%d/service-%d:1.%d.0", i%40, i%160, i%97)
		if i%100 == 0 {
			ref = "nginx:1.25.3"
		}
		files[i] = edit.File{Path: fmt.Sprintf("apps/app-%d/deployment.yaml", i), Data: fmt.Appendf(nil, manifest, i, i, i, ref)}
	}
	return files
}

const manifest = `# Deployment of one service.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-%d
  labels: {app.kubernetes.io/name: app-%d, app.kubernetes.io/part-of: shop}
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: app-%d
  template:
    metadata:
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
    spec:
      serviceAccountName: default
      containers:
        - name: main # the one that matters
          image: %s
          imagePullPolicy: IfNotPresent
          ports: [{containerPort: 8080, name: http}]
          env:
            - name: LOG_LEVEL
              value: info
            - name: POD_NAME
              valueFrom: {fieldRef: {fieldPath: metadata.name}}
          resources:
            requests: {cpu: 100m, memory: 128Mi}
            limits: {memory: 256Mi}
          readinessProbe:
            httpGet: {path: /healthz, port: http}
`

// BenchmarkFind is one image in 5,000 manifests, 50 of which hold it; it must cost at most a tenth of
// BenchmarkYAMLRoundTrip.
func BenchmarkFind(b *testing.B) {
	benchmarkFind(b, manifests(), edit.Query{Images: []image.Repository{repository(b, "nginx")}}, 50)
}

// BenchmarkFindThousandImages seeks a thousand images, of which the files hold nginx alone.
func BenchmarkFindThousandImages(b *testing.B) {
	q := edit.Query{Images: []image.Repository{repository(b, "nginx")}, Markers: map[string]image.Repository{}}
	for i := range 1000 {
		r := repository(b, fmt.Sprintf("ghcr.io/acme/tool-%d", i))
		q.Images = append(q.Images, r)
		q.Markers[fmt.Sprintf("tool-%d", i)] = r
	}
	benchmarkFind(b, manifests(), q, 50)
}

// BenchmarkFindAll changes each of 5,000 manifests; it must cost at most 1.25 of BenchmarkYAMLRoundTrip.
func BenchmarkFindAll(b *testing.B) {
	files := manifests()
	for i := range files {
		files[i].Data = bytes.Replace(files[i].Data, []byte("image: registry.acme.example/"), []byte("image: nginx:1.25.3 # "), 1)
	}
	benchmarkFind(b, files, edit.Query{Images: []image.Repository{repository(b, "nginx")}}, len(files))
}

// benchmarkFind makes the changes that set nginx:1.27.4 would make in the files.
func benchmarkFind(b *testing.B, files []edit.File, q edit.Query, want int) {
	scanner := scannerOf(b, q)
	b.SetBytes(size(files))
	for b.Loop() {
		changed := 0
		for _, f := range files {
			found := scanner.Find(f)
			if len(found.Sites) > 0 {
				changed += len(edit.Apply(f, changesTo(found.Sites, "1.27.4")).Applied)
			}
		}
		if changed != want {
			b.Fatalf("changed %d, want %d", changed, want)
		}
	}
}

// BenchmarkYAMLRoundTrip is the baseline: yaml.v3 decodes and encodes all of the files.
func BenchmarkYAMLRoundTrip(b *testing.B) {
	files := manifests()
	b.SetBytes(size(files))
	for b.Loop() {
		for _, f := range files {
			var document yaml.Node
			if err := yaml.Unmarshal(f.Data, &document); err != nil {
				b.Fatal(err)
			}
			if _, err := yaml.Marshal(&document); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func size(files []edit.File) (n int64) {
	for _, f := range files {
		n += int64(len(f.Data))
	}
	return n
}
