//go:build unix

package writeback_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

// wanted is the one file of the big repository whose image is changed.
const wanted = "teams/team-017/app-350/deployment.yaml"

// bigSite is a repository of 20,000 files: a Deployment and 19 other files for each application.
func bigSite(b *testing.B) *site {
	b.Helper()
	s := newSite(b, gittest.Files{"README": "seed\n"})
	var stream bytes.Buffer
	stream.WriteString("commit refs/heads/main\ncommitter A <a@example.com> 1767225600 +0000\ndata 4\nFill\nfrom refs/heads/main^0\n")
	for i := range 20_000 {
		app := i / 20
		name, data := fmt.Sprintf("config-%02d.yaml", i%20), fmt.Sprintf("kind: ConfigMap\nname: c%d\n", i)+strings.Repeat(fmt.Sprintf("key%d: value\n", i), 20)
		if i%20 == 0 {
			name, data = "deployment.yaml", manifest(fmt.Sprint(app), fmt.Sprintf("acme/app-%03d:1.0.0", app))
		}
		fmt.Fprintf(&stream, "M 100644 inline teams/team-%03d/app-%03d/%s\ndata %d\n%s\n", app/20, app, name, len(data), data)
	}
	if err := s.repo.Import(stream.Bytes()); err != nil {
		b.Fatal(err)
	}
	if _, err := s.repo.Git("repack", "-adq"); err != nil {
		b.Fatal(err)
	}
	return s
}

// cpu is what this process, or the ended ones that it started, have used.
func cpu(b *testing.B, who int) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkUpdate changes one line among 20,000 files over HTTP, from nothing to the end of the push, beside the least
// that git itself can do. The Go part of the server runs in this process and counts as ours.
func BenchmarkUpdate(b *testing.B) {
	s := bigSite(b)
	repository, err := image.ParseRepository("acme/app-350")
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		name  string
		paths edit.Paths
	}{
		{"one folder", edit.Paths{"teams/team-017/app-350/**"}},
		{"1,000 deployments", edit.Paths{"**/deployment.yaml"}},
		{"all files", nil},
	} {
		b.Run(bench.name, func(b *testing.B) {
			used := cpu(b, syscall.RUSAGE_SELF)
			for n := 0; b.Loop(); n++ {
				var w writeback.Writer
				branch := open(b, &w, s.target)
				_, err := branch.Publish(b.Context(), writeback.Publication{
					Scanner: newScanner(b, edit.Query{Images: []image.Repository{repository}}), Paths: bench.paths,
					Decide: bump("acme/app-350", fmt.Sprintf("%d.%d.0", 2+len(bench.name), time.Now().UnixNano())),
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpu(b, syscall.RUSAGE_SELF)-used).Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
	b.Run("git command line", func(b *testing.B) { benchmarkGit(b, s) })
}

// benchmarkGit knows which file it is: no checkout, no status, one blob.
func benchmarkGit(b *testing.B, s *site) {
	const script = `set -e
rm -rf "$WORK"; git clone -q --filter=blob:none --no-checkout "$URL" "$WORK"; cd "$WORK"
git read-tree HEAD
blob="$(git show "HEAD:$FILE" | sed "s|:[0-9.]* # keep|:$TAG # keep|" | git hash-object -w --stdin)"
git update-index --cacheinfo "100644,$blob,$FILE"
git push -q origin "$(git commit-tree -p HEAD -m Update "$(git write-tree --missing-ok)"):refs/heads/main"`
	var used time.Duration
	work := b.TempDir() + "/work"
	for n := 0; b.Loop(); n++ {
		cmd := exec.Command("sh", "-c", script)
		cmd.Env = append(os.Environ(), "WORK="+work, "URL="+s.target.URL, "FILE="+wanted, fmt.Sprintf("TAG=9.%d", n),
			"GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.com",
			"GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		used += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	b.ReportMetric(float64(used.Milliseconds())/float64(b.N), "cpu-ms/op")
}
