package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"gopkg.in/yaml.v3"
)

// The jobs of docs/pipelines.md do what they are there for: each of their steps that calls set or run is run, with the policy
// file that stands last before it, on a repository of its own. What installs the program is left out.
func TestPipelinesDocsWork(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "pipelines.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	scripts := pipelineScripts(t, string(docs))
	if len(scripts) != 3 {
		t.Fatalf("found %d jobs", len(scripts))
	}
	for i, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("job_%d.txtar", i)), []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, scriptParams(dir))
}

// pipelineScripts returns a script for each step that calls the program.
func pipelineScripts(t *testing.T, docs string) []string {
	const policyMark = "<!-- .image-updater/fleet.yaml -->"
	url := regexp.MustCompile(`url: \S+`)
	var scripts []string
	policies := ""
	blocks := strings.Split("\n"+docs, "\n```")
	for i := 1; i < len(blocks); i += 2 { // those between the fences
		text, isYAML := strings.CutPrefix(blocks[i], "yaml\n")
		switch {
		case !isYAML:
		case strings.HasSuffix(strings.TrimSpace(blocks[i-1]), policyMark):
			policies = url.ReplaceAllString(text, "url: $$GITURL/fleet.git")
		default:
			var job any
			if err := yaml.Unmarshal([]byte(text), &job); err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			for _, step := range stepsOf(job) {
				scripts = append(scripts, pipelineScript(step, policies))
			}
		}
	}
	return scripts
}

// stepsOf returns the texts in a job that call the program.
func stepsOf(job any) []string {
	var steps []string
	switch job := job.(type) {
	case string:
		if strings.HasPrefix(job, "image-updater set ") || job == "image-updater run" {
			steps = append(steps, job)
		}
	case []any:
		for _, part := range job {
			steps = append(steps, stepsOf(part)...)
		}
	case map[string]any:
		for _, part := range job {
			steps = append(steps, stepsOf(part)...)
		}
	}
	return steps
}

func pipelineScript(step, policies string) string {
	return `[!git] skip 'the git program is not installed'
registry tags.txt
remote fleet fleet
expand .image-updater/fleet.yaml .image-updater/registry.yaml
env FLEET_TOKEN=secret GITHUB_REF_NAME=v2 GITHUB_SERVER_URL=https://github.com GITHUB_REPOSITORY=acme/api GITHUB_RUN_ID=7
env CI_REGISTRY_IMAGE=ghcr.io/acme/api CI_COMMIT_SHORT_SHA=v2 CI_PROJECT_PATH=acme/api
exec sh -e step.sh
! stderr .
pushes 1
exec git --git-dir=$GITROOT/fleet.git show main:api.yaml
stdout '^  - image: ghcr\.io/acme/api:v2$'
exec git --git-dir=$GITROOT/fleet.git log -1 '--format=%an: %B'
stdout '^acme-bot: (Release api v2|Deploy acme/api v2|Update ghcr\.io/acme/api to v2)$'
! stdout '^ '

-- tags.txt --
acme/api v1 v2
-- .image-updater/registry.yaml --
apiVersion: image-updater/v1
registries:
  - {host: ghcr.io, endpoint: "http://$REGISTRY"}
-- .image-updater/fleet.yaml --
` + policies + `
-- step.sh --
` + step + `
-- fleet/api.yaml --
apiVersion: v1
kind: Pod
spec:
  containers:
  - image: ghcr.io/acme/api:v1
    name: api
`
}
