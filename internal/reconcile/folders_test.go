package reconcile

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/config"
)

// ownOf is a Git repository whose own policy file holds policies of these names, or is broken.
func ownOf(git, text string) *own {
	file := []byte("apiVersion: image-updater/v1\npolicies: [" + text + "]\n")
	return &own{git: config.Git{Name: git}, folder: config.Folder{Git: git, Files: map[string][]byte{"a.yaml": file}}}
}

// What does not hold leaves the policies of before, and never stops another Git repository.
func TestFoldersJoin(t *testing.T) {
	t.Parallel()
	const central = "apiVersion: image-updater/v1\n" +
		"git: [{name: a, url: /a.git, policies: p}, {name: b, url: /b.git, policies: p}]\n" +
		"policies: [{name: central, image: nginx, git: a}]\n"
	c, err := config.Load(fstest.MapFS{"p.yaml": {Data: []byte(central)}}, []string{"p.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	const web, api, worker = "{name: web, image: nginx}", "{name: api, image: nginx}", "{name: worker, image: nginx}"
	unread := errors.New("the server does not answer")
	var folders Folders
	for _, pass := range []struct {
		name         string
		a, b         *own
		want         []string
		aErr, bErr   bool
		aNone, bNone bool
	}{
		{name: "one has never held", a: ownOf("a", "{"), b: ownOf("b", api), want: []string{"central", "api"}, aErr: true, aNone: true},
		{name: "both hold", a: ownOf("a", web), b: ownOf("b", api), want: []string{"central", "web", "api"}},
		{name: "one is broken", a: ownOf("a", "{"), b: ownOf("b", worker), want: []string{"central", "web", "worker"}, aErr: true},
		{name: "one cannot be read", a: &own{git: config.Git{Name: "a"}, err: unread}, b: ownOf("b", worker),
			want: []string{"central", "web", "worker"}, aErr: true},
		{name: "one takes a name of the other", a: ownOf("a", web), b: ownOf("b", web), want: []string{"central", "web", "worker"}, bErr: true},
		{name: "what was before has come to be taken", a: ownOf("a", worker), b: ownOf("b", worker),
			want: []string{"central", "worker"}, bErr: true, bNone: true},
		{name: "mended", a: ownOf("a", worker), b: ownOf("b", api), want: []string{"central", "worker", "api"}},
	} {
		joined := folders.join(c, []*own{pass.a, pass.b})
		var got []string
		for _, p := range joined.Policies {
			got = append(got, p.Name)
		}
		if diff := cmp.Diff(pass.want, got); diff != "" {
			t.Errorf("%s: policies (-want +got):\n%s", pass.name, diff)
		}
		for _, o := range []struct {
			own       *own
			err, none bool
		}{{pass.a, pass.aErr, pass.aNone}, {pass.b, pass.bErr, pass.bNone}} {
			if (o.own.err != nil) != o.err || o.own.none != o.none {
				t.Errorf("%s: %s: error %v, none %v", pass.name, o.own.git.Name, o.own.err, o.own.none)
			}
		}
	}
}

// A pass of one Git repository takes nothing back of what a pass of another has read while it was under way.
func TestFoldersJoinBeside(t *testing.T) {
	t.Parallel()
	const central = "apiVersion: image-updater/v1\n" +
		"git: [{name: a, url: /a.git, policies: p}, {name: b, url: /b.git, policies: p}]\n"
	c, err := config.Load(fstest.MapFS{"p.yaml": {Data: []byte(central)}}, []string{"p.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	const web, api, worker = "{name: web, image: nginx}", "{name: api, image: nginx}", "{name: worker, image: nginx}"
	for _, broken := range []bool{false, true} { // the one that is read
		var folders Folders
		folders.join(c, []*own{ownOf("a", web), ownOf("b", api)})
		before, _ := folders.before("b")
		aside := &own{git: config.Git{Name: "b"}, folder: before, aside: true}
		folders.join(c, []*own{ownOf("b", worker)})
		read := ownOf("a", web)
		if broken {
			read = ownOf("a", "{")
		}
		folders.join(c, []*own{read, aside})
		var got []string
		for _, p := range folders.Join(c).Policies {
			got = append(got, p.Name)
		}
		if diff := cmp.Diff([]string{"web", "worker"}, got); diff != "" {
			t.Errorf("broken %v: policies (-want +got):\n%s", broken, diff)
		}
	}
}
