package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/internal/gittest"
)

//go:embed demo
var demoFiles embed.FS

func (a *app) demoCommand() *cobra.Command {
	var serve bool
	var listen string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Do the main job on a registry and a Git remote of its own",
		Long: `Start a real OCI registry and a real Git remote on loopback, fill them with what such things hold, and run
check, plan and run against them. Nothing beyond loopback is asked and nothing is left behind. The git
program has to be installed, for the remote. With --serve the page of the daemon stays up, and new tags are
pushed all the time.`,
		Example: `  image-updater demo
  image-updater demo --serve`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !serve {
				listen = ""
			}
			if err := a.demo(cmd.Context(), listen, demoPace); err != nil {
				return failed(err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&serve, "serve", false, "keep the page up until interrupted")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "address to serve the page at")
	return cmd
}

// demo sets the scene in a temporary folder, plays the commands, and takes everything away. In between the page is served at
// listen, if that is not empty, with a tag pushed at each pace.
func (a *app) demo(ctx context.Context, listen string, pace time.Duration) (err error) {
	if err := gittest.Available(); err != nil {
		return fmt.Errorf("the demo needs the git program for its remote: %w", err)
	}
	dir, err := os.MkdirTemp("", "image-updater-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d := &demo{app: a, dir: dir, started: a.now(), pace: pace}
	defer d.stop()
	if err := d.set(); err != nil {
		return err
	}
	if err := d.play(ctx); err != nil {
		return err
	}
	if listen != "" {
		if err := d.keepUp(ctx, listen); err != nil {
			return err
		}
	}
	d.say(fmt.Sprintf("Done in %.1f s. The servers are gone, and so is the folder they lived in.", a.now().Sub(d.started).Seconds()))
	return nil
}

// demo is the scene: a registry, a Git remote, and a folder with a policy file and the state.
type demo struct {
	app      *app
	dir      string
	started  time.Time
	pace     time.Duration // between pushes while the page is up
	registry http.Handler
	fleet    *gittest.Repository
	servers  []*http.Server
}

// set starts the servers and writes the policy file.
func (d *demo) set() error {
	var err error
	if d.registry, err = demoRegistry(demoTags()); err != nil {
		return err
	}
	registryURL, err := d.serve(d.registry)
	if err != nil {
		return err
	}
	files, err := demoTree("demo/fleet")
	if err != nil {
		return err
	}
	if d.fleet, err = gittest.Create(filepath.Join(d.dir, "fleet.git"), files); err != nil {
		return err
	}
	gitURL, err := d.serve(gittest.New(d.dir))
	if err != nil {
		return err
	}
	policies, err := demoFiles.ReadFile("demo/policies.yaml")
	if err != nil {
		return err
	}
	servers := fmt.Sprintf("registries:\n  - {host: docker.io, endpoint: %q}\ngit:\n  - {name: fleet, url: %q, branch: %s}\n",
		registryURL, gitURL+"/fleet.git", gittest.Branch)
	text := strings.Replace(string(policies), "defaults:", servers+"defaults:", 1)
	return os.WriteFile(d.path("policies.yaml"), []byte(text), 0o600)
}

// play runs the commands a person would, each as a call of the program.
func (d *demo) play(ctx context.Context) error {
	d.say("A registry and a Git remote are up on loopback. The policy file:")
	text, err := os.ReadFile(d.path("policies.yaml"))
	if err != nil {
		return err
	}
	fmt.Fprint(d.app.stdout, indent(string(text)))
	for _, step := range []struct {
		say  string
		args []string
	}{
		{"Is it right?", []string{"check"}},
		{"Why this tag, and why not the others?", []string{"explain", "nginx", "--current", "1.25.3-alpine"}},
		{"What would change?", []string{"plan"}},
		{"Do it.", []string{"run"}},
	} {
		if err := d.call(ctx, step.say, step.args); err != nil {
			return err
		}
	}
	if err := d.showLog(); err != nil {
		return err
	}
	return d.call(ctx, "And again: nothing is left to do.", []string{"run"})
}

// call runs one command of the program in this process, with a state of its own.
func (d *demo) call(ctx context.Context, say string, args []string) error {
	d.say(say)
	fmt.Fprintf(d.app.stdout, "%s\n\n", d.app.paint(bold, "$ image-updater "+strings.Join(args, " ")))
	full := append([]string{"-f", d.path("policies.yaml"), "--state-dir", d.path("state")}, args...)
	if code := run(ctx, d.inner(), full); code != exitDone {
		return fmt.Errorf("%s ended with exit code %d", args[0], code)
	}
	return nil
}

// inner is the program as a call of its own.
func (d *demo) inner() *app {
	return &app{stdin: d.app.stdin, stdout: d.app.stdout, stderr: d.app.stderr, env: d.app.env, now: d.app.now}
}

// showLog prints the commits the remote got, as a person would look at them there.
func (d *demo) showLog() error {
	d.say("What the remote has got:")
	fmt.Fprintf(d.app.stdout, "%s\n\n", d.app.paint(bold, "$ git log --stat"))
	log, err := d.fleet.Git("log", "--stat", "--format=%ncommit %h%nAuthor: %an <%ae>%n%n%w(0,4,4)%B", gittest.Branch, "--not", gittest.Branch+"~3")
	if err != nil {
		return err
	}
	fmt.Fprintln(d.app.stdout, strings.ReplaceAll(strings.TrimSpace(log), "\n\n\n", "\n\n"))
	return nil
}

func (d *demo) say(text string) {
	fmt.Fprintf(d.app.stdout, "\n%s\n", d.app.paint(cyan, "# "+text))
}

func (d *demo) path(name string) string { return filepath.Join(d.dir, name) }

// serve answers on a free port of loopback until stop.
func (d *demo) serve(h http.Handler) (url string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	d.servers = append(d.servers, server)
	go server.Serve(listener) // ends when stop closes the server
	return "http://" + listener.Addr().String(), nil
}

func (d *demo) stop() {
	for _, s := range d.servers {
		s.Close()
	}
}

// demoTree returns the embedded files below dir by their path in it.
func demoTree(dir string) (gittest.Files, error) {
	files := gittest.Files{}
	err := fs.WalkDir(demoFiles, dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := demoFiles.ReadFile(path)
		files[strings.TrimPrefix(path, dir+"/")] = string(data)
		return err
	})
	return files, err
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}
