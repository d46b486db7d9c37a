package hook_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// wire is a listener in memory, so that a server of net/http can be had in a bubble.
type wire struct {
	dialled chan net.Conn
	closed  chan struct{}
}

// far is the server's end of a connection, which comes from an address.
type far struct {
	net.Conn
	from string
}

func (f far) RemoteAddr() net.Addr { return endpoint(f.from) }

type endpoint string

func (endpoint) Network() string  { return "tcp" }
func (a endpoint) String() string { return string(a) }

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.dialled:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}
func (w *wire) Close() error   { close(w.closed); return nil }
func (w *wire) Addr() net.Addr { return endpoint("server") }

// dial returns a connection that comes from an address.
func (w *wire) dial(from string) net.Conn {
	near, there := net.Pipe()
	select {
	case w.dialled <- far{there, from}:
	case <-w.closed:
		near.Close()
	}
	return near
}

const signedPush = `{"action":"published","registry_package":{"name":"api","namespace":"acme","package_type":"CONTAINER","registry":{"url":"https://ghcr.io/acme/api"},"package_version":{"container_metadata":{"tag":{"name":"1.2"}}}}}`

// signedHead is the head of a request to the hook of GitHub.
func signedHead(length int, signature string) string {
	return fmt.Sprintf("POST /hooks/ghcr HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nX-GitHub-Event: package\r\nX-Hub-Signature-256: sha256=%s\r\n\r\n", length, signature)
}

// drip sends bodies byte by byte, one after the other, until the server is gone.
func (w *wire) drip(from string, end <-chan struct{}) {
	for {
		c := w.dial(from)
		go io.Copy(io.Discard, c)
		_, err := io.WriteString(c, signedHead(100_000, "00"))
		for err == nil {
			select {
			case <-end:
				c.Close()
				return
			case <-time.After(300 * time.Millisecond):
				_, err = c.Write([]byte{' '})
			}
		}
		c.Close()
		select {
		case <-end:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// send sends an honest event, and returns the answer. A sender tries again as it is told to.
func (w *wire) send(t *testing.T, from string, tries int) (code int) {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	io.WriteString(mac, signedPush)
	for range tries {
		c := w.dial(from)
		go io.WriteString(c, signedHead(len(signedPush), hex.EncodeToString(mac.Sum(nil)))+signedPush)
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		c.Close()
		if err != nil {
			t.Fatal(err)
		}
		if code = answer.StatusCode; code != http.StatusServiceUnavailable {
			return code
		}
		time.Sleep(time.Second)
	}
	return code
}

// TestDrippingStrangers: strangers that drip bytes with a signature that nobody can check yet keep out no honest sender,
// neither one with an address of its own nor one that comes through the same proxy. In the end no goroutine is left.
func TestDrippingStrangers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		from   func(i int) string // of the strangers
		honest string
		tries  int
	}{
		{"one address", func(int) string { return "192.0.2.1:9" }, "198.51.100.7:9", 1},
		{"one network of IPv6", func(i int) string { return fmt.Sprintf("[2001:db8::%x]:9", i+1) }, "[2001:db8:0:1::1]:9", 1},
		{"eight addresses", func(i int) string { return fmt.Sprintf("192.0.2.%d:9", i%8) }, "198.51.100.7:9", 1},
		{"all through one proxy", func(int) string { return "10.0.0.1:9" }, "10.0.0.1:9", 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, "ghcr.io/acme/api")
				w := &wire{make(chan net.Conn), make(chan struct{})}
				server := &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second}
				var all sync.WaitGroup
				all.Go(func() { _ = server.Serve(w) })
				end := make(chan struct{})
				for i := range 100 {
					all.Go(func() { w.drip(test.from(i), end) })
				}
				for i := range 20 {
					time.Sleep(1700 * time.Millisecond)
					if code := w.send(t, test.honest, test.tries); code != http.StatusAccepted {
						t.Errorf("event %d is answered %d", i, code)
					}
				}
				if got := d.status("ghcr"); got.Events != 20 {
					t.Errorf("taken are %+v", got)
				}
				close(end)
				server.Close()
				all.Wait()
			})
		})
	}
}

// A stranger's body has five seconds to come, however it drips.
func TestStrangersDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, "ghcr.io/acme/api")
		w := &wire{make(chan net.Conn), make(chan struct{})}
		server := &http.Server{Handler: d}
		var all sync.WaitGroup
		all.Go(func() { _ = server.Serve(w) })
		c := w.dial("192.0.2.1:9")
		began := time.Now()
		all.Go(func() {
			_, err := io.WriteString(c, signedHead(100_000, "00"))
			for err == nil {
				time.Sleep(100 * time.Millisecond)
				_, err = io.WriteString(c, " ")
			}
		})
		answer, err := io.ReadAll(c)
		if took := time.Since(began); took != 5*time.Second || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
			t.Errorf("after %v: %q, %v", took, answer, err)
		}
		c.Close()
		server.Close()
		all.Wait()
	})
}
