package main

import (
	"errors"
	"net"
	"strings"
	"testing"
)

// A port that is taken is told with the flag that named it, and with a way out.
func TestListenAtTakenPort(t *testing.T) {
	t.Parallel()
	first, err := listenAt("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	address := first.Addr().(*net.TCPAddr).String()
	_, err = listenAt(address)
	e, ok := errors.AsType[*exit](err)
	if !ok || e.code != exitFailed || len(e.hints) != 1 || !strings.Contains(e.hints[0], "another process has this port") {
		t.Fatalf("%#v", err)
	}
	if want := "--listen " + address + ": bind: address already in use"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}
