package integration

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/crypto/bcrypt"

	"github.com/image-updater/image-updater/registry"
)

const debianConfig = `
version: 0.1
log: {level: info}
storage:
  filesystem: {rootdirectory: %s}
auth:
  htpasswd: {realm: "The company", path: %s}
http:
  addr: %s
  tls: {certificate: %s, key: %s}
`

// debian is Debian's docker-registry 2.8: basic authentication, and lists without pages whatever is asked for.
type debian struct {
	address string
	folder  string
}

func newDebian(t *testing.T) *debian {
	t.Helper()
	binary := program(t, "docker-registry")
	id := mustLoopback(t)
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	d := &debian{address: freeAddress(t), folder: t.TempDir()}
	config := fmt.Sprintf(debianConfig, d.folder,
		write(t, "htpasswd", []byte(username+":"+string(hash)+"\n")), d.address,
		write(t, "certificate.pem", id.pem.certificate), write(t, "key.pem", id.pem.key))
	server := exec.CommandContext(t.Context(), binary, "serve", write(t, "config.yml", []byte(config)))
	startServer(t, server, "listening on")
	return d
}

// startServer starts a server and waits until it says on stderr that it listens. It ends with the test.
func startServer(t *testing.T, server *exec.Cmd, listening string) {
	t.Helper()
	stderr, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	drained := make(chan struct{})
	t.Cleanup(func() {
		<-drained
		_ = server.Wait() // killed with the context of the test, which is no news
	})
	lines := bufio.NewReader(stderr)
	var said strings.Builder
	for {
		line, err := lines.ReadString('\n')
		said.WriteString(line)
		if strings.Contains(line, listening) {
			break
		}
		if err != nil {
			close(drained)
			t.Fatalf("%s ended before it listened:\n%s", server.Path, said.String())
		}
	}
	go func() {
		defer close(drained)
		// A server that nobody listens to would block on a full pipe.
		_, _ = io.Copy(io.Discard, lines)
	}()
}

// freeAddress returns an address on loopback that nobody listened on a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (d *debian) fill(t *testing.T, repository string, tags []string) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: mustLoopback(t).authority}}
	t.Cleanup(transport.CloseIdleConnections)
	push(t, d.address+"/"+repository+":"+tags[0], []remote.Option{remote.WithAuth(scanner), remote.WithTransport(transport)})
	for _, tag := range tags[1:] {
		path, data := link(t, repository, tag)
		file := filepath.Join(d.folder, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A registry that knows no pages answers more than was asked for, and without a Link. That is a whole list.
func TestDebianWithoutPages(t *testing.T) {
	t.Parallel()
	d := newDebian(t)
	for _, count := range []int{1, 1000, 1500} {
		path := fmt.Sprintf("team/app-%d", count)
		d.fill(t, path, numbered(count))
		client, err := registry.New(registry.Options{Hosts: []registry.Host{{
			Host: registryHost, Endpoint: "https://" + d.address, RootCAs: mustLoopback(t).authority, Auth: scanner,
			PerSecond: 10_000, Burst: 10_000,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.Tags(t.Context(), repository(t, path), 0)
		if err != nil {
			t.Fatal(err)
		}
		want := numbered(count)
		slices.Sort(want)
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(got.Tags))); diff != "" {
			t.Errorf("%d tags (-want +got):\n%s", count, diff)
		}
		for _, usage := range client.Usage() {
			// The challenge and the list; a list that looks like a full page is asked for again in two other ways, and
			// for what would come after it.
			want := 2
			if count == 1000 {
				want = 5
			}
			if usage.Requests != want || usage.Pulls != 0 {
				t.Errorf("%d tags: got %d requests with %d pulls, want %d without pulls", count, usage.Requests, usage.Pulls, want)
			}
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
}
