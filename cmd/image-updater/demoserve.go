package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	// demoPace is how often somebody pushes a tag while the page is up.
	demoPace = 20 * time.Second
	// demoPushes is how many tags there are to push.
	demoPushes = 200
)

// keepUp serves the page of the scene until the context ends. Meanwhile new tags are pushed, so that there is something to
// see.
func (d *demo) keepUp(ctx context.Context, listen string) error {
	ctx, stop := context.WithCancel(ctx)
	d.say("Now the daemon looks after it. A tag is pushed every " + d.pace.String() + "; Ctrl-C ends it all.")
	fmt.Fprintf(d.app.stdout, "%s\n\n", d.app.paint(bold, "$ image-updater serve --listen "+listen))
	pushed := make(chan struct{})
	close(pushed) // nobody pushes before the page is up
	inner := d.inner()
	inner.files, inner.stateDir = []string{d.path("policies.yaml")}, d.path("state")
	inner.output, inner.logLevel, inner.logFormat = "text", d.app.logLevel, d.app.logFormat
	err := inner.serve(ctx, serveFlags{listen: listen, up: func(url string) {
		pushed = make(chan struct{})
		go func() {
			defer close(pushed)
			d.push(ctx, url)
		}()
	}})
	stop()
	<-pushed
	return err
}

// push pushes a tag after the other, and has the daemon look as a hook of the registry would.
func (d *demo) push(ctx context.Context, url string) {
	ticker := time.NewTicker(d.pace)
	defer ticker.Stop()
	for n := 1; n <= demoPushes; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		repository, tags := demoPush(n)
		for _, tag := range tags {
			if err := pushEmpty(d.registry, repository, tag); err != nil {
				fmt.Fprintln(d.app.stderr, "warning:", err)
			}
		}
		fmt.Fprintf(d.app.stdout, "pushed %s:%s\n", repository, tags[0])
		if err := lookNow(ctx, url, repository); err != nil && ctx.Err() == nil {
			fmt.Fprintln(d.app.stderr, "warning:", err)
		}
	}
}

// demoPush is the nth push: by turns what is taken, what is refused, and what is built all the time.
func demoPush(n int) (repository string, tags []string) {
	switch n % 3 {
	case 1:
		version := fmt.Sprintf("1.28.%d", n/3+1)
		return "library/nginx", []string{version + "-alpine", version, version + "-bookworm"}
	case 2:
		return "acme/microservice-vehicles", []string{fmt.Sprintf("release-%d-%08x", 1183+n/3, uint32(n)*2654435761)}
	default:
		return "library/nginx", []string{fmt.Sprintf("1.29.0-rc.%d-alpine", n/3+1)}
	}
}

// lookNow asks the daemon at url to look at an image.
func lookNow(ctx context.Context, url, repository string) error {
	body, err := json.Marshal(map[string]string{"image": repository})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 5*time.Second, errors.New("the page does not answer"))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/v1/scan", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("asking for a look at %s: %s", repository, answer.Status)
	}
	return nil
}
