package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/image-updater/image-updater/internal/gittest"
)

// plumbing is the least that the git command line can do for a change of one line in a file whose path is known: no
// checkout, no status, one blob.
const plumbing = `set -e
rm -rf work
git clone -q --filter=blob:none --no-checkout "$URL" work
cd work
git read-tree HEAD
blob="$(git show "HEAD:$FILE" | sed "s|$IMAGE:[^ ]*|$IMAGE:$TAG|" | git hash-object -w --stdin)"
git update-index --cacheinfo "100644,$blob,$FILE"
git push -q origin "$(git commit-tree -p HEAD -m "Update $IMAGE to $TAG" "$(git write-tree --missing-ok)"):refs/heads/main"
`

// porcelain is how a person scripts it, still without a checkout of anything else.
const porcelain = `set -e
rm -rf work
git clone -q --filter=blob:none --no-checkout "$URL" work
cd work
git sparse-checkout set --no-cone "/$FILE"
git checkout -q main
sed -i "s|$IMAGE:[^ ]*|$IMAGE:$TAG|" "$FILE"
git commit -q -a -m "Update $IMAGE to $TAG"
git push -q
`

// everywhere is what is left to the command line when nobody knows which file names the image.
const everywhere = `set -e
rm -rf work
git clone -q --depth=1 "$URL" work
cd work
grep -rlZ --include=*.yaml "$IMAGE:" . | xargs -0 sed -i "s|$IMAGE:[^ ]*|$IMAGE:$TAG|"
git commit -q -a -m "Update $IMAGE to $TAG"
git push -q
`

const fewTeams = 20 // of 1,000 files each

// benchGit changes one line in a repository of 20,000 files over HTTP with `set --git`, against the git command line.
func benchGit(ctx context.Context, b bench) ([]figure, error) {
	root := filepath.Join(b.scratch, "git")
	repository, err := makeRepository(filepath.Join(root, "fleet.git"), fleet(fewTeams))
	if err != nil {
		return nil, err
	}
	host, stop, err := serve(whole(gittest.New(root)))
	if err != nil {
		return nil, err
	}
	defer stop()
	w := gitWork{bench: b, repository: repository, url: "http://" + host + "/fleet.git"}

	known, err := contest(ctx, b.runs, w.ours(wantedPaths), w.script("plumbing", plumbing), w.script("porcelain", porcelain))
	if err != nil {
		return nil, err
	}
	unknown, err := contest(ctx, b.runs, w.ours(""), w.script("everywhere", everywhere))
	if err != nil {
		return nil, err
	}
	const what = "set --git, one line of 20,000 files over HTTP"
	return []figure{
		{
			name: what, ours: known[0].String(),
			baselines: []baseline{{"git, plumbing", known[1].String()}, {"git, sparse checkout", known[2].String()}},
			promise:   "no more cpu than git's plumbing, under 60 MB",
			broken:    known[0].CPU > known[1].CPU || known[0].RSS >= 60e6,
		},
		{
			name: what + ", when no policy says which", ours: unknown[0].String(),
			baselines: []baseline{{"git, depth 1 and grep", unknown[1].String()}},
		},
	}, nil
}

// gitWork is one repository and the ways to change a line in it.
type gitWork struct {
	bench
	repository *gittest.Repository
	url        string
	made       int // changes so far; every run writes another tag
}

// ours changes the line by the built binary with a policy file, limited to paths if there are any.
func (w *gitWork) ours(paths string) func(context.Context, int) (usage, error) {
	text := "apiVersion: image-updater/v1\n" +
		"git:\n  - {name: fleet, url: " + w.url + ", branch: main}\n" +
		"policies:\n  - {name: checkout, image: " + wantedImage + ", git: fleet"
	if paths != "" {
		text += ", paths: [\"" + paths + "\"]"
	}
	text += "}\n"
	return func(ctx context.Context, _ int) (usage, error) {
		dir, err := os.MkdirTemp(w.scratch, "policies-")
		if err != nil {
			return usage{}, err
		}
		policies := filepath.Join(dir, "policies.yaml")
		if err := os.WriteFile(policies, []byte(text), 0o644); err != nil {
			return usage{}, err
		}
		tag := w.next()
		u, _, err := command{
			dir: dir, args: []string{w.binary, "set", "-f", policies, "--git", "fleet", "--state-dir", dir, wantedImage + ":" + tag},
		}.run(ctx)
		return u, errors.Join(err, w.expect(tag))
	}
}

// script changes the line by a shell script.
func (w *gitWork) script(name, text string) func(context.Context, int) (usage, error) {
	return func(ctx context.Context, _ int) (usage, error) {
		dir := filepath.Join(w.scratch, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return usage{}, err
		}
		tag := w.next()
		u, _, err := command{
			dir: dir, args: []string{"sh", "-c", text},
			env: gitEnvironment(w.url, wantedFile, wantedImage, tag),
		}.run(ctx)
		return u, errors.Join(err, w.expect(tag))
	}
}

// gitEnvironment is what the scripts are told, and nothing of the configuration of who runs them.
func gitEnvironment(url, file, image, tag string) []string {
	return []string{
		"URL=" + url, "FILE=" + file, "IMAGE=" + image, "TAG=" + tag,
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@acme.example",
		"GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@acme.example",
	}
}

func (w *gitWork) next() string {
	w.made++
	return fmt.Sprintf("1.5.%d", w.made)
}

// expect makes sure that the branch has the tag, by one commit more that changes nothing but that line.
func (w *gitWork) expect(tag string) error {
	changed, err := w.repository.Git("show", "--format=", "--numstat", gittest.Branch)
	if err != nil {
		return err
	}
	if got, want := strings.TrimSpace(changed), "1\t1\t"+wantedFile; got != want {
		return fmt.Errorf("the last commit changes %q, want %q", got, want)
	}
	text, err := w.repository.File(gittest.Branch, wantedFile)
	if err == nil && !strings.Contains(text, wantedImage+":"+tag+" #") {
		err = fmt.Errorf("%s is not at %s", wantedFile, tag)
	}
	return err
}
