package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/daemon"
	"github.com/image-updater/image-updater/internal/status"
)

// serveFlags are those of serve.
type serveFlags struct {
	listen   string
	authFile string
	noAuth   bool
	tlsCert  string
	tlsKey   string
	up       func(url string) // called once the page is at url; nil = nothing
}

func (a *app) serveCommand() *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Keep going: look at registries by interval and at push events, and serve the page",
		Long: `Keep the policies looked after until told to stop: registries are asked by the intervals of the policies, and
at once when a push hook tells of a new tag; what follows is committed or proposed as by run. The policy
files are read again when they change and on SIGHUP; files with an error keep those of before.

What is known is served over HTTP: a page, a JSON API, metrics, /healthz and /readyz. Beyond loopback that
needs --auth-file, or --no-auth where something in front asks who comes.`,
		Example: `  image-updater serve
  image-updater serve -f policies/ --listen :8080 --auth-file /run/secrets/auth
  image-updater serve --listen :8443 --tls-cert cert.pem --tls-key key.pem --auth-file /run/secrets/auth`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.listen, "listen", "127.0.0.1:8080", "address to serve HTTP at")
	f.StringVar(&flags.authFile, "auth-file", "", "who may see the page: lines \"bearer TOKEN\" or \"basic USER:PASSWORD\"")
	f.BoolVar(&flags.noAuth, "no-auth", false, "let everybody see the page who reaches the address")
	f.StringVar(&flags.tlsCert, "tls-cert", "", "certificate to serve HTTPS with")
	f.StringVar(&flags.tlsKey, "tls-key", "", "its key")
	return cmd
}

// check refuses flags that do not go together.
func (f serveFlags) check() error {
	if err := checkAddress(f.listen); err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(f.listen) // it was just split
	switch {
	case f.authFile != "" && f.noAuth:
		return usage(errors.New("--auth-file and --no-auth exclude each other"))
	case (f.tlsCert == "") != (f.tlsKey == ""):
		return usage(errors.New("--tls-cert and --tls-key belong together"))
	case f.authFile == "" && !f.noAuth && !image.Loopback(host):
		return usage(fmt.Errorf("--listen %s is beyond loopback, and everybody who reaches it would see the page", f.listen),
			"--auth-file FILE names who may, --no-auth lets everybody")
	}
	return nil
}

// The bounds of a request to the server.
const (
	headerWithin = 10 * time.Second
	readWithin   = 30 * time.Second
	idleFor      = 2 * time.Minute
	maxHeader    = 32 << 10
	stopWithin   = 3 * time.Second // for answers that are on their way
)

// garbage is how much there may be of it, in percent of what is in use, unless GOGC says so: a daemon has time and is to be
// small.
const garbage = 40

func (a *app) serve(ctx context.Context, flags serveFlags) error {
	if err := flags.check(); err != nil {
		return err
	}
	paths, err := a.policyFiles()
	if err != nil {
		return err
	}
	files := daemon.LookAtFiles(paths)
	first, err := a.policies() // all of what is wrong, before anything is opened; what changes from now on is seen
	if err != nil {
		return err
	}
	keep, err := a.openKeep(ctx)
	if err != nil {
		return err
	}
	keep.first, keep.files = first, files
	defer keep.close(a)
	messages, end := a.startMessages(ctx)
	defer end()
	keep.messages = messages
	d := a.newDaemon(keep)
	auth, err := a.newAuthFile(flags)
	if err != nil {
		return err
	}
	shown, err := a.newCertificate(flags)
	if err != nil {
		return err
	}
	keep.useFlagged(auth, shown)
	a.warnOfReadable(first, flags)
	server := a.server(a.handler(d, &keep.hooks, auth, flags), shown)
	listener, err := listenAt(flags.listen)
	if err != nil {
		return err
	}
	a.servingAt(flags.url(listener.Addr()))
	if flags.up != nil {
		flags.up(flags.url(listener.Addr()))
	}
	return a.serveUntil(ctx, d, files, server, listener)
}

// newDaemon returns a daemon that works with what is kept, and tells its messages.
func (a *app) newDaemon(keep *keep) *daemon.Daemon {
	d := daemon.New(daemon.Options{
		Load: keep.load, Extra: keep.extra, Version: readBuild().Version, Now: a.now, Log: a.logger(),
		Told: func(before, after status.Status) {
			if _, set := a.env("GOGC"); after.Ready && !before.Ready && !set {
				debug.SetGCPercent(garbage) // not before: the first pass is in a hurry
			}
			keep.messages.Tell(after)
		},
	})
	keep.hooks.Pushed, keep.hooks.Images = d.Pushed, d.Images
	return d
}

// servingAt says where the page is: to a person in a line, and to what reads JSON in an object as all others.
func (a *app) servingAt(url string) {
	if a.logFormat == "json" {
		a.logger().Info("serving", "url", url)
		return
	}
	fmt.Fprintf(a.stderr, "serving at %s\n", url)
}

// server bounds what a request may take. It has no WriteTimeout: a page that follows what happens is one long answer.
func (a *app) server(handler http.Handler, shown *certificate) *http.Server {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, IdleTimeout: idleFor,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(a.logger().Handler(), slog.LevelWarn),
	}
	if shown != nil {
		server.TLSConfig = &tls.Config{GetCertificate: shown.current}
	}
	return server
}

// serveOn answers requests until the server is shut down.
func serveOn(server *http.Server, listener net.Listener) error {
	if server.TLSConfig != nil {
		return server.ServeTLS(listener, "", "")
	}
	return server.Serve(listener)
}

// url is where the page is.
func (f serveFlags) url(at net.Addr) string {
	if f.tlsCert != "" {
		return "https://" + at.String()
	}
	return "http://" + at.String()
}

// errStopping is the cause by which answers are cut off that are still on their way.
var errStopping = fmt.Errorf("the server stops, and %v have passed", stopWithin)

// serveUntil runs the daemon and its server until one of them ends or the context does, and waits for both.
func (a *app) serveUntil(ctx context.Context, d *daemon.Daemon, files *daemon.Files, server *http.Server, listener net.Listener) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	server.BaseContext = func(net.Listener) context.Context { return ctx } // long answers end with it
	served, ran := make(chan error, 1), make(chan error, 1)
	go func() {
		err := serveOn(server, listener)
		stop(err)
		served <- err
	}()
	go func() {
		err := d.Run(ctx)
		stop(err)
		ran <- err
	}()
	var others sync.WaitGroup
	others.Go(func() { reloadOn(ctx, d, hangup) })
	others.Go(func() { files.Watch(ctx, d.Reload, a.logger()) })
	<-ctx.Done()
	last, end := context.WithTimeoutCause(context.WithoutCancel(ctx), stopWithin, errStopping)
	defer end()
	if server.Shutdown(last) != nil {
		server.Close()
	}
	others.Wait()
	err := <-ran
	if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	if err != nil {
		return failed(err)
	}
	return nil
}

// reloadOn has the policy files read again on each hangup.
func reloadOn(ctx context.Context, d *daemon.Daemon, hangup <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			d.Reload()
		}
	}
}
