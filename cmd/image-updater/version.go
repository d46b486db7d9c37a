package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what the Go toolchain recorded of the build.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func readBuild() build {
	b := build{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = info.Main.Version
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Commit = setting.Value
		case "vcs.time":
			b.Time = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

// fingerprint tells this program from one that may find something else in the same files. What was recorded of a build
// does not tell two builds of sources apart that were changed, and the file they are in does.
func fingerprint() string {
	b := readBuild()
	text := fmt.Sprint(b.Version, b.Commit, b.Platform, b.Go)
	if name, err := os.Executable(); err == nil {
		if file, err := os.Stat(name); err == nil {
			text += fmt.Sprint(file.Size(), file.ModTime().UnixNano())
		}
	}
	return text
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version, and what it was built from",
		Example: "  image-updater version -o json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := readBuild()
			if a.json() {
				return a.printJSON(b)
			}
			fmt.Fprintf(a.stdout, "image-updater %s %s %s\n", b.Version, b.Platform, b.Go)
			if b.Commit != "" {
				fmt.Fprintf(a.stdout, "commit %s %s\n", b.Commit, b.Time)
			}
			return nil
		},
	}
}

// printJSON writes the answer of a command for programs.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return failed(fmt.Errorf("writing the answer: %w", err))
	}
	return nil
}
