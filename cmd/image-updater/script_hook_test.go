package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// runEarlier runs the program in this process, by a clock that is behind.
func runEarlier(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) > 1, "earlier AGE ARGUMENT...")
	age, err := time.ParseDuration(args[0])
	ts.Check(err)
	var stdout, stderr bytes.Buffer
	a := &app{
		stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
		env: func(name string) (string, bool) { value := ts.Getenv(name); return value, value != "" },
		now: func() time.Time { return time.Now().Add(-age) },
	}
	if code := run(context.Background(), a, args[1:]); code != exitDone {
		ts.Fatalf("exit code %d\n%s%s", code, stdout.String(), stderr.String())
	}
}

// sendEvent waits for the answer too, since a server may just be reading its policy files.
func sendEvent(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) >= 3, "event STATUS PATH FILE [HEADER=VALUE...]")
	status, err := strconv.Atoi(args[0])
	ts.Check(err)
	await(ts, func() error {
		got, err := postFile(ts, args[1], args[2], args[3:])
		if err == nil && got != status {
			err = fmt.Errorf("%s answers %d, want %d", args[1], got, status)
		}
		return err
	})
}

// postFile sends the text of a file. In a header, {mac:SECRET} is its signature.
func postFile(ts *testscript.TestScript, path, file string, headers []string) (status int, err error) {
	body := ts.ReadFile(file)
	request, err := http.NewRequest(http.MethodPost, "http://"+ts.Getenv("ADDR")+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, "=")
		if before, secret, found := strings.Cut(strings.TrimSuffix(value, "}"), "{mac:"); found {
			m := hmac.New(sha256.New, []byte(secret))
			m.Write([]byte(body))
			value = before + hex.EncodeToString(m.Sum(nil))
		}
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// flood sends many events at once and wants of each that it is taken, or refused as one too many.
func flood(ts *testscript.TestScript, neg bool, args []string) {
	want(ts, neg, len(args) == 3, "flood N PATH FILE")
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	answers := make(chan int, n)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for range (n + worker) / 8 {
				status, err := postFile(ts, args[1], args[2], nil)
				if err != nil {
					status = 0
				}
				answers <- status
			}
		})
	}
	all.Wait()
	close(answers)
	counts := map[int]int{}
	for status := range answers {
		counts[status]++
	}
	if n != counts[http.StatusAccepted]+counts[http.StatusTooManyRequests]+counts[http.StatusServiceUnavailable] ||
		counts[http.StatusAccepted] == 0 || counts[http.StatusTooManyRequests] == 0 {
		ts.Fatalf("answers of %d events: %v", n, counts)
	}
}
