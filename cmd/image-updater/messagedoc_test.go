package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/image-updater/image-updater/internal/gittest"
)

// What docs/git.md shows of a message is what the templates above it make.
func TestDocsShowTheMessage(t *testing.T) {
	t.Parallel()
	if err := gittest.Available(); err != nil {
		t.Skip(err)
	}
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "git.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(docs), "<!-- messages -->\n```yaml\n")
	policies, rest, closed := strings.Cut(rest, "```\n\n```\n")
	message, _, ended := strings.Cut(rest, "\n```\n")
	if !found || !closed || !ended {
		t.Fatal("the example is not there")
	}
	policies = strings.Replace(policies, "https://github.com/acme/fleet.git", "$GITURL/fleet.git", 1)
	dir := t.TempDir()
	script := `registry tags.txt
remote fleet fleet
expand policies.yaml
exec image-updater run
exec git --git-dir=$GITROOT/fleet.git log -1 --format=%B
cmp stdout want.txt

-- want.txt --
` + message + `

-- tags.txt --
library/nginx 1.25.3 1.27.4
acme/api 2.0.0 2.1.0
-- policies.yaml --
apiVersion: image-updater/v1
registries:
  - {host: docker.io, endpoint: "http://$REGISTRY"}
  - {host: ghcr.io, endpoint: "http://$REGISTRY"}
` + policies + `
defaults: {git: fleet}
policies:
  - {name: nginx, image: nginx}
  - {name: api, image: ghcr.io/acme/api}
-- fleet/apps/web.yaml --
apiVersion: v1
kind: Pod
spec: {containers: [{name: web, image: nginx:1.25.3}]}
-- fleet/apps/api.yaml --
apiVersion: v1
kind: Pod
spec: {containers: [{name: api, image: ghcr.io/acme/api:2.0.0}]}
`
	if err := os.WriteFile(filepath.Join(dir, "message.txtar"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: dir, Setup: setUp, RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"registry": startRegistry, "remote": makeRemote, "expand": expandFiles}})
}
