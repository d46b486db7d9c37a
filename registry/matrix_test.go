package registry

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/registrytest"
)

var update = flag.Bool("update", false, "rewrite the golden files with what comes out")

// question is a column of the fault matrix: what is asked, and the kind of the request that the fault meets.
type question struct {
	name string
	kind registrytest.Kind
	host string
	tags int
	path string // of the request, for the repository "acme/met"
	ask  func(context.Context, *Client, image.Repository) error
	most int64 // bytes of an answer that may be read
}

var questions = []question{
	{name: "list", kind: registrytest.List, tags: 2500, path: "/v2/acme/met/tags/list", ask: askTags, most: maxListPage},
	{name: "HEAD", kind: registrytest.Head, tags: 5, path: "/v2/acme/met/manifests/0001", ask: askDigest, most: maxSmall},
	{name: "GET", kind: registrytest.Get, tags: 5, path: "/v2/acme/met/manifests/" + digestOfMet(), ask: askPlatforms, most: maxManifest},
	{name: "token", kind: registrytest.Token, tags: 5, path: "/token", ask: askTags, most: maxSmall},
	{name: "tag API", kind: registrytest.Tell, host: image.DockerHub, tags: 5,
		path: "/v2/namespaces/acme/repositories/met/tags", ask: askDetails, most: maxAPIPage},
}

func digestOfMet() string {
	_, digest := registrytest.Manifest("acme/met", "0001")
	return digest
}

func askDigest(ctx context.Context, c *Client, r image.Repository) error {
	_, err := c.Look(ctx, r, "0001", image.DigestFact, time.Time{})
	return err
}

func askPlatforms(ctx context.Context, c *Client, r image.Repository) error {
	tag, err := c.Look(ctx, r, "0001", image.PlatformsFact, time.Time{})
	if err == nil && len(tag.Platforms) == 0 {
		return errNoImage
	}
	return err
}

// Answers that are no errors, but have not what was asked for.
var (
	errNames   = &Error{Message: "names alone"}
	errNoImage = &Error{Message: "no image"}
)

func askDetails(ctx context.Context, c *Client, r image.Repository) error {
	list, err := c.Details(ctx, r, image.PushedFact, 0)
	if err == nil && list.Facts&image.PushedFact == 0 {
		return errNames
	}
	return err
}

func askTags(ctx context.Context, c *Client, r image.Repository) error {
	list, err := c.Tags(ctx, r, 0)
	if err == nil && len(list.Tags) == 0 {
		return errors.New("an empty list")
	}
	return err
}

// trouble is a row: a fault that any answer may have, or one that only lists or challenges can.
type trouble struct {
	name  string
	fault registrytest.Fault  // any answer may have
	lists registrytest.Paging // of lists alone, of many tags
	realm string              // of challenges alone
	jump  time.Duration       // of the clock after a first question; the second one is the one that counts
}

// meets reports whether the row is for questions of the kind.
func (r trouble) meets(kind registrytest.Kind) bool {
	body := r.fault.Cut || r.fault.Drip > 0 || r.fault.Endless || r.fault.Status == http.StatusOK
	switch {
	case r.lists != registrytest.Paging{}:
		return kind == registrytest.List
	case r.realm != "":
		return kind == registrytest.Token
	case kind == registrytest.Head:
		return !body // it has none
	}
	return true
}

// same stands for the path that is asked, as the goal of a redirect.
const same = "same"

func troubles() []trouble {
	status := func(code int, header ...string) registrytest.Fault {
		f := registrytest.Fault{Status: code}
		if len(header) > 0 {
			f.Header = http.Header{"Retry-After": header}
		}
		return f
	}
	said := func(f registrytest.Fault, body string) registrytest.Fault {
		f.Body = body
		return f
	}
	times := func(f registrytest.Fault, n int) registrytest.Fault {
		f.Times = n
		return f
	}
	const (
		pulls  = `{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}`
		logins = `{"errors":[{"code":"TOOMANYREQUESTS","message":"too many failed login attempts for username or IP address"}]}`
		ghcr   = `{"errors":[{"code":"TOOMANYREQUESTS","message":"retry-after: 880.092µs, allowed: 44000/minute"}]}`
	)
	rows := []trouble{{name: "nothing wrong"}}
	for _, code := range []int{204, 304, 400, 401, 402, 403, 404, 405, 406, 408, 410, 415, 416, 418, 422, 451, 499, 500, 501, 502, 503, 504, 505, 520, 522} {
		rows = append(rows, trouble{name: fmt.Sprint(code), fault: status(code)})
	}
	return append(rows,
		trouble{name: "429", fault: status(429)},
		trouble{name: "429 once, for 5 s", fault: times(status(429, "5"), 1)},
		trouble{name: "429, for 5 s", fault: status(429, "5")},
		trouble{name: "429 for an hour", fault: status(429, "3600")},
		trouble{name: "429 for a year", fault: status(429, "31536000")},
		trouble{name: "429 until a date", fault: status(429, "Sat, 01 Jan 2000 00:20:00 GMT")},
		trouble{name: "429 until nonsense", fault: status(429, "soon")},
		trouble{name: "429 of GHCR, once", fault: times(said(status(429), ghcr), 1)},
		trouble{name: "429, pulls spent", fault: said(status(429), pulls)},
		trouble{name: "429, failed logins", fault: said(status(429), logins)},
		trouble{name: "503 once", fault: times(status(503), 1)},
		trouble{name: "503 for an hour", fault: status(503, "3600")},
		trouble{name: "html", fault: said(status(200), "<html>sign in to the hotel's network</html>")},
		trouble{name: "an empty body", fault: status(200)},
		trouble{name: "cut once", fault: registrytest.Fault{Cut: true, Times: 1}},
		trouble{name: "cut", fault: registrytest.Fault{Cut: true}},
		trouble{name: "slow drip", fault: registrytest.Fault{Drip: 10 * time.Second}},
		trouble{name: "no answer once", fault: registrytest.Fault{Stall: true, Times: 1}},
		trouble{name: "no answer", fault: registrytest.Fault{Stall: true}},
		trouble{name: "endless body", fault: registrytest.Fault{Endless: true}},
		trouble{name: "redirect elsewhere", fault: registrytest.Fault{Redirect: "https://evil.example/v2/"}},
		trouble{name: "redirect to a cloud's keys", fault: registrytest.Fault{Redirect: "http://169.254.169.254/latest/meta-data/"}},
		trouble{name: "redirect in a circle", fault: registrytest.Fault{Redirect: same}},
		trouble{name: "clock a day back", jump: -24 * time.Hour},
		trouble{name: "clock a day ahead", jump: 24 * time.Hour},
		trouble{name: "paused, clock three days back", fault: times(status(429, "3600"), 1), jump: -72 * time.Hour},
		trouble{name: "paused, clock a day ahead", fault: times(status(429, "3600"), 1), jump: 24 * time.Hour},
		trouble{name: "pages in a circle", lists: registrytest.Paging{Size: 1000, Loop: true}},
		trouble{name: "pages without end", lists: registrytest.Paging{Size: 1000, Endless: true}},
		trouble{name: "page cut, no Link", lists: registrytest.Paging{Size: 1000, NoLink: true}},
		trouble{name: "Link elsewhere", lists: registrytest.Paging{Size: 1000, LinkOrigin: "https://evil.example"}},
		trouble{name: "next elsewhere", lists: registrytest.Paging{JSONNext: "http://169.254.169.254/latest/"}},
		trouble{name: "realm elsewhere", realm: "https://evil.example/token"},
		trouble{name: "realm at a cloud's keys", realm: "http://169.254.169.254/token"},
		trouble{name: "realm by http", realm: "http://faulty.example/token"},
	)
}

// TestFaultMatrix meets every question with every fault. A cell says what came of it: the verdict, the requests of the
// kind, the time it took, and "held" where the next repository of the same registry is not asked for then. In no cell
// are there requests to anybody else, more than a few of them or without end, nor is anything of another registry lost
// or late. The matrix is in testdata; with -v it is printed.
func TestFaultMatrix(t *testing.T) {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "fault")
	for _, q := range questions {
		fmt.Fprint(table, "\t", q.name)
	}
	fmt.Fprintln(table)
	for _, row := range troubles() {
		fmt.Fprint(table, row.name)
		for _, q := range questions {
			cell := "-"
			if row.meets(q.kind) {
				t.Run(row.name+"/"+q.name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { cell = meet(t, row, q) })
				})
			}
			fmt.Fprint(table, "\t", cell)
		}
		fmt.Fprintln(table)
	}
	table.Flush()
	t.Logf("\n%s", &text)
	path := filepath.Join("testdata", "faultmatrix.txt")
	if *update {
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("matrix (-want +got):\n%s", diff)
	}
}

// meet makes one cell.
func meet(t *testing.T, row trouble, q question) string {
	const soundHost = "sound.example"
	faultyHost := cmp.Or(q.host, "faulty.example")
	auth := registrytest.Auth{Scheme: registrytest.Bearer, Username: "robot", Password: "secret", Scopes: registrytest.RefuseScope, Realm: row.realm}
	faulty := registrytest.New(registrytest.Options{Auth: auth, Paging: row.lists, API: registrytest.API{Hub: &registrytest.HubAPI{}}})
	sound := registrytest.New(registrytest.Options{})
	for _, path := range []string{"acme/met", "acme/next"} {
		faulty.Add(path, numbered(q.tags)...)
		sound.Add(path, "1.0")
	}
	var largest atomic.Int64
	counted := countBytes{&largest}
	var jumped time.Duration
	c := newClient(t, Options{
		Hosts:  []Host{{Host: faultyHost, Auth: account("secret"), PerSecond: 1e6, Burst: 1e6}},
		Jitter: func() float64 { return 0 },
		Now:    func() time.Time { return time.Now().Add(jumped) },
		Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
			switch req.URL.Host {
			case soundHost:
				return sound.Transport().RoundTrip(req)
			case "faulty.example", "registry-1.docker.io", "hub.docker.com":
				return counted.on(faulty.Transport().RoundTrip(req))
			}
			t.Errorf("%s was asked", req.URL.Host)
			return nil, errors.New("asked elsewhere")
		}),
	})
	h, err := c.host(faultyHost)
	if err != nil {
		t.Fatal(err)
	}
	if row.realm == "" {
		h.challenges.set(challenge{Scheme: schemeBearer, Realm: h.base.String() + "/token"})
	}
	if row.fault.Redirect == same {
		row.fault.Redirect = q.path
	}
	faulty.Break(q.kind, row.fault)
	met := image.Repository{Host: faultyHost, Path: "acme/met"}
	if row.jump != 0 {
		q.ask(t.Context(), c, met)
		<-time.After(10 * time.Minute) // which every token has expired in
		jumped = row.jump
		faulty.Reset()
	}

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	answered := make(chan error, 1)
	go func() { answered <- q.ask(t.Context(), c, met) }()
	_, other := c.Tags(t.Context(), image.Repository{Host: soundHost, Path: "acme/met"}, 0)
	if late := time.Since(began); other != nil || late > 0 {
		t.Errorf("the other registry was listed after %v: %v", late, other)
	}
	err = <-answered
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	counts := faulty.Counts()
	cell := fmt.Sprintf("%s ×%d", outcome(t, err, began.Add(jumped)), of(counts, q.kind))
	if took > 0 {
		cell += " " + took.String()
	}
	if took > 90*time.Second {
		t.Errorf("it took %v", took)
	}
	if row.lists != (registrytest.Paging{Size: 1000, Endless: true}) && counts.Total() > 12 {
		t.Errorf("%d requests", counts.Total())
	}
	if largest.Load() > q.most+1 {
		t.Errorf("%d bytes of one answer were read", largest.Load())
	}
	if made := after.TotalAlloc - before.TotalAlloc; made > 128<<20 {
		t.Errorf("%d MiB of memory were asked for", made>>20)
	}
	faulty.Break(q.kind, registrytest.Fault{})
	if err := q.ask(t.Context(), c, image.Repository{Host: faultyHost, Path: "acme/next"}); err != nil && row.realm == "" && row.lists == (registrytest.Paging{}) {
		cell += ", held"
	}
	return cell
}

// outcome names what came of a question in a few words.
func outcome(t *testing.T, err error, now time.Time) string {
	t.Helper()
	if err == nil {
		return "ok"
	}
	e := asError(t, err, "")
	if quota, ok := errors.AsType[*QuotaError](err); ok {
		return "no pulls for " + quota.Until.Sub(now).String()
	}
	if !e.Until.IsZero() {
		return "paused for " + e.Until.Sub(now).String()
	}
	for _, known := range []struct{ text, name string }{
		{errNames.Message, errNames.Message},
		{errNoImage.Message, errNoImage.Message},
		{"does not answer", "left alone"},
		{"did not end within", "too slow"},
		{"longer than", "too long"},
		{"is not followed", "not followed"},
		{"too many redirects", "circle noticed"},
		{"leads back to a page", "circle noticed"},
		{"leads to another host", "not followed"},
		{"list has more than", "too long"},
		{"seems cut", "cut noticed"},
		{"unexpected EOF", "cut"},
		{"of the challenge", "not asked"},
		{"the answer is no", "not understood"},
		{"with what has the digest", "not believed"},
	} {
		if strings.Contains(e.Error(), known.text) {
			return known.name
		}
	}
	if e.Status == 0 {
		t.Errorf("an error that says nothing of use: %v", e)
	}
	return fmt.Sprint(e.Status)
}

// of returns the number of requests of a kind.
func of(c registrytest.Counts, kind registrytest.Kind) int {
	return map[registrytest.Kind]int{
		registrytest.List: c.List, registrytest.Token: c.Token, registrytest.Head: c.Head, registrytest.Get: c.Get, registrytest.Tell: c.Tell,
	}[kind]
}

// countBytes notes how long the longest answer is, as far as it is read.
type countBytes struct{ largest *atomic.Int64 }

func (b countBytes) on(resp *http.Response, err error) (*http.Response, error) {
	if err == nil {
		resp.Body = &countedBody{ReadCloser: resp.Body, largest: b.largest}
	}
	return resp, err
}

type countedBody struct {
	io.ReadCloser
	read    int64
	largest *atomic.Int64
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	b.largest.Store(max(b.largest.Load(), b.read))
	return n, err
}
