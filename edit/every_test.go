package edit_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
)

// Who looks for every image is told of each place where one belongs: it is a reference, refused, or left out with a note.
// What names no image is passed over.
func TestNothingIsSilentlyGone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, path, chart, data string
		sites, refused, notes   []string
	}{{
		name: "kubernetes", path: "a.yaml",
		data: "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - image: nginx:1.25.3\n    - image: ${IMAGE}\n    - image: ${REGISTRY}/api:1\n" +
			"    - image: api:${TAG}\n    - image: Nginx\n    - image: \"\"\n    - {}\n  volumes:\n    - image: {reference: acme/model:2}\n    - image: {reference: $(MODEL)}\n",
		sites: []string{"5 kubernetes nginx:1.25.3", "13 kubernetes acme/model:2"},
		refused: []string{`a.yaml:7: holds the variable or template "${REGISTRY}"`,
			`a.yaml:8: holds the variable or template "${TAG}"`},
		notes: []string{`a.yaml:6: holds the variable or template "${IMAGE}"`,
			`a.yaml:9: reference "Nginx": repository "Nginx": path component "Nginx" has an upper-case letter`,
			`a.yaml:14: holds the variable or template "$(MODEL)"`},
	}, {
		name: "kustomize", path: "kustomization.yaml",
		data:  "images:\n  - {name: nginx, newTag: 1.25.3}\n  - {name: web, newName: '${NAME}', newTag: '1'}\n  - {name: '{{ .x }}'}\n",
		sites: []string{"2 kustomize nginx:1.25.3"},
		notes: []string{`kustomization.yaml:3: holds the variable or template "${NAME}"`, `kustomization.yaml:4: holds the variable or template "{{ .x }}"`},
	}, {
		name: "helm", path: "values.yaml",
		data: "image: {repository: nginx, tag: 1.25.3}\nb: {image: '{{ .Values.x }}'}\nc: {repository: '${NAME}', tag: '1'}\nd: {image: true}\n" +
			"e: {backgroundImage: /a/b.PNG}\nf: {image: {repository: '', tag: ''}}\ng: {repository: 'https://charts.example', tag: x}\n",
		sites: []string{"1 helm nginx:1.25.3"},
		notes: []string{`values.yaml:2: holds the variable or template "{{ .Values.x }}"`, `values.yaml:3: holds the variable or template "${NAME}"`},
	}, {
		name: "helm template", path: "web/templates/pod.yaml", chart: "web",
		data:  "spec:\n  containers:\n    - image: {{ .Values.image }}\n",
		notes: []string{"web/templates/pod.yaml: is a template of a Helm chart"},
	}, {
		name: "helmrelease", path: "a.yaml",
		data:  "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  values:\n    image: {repository: nginx, tag: 1.25.3}\n    web: {image: '${IMAGE}'}\n",
		sites: []string{"5 helmrelease nginx:1.25.3"},
		notes: []string{`a.yaml:6: holds the variable or template "${IMAGE}"`},
	}, {
		name: "argocd", path: "a.yaml",
		data: "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    kustomize:\n      images: ['nginx:1.25.3', 'web=${IMAGE}']\n    helm:\n" +
			"      parameters:\n        - {name: image.repository, value: nginx}\n        - {name: image.tag, value: 1.25.3}\n        - {name: web.image, value: $X}\n" +
			"      values: |\n        image: nginx:1.25.3\n",
		sites: []string{"6 argocd nginx:1.25.3", "10 argocd nginx:1.25.3"},
		notes: []string{`a.yaml:6: holds the variable or template "${IMAGE}"`, `a.yaml:11: holds the variable or template "$X"`,
			"a.yaml:12: is in a text of Helm values"},
	}, {
		name: "argocd text without images", path: ".argocd-source-web.yaml",
		data: "helm:\n  values: |\n    replicas: 1\nkustomize: {images: []}\n",
	}, {
		name: "argocd source", path: ".argocd-source-web.yaml",
		data:  "helm:\n  parameters:\n    - {name: image.name, value: nginx}\n    - {name: image.tag, value: 1.25.3}\nkustomize:\n  images: ['nginx:1.25.3']\n",
		sites: []string{"4 argocd nginx:1.25.3", "6 argocd nginx:1.25.3"},
	}, {
		name: "compose", path: "compose.yaml",
		data:    "services:\n  a: {image: 'nginx:1.25.3'}\n  b: {image: '${IMAGE}'}\n  c: {image: 'web:${TAG:-1}'}\n  d: {image: acme/web, build: .}\n  e: {build: .}\n",
		sites:   []string{"2 compose nginx:1.25.3"},
		refused: []string{`compose.yaml:4: holds the variable or template "${TAG:-1}"`},
		notes:   []string{`compose.yaml:3: holds the variable or template "${IMAGE}"`, "compose.yaml:5: is the name of what the service builds"},
	}, {
		name: "dockerfile", path: "Dockerfile",
		data: "ARG BASE=nginx:1.25.3\nARG NONE\nARG ODD=Nginx\nARG EMPTY=\nFROM $BASE AS build\nFROM $NONE\nFROM ${ODD}\nFROM $EMPTY\nFROM $MISSING\nFROM ${BASE:-x}\n" +
			"FROM redis:7\nCOPY --from=build /a /b\nCOPY --from=$OTHER /a /b\nFROM scratch\nFROM redis:$TAG\n",
		sites:   []string{"1 dockerfile nginx:1.25.3", "11 dockerfile redis:7"},
		refused: []string{`Dockerfile:10: holds the variable or template "${BASE:-x}"`, `Dockerfile:15: holds the variable or template "$TAG"`},
		notes: []string{`Dockerfile:3: reference "Nginx": repository "Nginx": path component "Nginx" has an upper-case letter`,
			`Dockerfile:6: holds the variable or template "$NONE"`, `Dockerfile:8: holds the variable or template "$EMPTY"`,
			`Dockerfile:9: holds the variable or template "$MISSING"`,
			`Dockerfile:13: holds the variable or template "$OTHER"`},
	}, {
		name: "github actions", path: ".github/workflows/ci.yaml",
		data: "jobs:\n  a:\n    container: node:22\n    services: {db: {image: 'postgres:16'}}\n    steps:\n      - uses: docker://redis:7\n      - uses: actions/checkout@v4\n" +
			"  b:\n    container: ${{ matrix.image }}\n    steps: [{uses: 'docker://${{ x }}'}]\n",
		sites: []string{"3 github-actions node:22", "4 github-actions postgres:16", "6 github-actions redis:7"},
		notes: []string{`.github/workflows/ci.yaml:9: holds the variable or template "${{ matrix.image }}"`,
			`.github/workflows/ci.yaml:10: holds the variable or template "${{ x }}"`},
	}, {
		name: "gitlab ci", path: ".gitlab-ci.yml",
		data:  "image: node:22\ntest:\n  image: $CI_IMAGE\n  services: ['docker:27-dind', {name: 'postgres:16'}, {name: $DB}]\n",
		sites: []string{"1 gitlab-ci node:22", "4 gitlab-ci docker:27-dind", "4 gitlab-ci postgres:16"},
		notes: []string{`.gitlab-ci.yml:3: holds the variable or template "$CI_IMAGE"`, `.gitlab-ci.yml:4: holds the variable or template "$DB"`},
	}, {
		name: "an image where none is looked for", path: "a.yaml",
		data: "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  steps:\n    - image: golang:1.25\n    - image: ${IMAGE}\n    - image: ubuntu-2404\n" +
			"    - {image: [nginx:1], images: nginx:1, other: nginx:1, image: {x: nginx:1}}\n  image: &a nginx:1.25.3\n  x: {image: *a}\n" +
			"  containers: [{image: 'nginx:1.25.3'}]\n---\nsteps: {build: {image: 'acme/ci:2'}}\n",
		sites: []string{"11 kubernetes nginx:1.25.3"},
		notes: []string{"a.yaml:5: is an image where none is looked for", "a.yaml:9: is an image where none is looked for",
			"a.yaml:13: is an image where none is looked for"},
	}, {
		name: "in JSON without a manifest", path: "a.json",
		data:  `{"image": "nginx:1.25.3"}`,
		notes: []string{"a.json:1: is an image where none is looked for"},
	}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := edit.File{Path: test.path, Chart: test.chart, Data: []byte(test.data)}
			found := scannerOf(t, edit.Query{}).Find(file)
			var sites []string
			for _, s := range found.Sites {
				sites = append(sites, fmt.Sprintf("%d %s %s:%s", s.Line, s.Format, s.Image.Familiar(), s.Tag))
			}
			if diff := cmp.Diff(test.sites, sites); diff != "" {
				t.Errorf("sites (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.refused, texts(found.Refused)); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.notes, texts(found.Notes)); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			// To who looks for one image nobody can say that such a place is about it.
			for _, n := range seeking(t, "nginx").Find(file).Notes {
				if n.Image.Path == "" {
					t.Errorf("noted for nginx: %v", n)
				}
			}
		})
	}
}

// Who looks for every image and has policies for some finds of those just what who looks for them alone finds, in every
// golden case: also where a name can be read in several ways, or begins with a variable.
func TestEveryImageAndOneAgree(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../testdata/edit/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			c := readCase(t, folder)
			in, _ := readPair(t, folder)
			file := edit.File{Path: c.Path, Chart: c.Chart, Data: in}
			q := c.query(t)
			if q.Markers == nil {
				q.Markers = map[string]image.Repository{}
			}
			of := map[image.Repository]bool{}
			for i, sought := range q.Images {
				q.Markers[fmt.Sprintf("policy-%d", i)] = sought
				of[sought] = true
			}
			one := scannerOf(t, q).Find(file)
			q.Images = nil
			every := scannerOf(t, q).Find(file)
			every.Sites = slices.DeleteFunc(every.Sites, func(s edit.Site) bool { return len(of) > 0 && !of[s.Image] })
			if diff := cmp.Diff(one.Sites, every.Sites, ignorePlace); diff != "" {
				t.Errorf("sites (-one +every):\n%s", diff)
			}
			for _, r := range one.Refused {
				if !slices.Contains(every.Refused, r) && !slices.ContainsFunc(every.Notes, func(n edit.Refusal) bool { return n.Reason == r.Reason }) {
					t.Errorf("%v (%v) is not refused when every image is looked for", r, r.Image)
				}
			}
		})
	}
}

// A marker or target leads to an image where none is looked for: then it is one.
func TestNamedWhereNoneIsLookedFor(t *testing.T) {
	t.Parallel()
	nginx := repository(t, "nginx")
	s := scannerOf(t, edit.Query{Markers: map[string]image.Repository{"web": nginx},
		Targets: []edit.Target{{Policy: "web", Image: nginx, File: "*", Key: "$.b.image", Value: "{image}:{tag}"},
			{Policy: "web", Image: nginx, File: "*", Regexp: "d: {image: nginx:([0-9.]+)"}}})
	found := s.Find(edit.File{Path: "a.yaml", Data: []byte("a: {image: 'nginx:1'} # image-updater: web\nb: {image: 'nginx:1'}\nc: {image: 'nginx:1'} # image-updater: wbe\nd: {image: nginx:1.2}\n")})
	if len(found.Sites) != 3 || len(found.Notes) != 0 || len(found.Refused) != 1 {
		t.Errorf("found %+v", found)
	}
}
