// Command image-updater watches container image registries and keeps Git up to date. See README.md and
// image-updater --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // window.timeZone has to mean something in an image from scratch, too, which has no zoneinfo
)

// grace is how long a call that was told to stop may take. What waits for a person or a pipe hears no context.
const grace = 5 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // a second signal ends the process as usual
		time.AfterFunc(grace, func() { os.Exit(exitFailed) })
	})
	code := run(ctx, &app{
		stdin:  os.Stdin,
		stdout: os.Stdout,
		stderr: os.Stderr,
		env:    os.LookupEnv,
		now:    time.Now,
	}, os.Args[1:])
	os.Exit(code)
}
