package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/image-updater/image-updater/internal/gittest"
)

// awaitWithin is how long a script waits for what a program in the background is to do; it is only ever reached by a failure.
const awaitWithin = time.Minute

// await tries again until there is no error.
func await(ts *testscript.TestScript, what func() error) {
	deadline := time.After(awaitWithin)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		err := what()
		if err == nil {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			ts.Fatalf("waited for %v: %v", awaitWithin, err)
		}
	}
}

func freePort(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 0, "freeport")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv("ADDR", listener.Addr().String())
	ts.Check(listener.Close())
}

func awaitAnswer(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 2 || len(args) == 3, "await STATUS PATH [TEXT]")
	status, err := strconv.Atoi(args[0])
	ts.Check(err)
	text := regexp.MustCompile(strings.Join(args[2:], ""))
	await(ts, func() error {
		answer, err := http.Get("http://" + ts.Getenv("ADDR") + args[1])
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err == nil && (answer.StatusCode != status || !text.Match(body)) {
			err = fmt.Errorf("%s answers %d\n%s", args[1], answer.StatusCode, body)
		}
		return err
	})
}

func post(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 3, "post STATUS PATH BODY")
	answer, err := http.Post("http://"+ts.Getenv("ADDR")+args[1], "application/json", strings.NewReader(args[2]))
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if strconv.Itoa(answer.StatusCode) != args[0] {
		ts.Fatalf("%s answers %d\n%s", args[1], answer.StatusCode, body)
	}
}

func awaitPushes(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 1, "awaitpushes N")
	await(ts, func() error {
		if _, pushes := sceneOf(ts).git.Count(gittest.ReceivePack); strconv.Itoa(pushes) != args[0] {
			return fmt.Errorf("pushes: got %d, want %s", pushes, args[0])
		}
		return nil
	})
}

func signalAll(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	want(ts, neg, len(args) == 1 && signals[args[0]] != 0, "signal HUP|TERM|KILL")
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(signals[args[0]]))
	}
}
