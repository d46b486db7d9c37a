package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// bench is what all measurements share.
type bench struct {
	binary  string // image-updater, as it is shipped
	scratch string // a temporary folder
	runs    int    // of each side of a comparison

	policies     int           // of the daemon
	repositories int           // of Git, that these are for
	interval     time.Duration // of them
}

// parts are the measurements by the name that -only takes, in the order of the report.
var parts = []struct {
	name string
	run  func(context.Context, bench) ([]figure, error)
}{
	{"registry", benchRegistry},
	{"scan", benchScan},
	{"manifests", benchManifests},
	{"git", benchGit},
	{"monorepo", benchMonorepo},
	{"batch", benchBatch},
	{"writers", benchWriters},
	{"choosing", benchChoosing},
	{"daemon", benchDaemon},
	{"product", benchProduct},
}

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) > 0 && args[0] == measureCommand:
		err = measured(args[1:])
	case len(args) > 0 && args[0] == scanCommand:
		err = scanAll(args[1:])
	case len(args) == 3 && args[0] == yamlCommand:
		err = yamlAll(args[1], args[2])
	case len(args) == 2 && args[0] == versionsCommand:
		err = loopVersions(args[1])
	case len(args) == 2 && args[0] == advertCommand:
		err = readAdvert(args[1])
	case len(args) == 2 && args[0] == readCommand:
		err = readAll(args[1])
	default:
		err = benchAll()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func benchAll() error {
	runs := flag.Int("runs", 5, "runs of each side of a comparison, of which the median counts")
	only := flag.String("only", "", "names of the measurements to make, joined by commas; empty means all")
	repositories := flag.Int("repositories", 1, "Git repositories of the daemon that is measured")
	policies := flag.Int("policies", 10_000, "policies of the daemon that is measured")
	interval := flag.Duration("interval", 15*time.Minute, "how often it looks at each image; less is waited for with less")
	binary := flag.String("binary", "", "measure this binary instead of building one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	scratch, err := os.MkdirTemp("", "image-updater-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	b := bench{binary: *binary, scratch: scratch, runs: *runs, policies: *policies, repositories: max(1, min(*repositories, *policies)), interval: *interval}
	if b.binary == "" {
		if b.binary, err = build(ctx, scratch); err != nil {
			return err
		}
	}
	var figures []figure
	for _, part := range parts {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), part.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "bench: measuring", part.name)
		made, err := part.run(ctx, b)
		if err != nil {
			return fmt.Errorf("measuring %s: %w", part.name, err)
		}
		figures = append(figures, made...)
	}
	if broken := report(os.Stdout, figures); broken > 0 {
		return fmt.Errorf("%d promises are broken", broken)
	}
	return nil
}

// build builds the binary as a release does.
func build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "image-updater")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "./cmd/image-updater")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the binary: %w\n%s", err, out)
	}
	return binary, nil
}
