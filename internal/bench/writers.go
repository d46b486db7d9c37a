package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/image-updater/image-updater/internal/gittest"
)

const (
	writerCount   = 50
	attemptsShare = 0.5 // of the attempts that the loop needs
)

// retryLoop is what stands in most pipelines: until it is in, take the tip, edit, commit, push.
const retryLoop = `set -e
git clone -q --depth=1 "$URL" "work-$WRITER"
cd "work-$WRITER"
attempts=1
while :; do
	sed -i "s|$IMAGE:[^ ]*|$IMAGE:$TAG|" "$FILE"
	git commit -q -a -m "Update $IMAGE to $TAG"
	if git push -q origin HEAD:main 2>push.log; then break; fi
	if [ "$attempts" -ge 1000 ]; then cat push.log >&2; exit 1; fi
	attempts=$((attempts + 1))
	git fetch -q --depth=1 origin main
	git reset -q --hard FETCH_HEAD
done
echo "$attempts"
`

// benchWriters has 50 processes write to one branch at once, each a reference of its own: `set --git`, and a loop of git
// commands. One race of each is enough, for it is made of hundreds of attempts.
func benchWriters(ctx context.Context, b bench) ([]figure, error) {
	ours, err := b.race(ctx, "writers-set", setWriter)
	if err != nil {
		return nil, err
	}
	loop, err := b.race(ctx, "writers-loop", loopWriter)
	if err != nil {
		return nil, err
	}
	share := ours.each() / loop.each()
	return []figure{{
		name:      fmt.Sprintf("set --git, %d processes at once on one branch", writerCount),
		ours:      fmt.Sprintf("%s; %.2f of the loop's attempts", ours, share),
		baselines: []baseline{{"git, retry loop", loop.String()}},
		promise:   fmt.Sprintf("all in, none lost, at most %.1f of the loop's attempts", attemptsShare),
		broken:    share > attemptsShare,
	}}, nil
}

// race is what many writers took together.
type race struct {
	attempts []int // of each writer
	worst    usage // of the one that waited longest
	all      usage
	pushes   int // that the server was sent
	requests int
}

// each is the number of attempts per writer.
func (r race) each() float64 {
	sum := 0
	for _, n := range r.attempts {
		sum += n
	}
	return float64(sum) / float64(len(r.attempts))
}

func (r race) String() string {
	return fmt.Sprintf("%.1f attempts each, %d at most, worst wait %.1f s; %d requests, %d pushes, %d ms cpu",
		r.each(), slices.Max(r.attempts), r.worst.Wall.Seconds(), r.requests, r.pushes, r.all.CPU.Milliseconds())
}

// writer is one of the processes: how it is called, and how many attempts its output tells of.
type writer func(b bench, w writerTask) (command, func(stdout, stderr string) (int, error), error)

// writerTask is the change that one process makes.
type writerTask struct {
	dir, url   string
	number     int
	file       string
	image, tag string
}

// race starts all writers at once and makes sure that every change got in, by a commit each.
func (b bench) race(ctx context.Context, name string, kind writer) (race, error) {
	dir := filepath.Join(b.scratch, name)
	server := gittest.New(dir)
	host, stop, err := serve(whole(server))
	if err != nil {
		return race{}, err
	}
	defer stop()
	files, tasks := gittest.Files{}, make([]writerTask, writerCount)
	for i := range tasks {
		app := fmt.Sprintf("app-%02d", i)
		tasks[i] = writerTask{
			dir: dir, url: "http://" + host + "/fleet.git", number: i, file: "apps/" + app + "/deployment.yaml",
			image: "registry.acme.example/shop/" + app, tag: fmt.Sprintf("1.5.%d", i),
		}
		files[tasks[i].file] = manifest(app, tasks[i].image, "1.4.2")
	}
	repository, err := makeRepository(filepath.Join(dir, "fleet.git"), files)
	if err != nil {
		return race{}, err
	}
	before, err := repository.Log(gittest.Branch)
	if err != nil {
		return race{}, err
	}
	result, err := b.runWriters(ctx, tasks, kind)
	if err != nil {
		return race{}, err
	}
	_, result.pushes = server.Count(gittest.ReceivePack)
	result.requests = len(server.Requests())
	return result, expectAll(repository, tasks, len(before))
}

// runWriters waits for all of them and adds up what they took.
func (b bench) runWriters(ctx context.Context, tasks []writerTask, kind writer) (race, error) {
	result := race{attempts: make([]int, len(tasks))}
	usages, errs := make([]usage, len(tasks)), make([]error, len(tasks))
	var running sync.WaitGroup
	for i, task := range tasks {
		running.Go(func() {
			cmd, attempts, err := kind(b, task)
			if err != nil {
				errs[i] = err
				return
			}
			var stdout string
			var stderr bytes.Buffer
			cmd.stderr = &stderr
			usages[i], stdout, err = cmd.run(ctx)
			if err != nil {
				errs[i] = err
				return
			}
			result.attempts[i], errs[i] = attempts(stdout, stderr.String())
		})
	}
	running.Wait()
	for _, u := range usages {
		result.all.CPU += u.CPU
		if u.Wall > result.worst.Wall {
			result.worst = u
		}
	}
	return result, errors.Join(errs...)
}

// expectAll makes sure that every change is in, and that there is one commit for each.
func expectAll(repository *gittest.Repository, tasks []writerTask, before int) error {
	for _, w := range tasks {
		text, err := repository.File(gittest.Branch, w.file)
		if err != nil {
			return err
		}
		if !strings.Contains(text, w.image+":"+w.tag+" #") {
			return fmt.Errorf("%s is not at %s: a change is lost", w.file, w.tag)
		}
	}
	after, err := repository.Log(gittest.Branch)
	if err == nil && len(after) != before+len(tasks) {
		err = fmt.Errorf("%d commits for %d changes", len(after)-before, len(tasks))
	}
	return err
}

// setWriter is the built binary, which logs its attempts.
func setWriter(b bench, w writerTask) (command, func(stdout, stderr string) (int, error), error) {
	policies := filepath.Join(w.dir, fmt.Sprintf("policies-%02d.yaml", w.number))
	text := "apiVersion: image-updater/v1\n" +
		"git:\n  - {name: fleet, url: " + w.url + ", branch: main}\n" +
		"policies:\n  - {name: app, image: " + w.image + ", git: fleet, paths: [\"" + w.file + "\"]}\n"
	if err := os.WriteFile(policies, []byte(text), 0o644); err != nil {
		return command{}, nil, err
	}
	return command{dir: w.dir, args: []string{
		b.binary, "set", "-f", policies, "--git", "fleet", "--log-level", "info", "--log-format", "json",
		"--state-dir", filepath.Join(w.dir, fmt.Sprintf("state-%02d", w.number)), w.image + ":" + w.tag,
	}}, func(_, stderr string) (int, error) { return loggedAttempts(stderr) }, nil
}

// loggedAttempts reads how often a push was tried from the log of the one that got in.
func loggedAttempts(log string) (int, error) {
	for line := range strings.Lines(log) {
		var entry struct{ Attempts int }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Attempts > 0 {
			return entry.Attempts, nil
		}
	}
	return 0, fmt.Errorf("the log tells no attempts:\n%s", log)
}

func loopWriter(_ bench, w writerTask) (command, func(stdout, stderr string) (int, error), error) {
	env := append(gitEnvironment(w.url, w.file, w.image, w.tag), "WRITER="+strconv.Itoa(w.number),
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=maintenance.auto", "GIT_CONFIG_VALUE_0=false") // it would only slow the loop
	return command{dir: w.dir, args: []string{"sh", "-c", retryLoop}, env: env},
		func(stdout, _ string) (int, error) { return strconv.Atoi(strings.TrimSpace(stdout)) }, nil
}
