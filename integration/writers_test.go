package integration

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/image-updater/image-updater/internal/gittest"
)

// Fifty pipelines that set fifty images in one repository at the same time: all get in, none is lost, and no commit
// undoes another.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	const writers = 50
	files := gittest.Files{}
	var policies strings.Builder
	for i := range writers {
		files[fmt.Sprintf("apps/app-%02d.yaml", i)] = deployment(fmt.Sprintf("registry.test/team/app-%02d:1.0.0", i))
		fmt.Fprintf(&policies, "  - {name: app-%02d, image: registry.test/team/app-%02d}\n", i, i)
	}
	fleet := newFleet(t, files)
	w := newWorkplace(t, fmt.Sprintf(`apiVersion: image-updater/v1
git:
  - {name: fleet, url: "%s", branch: main, auth: {username: robot, tokenEnv: GIT_TOKEN}}
defaults: {git: fleet}
policies:
%s`, fleet.url, policies.String()),
		"GIT_TOKEN="+gitPassword, "SSL_CERT_FILE="+write(t, "authority.pem", mustLoopback(t).pem.authority))
	binary(t) // built before the race begins

	results := make([]result, writers)
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() {
			results[i] = w.run(t, "set", "--git", "fleet", fmt.Sprintf("registry.test/team/app-%02d:1.1.%d", i, i))
		})
	}
	running.Wait()

	for i, r := range results {
		if r.code != 0 {
			t.Errorf("writer %d: exit %d\n%s", i, r.code, r.stderr)
		}
		path := fmt.Sprintf("apps/app-%02d.yaml", i)
		want := deployment(fmt.Sprintf("registry.test/team/app-%02d:1.1.%d", i, i))
		if got := file(t, fleet.Repository, path); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
		}
	}
	if got := len(fleet.log(t)); got != writers+1 {
		t.Errorf("got %d commits, want %d", got, writers+1)
	}
	if err := fleet.Fsck(); err != nil {
		t.Error(err)
	}
	adverts, pushes := fleet.server.Count(gittest.ReceivePack)
	t.Logf("%d pushes after %d advertisements for %d writers", pushes, adverts, writers)
}
