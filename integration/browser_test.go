package integration

import (
	"context"
	_ "embed"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	logging "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/internal/web"
	"github.com/image-updater/image-updater/internal/web/webtest"
)

// audit looks for what a page lacks for people who do not see it, or see it badly.
//
//go:embed testdata/audit.js
var audit string

// screenshots names the variable with the folder that pictures of the pages are written to, for people to look at.
const screenshots = "WEB_SCREENSHOTS"

var pageTime = time.Date(2026, 11, 21, 14, 35, 0, 0, time.UTC)

// chromium is a tab of Debian's browser.
type chromium struct {
	ctx    context.Context
	mu     sync.Mutex // guards errors, which the browser tells while the test goes on
	errors []string
}

// newChromium starts a browser. A site that it looks at has to be there before, as it ends when the browser has gone.
func newChromium(t *testing.T) *chromium {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program(t, "chromium", "chromium-browser")), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()))
	allocated, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	b := &chromium{ctx: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("ending the browser: %v", err)
		}
	})
	return b
}

// listen keeps what the browser complains about: errors of the script, refused by the content policy, answers of 400 and
// above.
func (b *chromium) listen(event any) {
	var text string
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		text = event.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		text = fmt.Sprint("console: ", event.Type)
	case *logging.EventEntryAdded:
		if event.Entry.Level != "error" && event.Entry.Level != "warning" {
			return
		}
		text = event.Entry.Text + " " + event.Entry.URL
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.errors = append(b.errors, text)
}

// complaints returns what the browser has complained about since it was last asked.
func (b *chromium) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	told := b.errors
	b.errors = nil
	return told
}

// do takes steps that have to come about within a minute.
func (b *chromium) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// evaluate runs a script in the page.
func evaluate[T any](t *testing.T, b *chromium, script string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// until asks a script again and again until it comes out true, also while another page is loaded.
func (b *chromium) until(t *testing.T, script string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		// Between two pages there is nothing that could run a script.
		if is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script)); err == nil && is {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s does not come true", script)
		case <-again.C:
		}
	}
}

// screen has the tab show itself as on some machine.
func (b *chromium) screen(t *testing.T, width, height int64, scheme string) {
	t.Helper()
	b.do(t, chromedp.EmulateViewport(width, height))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// picture writes what the whole page looks like, where somebody wants to look.
func (b *chromium) picture(t *testing.T, name string) {
	t.Helper()
	folder := os.Getenv(screenshots)
	if folder == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

// site serves the page of a board.
type site struct {
	*httptest.Server
	board *webtest.Board
	mu    sync.Mutex // guards scans
	scans []web.ScanRequest
}

func newSite(t *testing.T, s status.Status) *site {
	t.Helper()
	at := &site{board: webtest.NewBoard(s)}
	at.Server = httptest.NewServer(web.New(web.Options{
		Status: at.board.Status, Changed: at.board.Changed, Now: func() time.Time { return pageTime },
		Explain: func(_ context.Context, place web.Place) (status.Decision, error) {
			return webtest.Decision(at.board.Status(), place.Policy), nil
		},
		Scan: func(r web.ScanRequest) ([]string, error) {
			at.mu.Lock()
			defer at.mu.Unlock()
			at.scans = append(at.scans, r)
			return []string{r.Policy}, nil
		},
	}))
	t.Cleanup(at.Close)
	return at
}

func TestBrowserPages(t *testing.T) {
	t.Parallel()
	at := newSite(t, webtest.Status(pageTime))
	broken := webtest.Status(pageTime)
	broken.Config.Fault, broken.Config.FaultAt = webtest.Fault, pageTime.Add(-3*time.Minute)
	fault := newSite(t, broken)
	good := newSite(t, webtest.Calm(pageTime))
	large := newSite(t, webtest.Large(pageTime, 10_000))
	empty := newSite(t, status.Status{At: pageTime, Version: "1.4.0"})
	idle := newSite(t, status.Status{At: pageTime, Version: "1.4.0", Ready: true})
	long := newSite(t, webtest.Long(pageTime))
	b := newChromium(t)
	pages := []struct{ name, url string }{
		{"overview", at.URL + "/"}, {"policies", at.URL + "/policies"}, {"filtered", at.URL + "/policies?q=grafana&state=proposed"},
		{"nothing", at.URL + "/policies?q=zzz&state=fine"}, {"policy", at.URL + "/policies/nginx"}, {"not-found", at.URL + "/policies/old-gateway"},
		{"registry", at.URL + "/registries/docker.io"}, {"failing", at.URL + "/registries/registry.acme.example:5000"},
		{"git", at.URL + "/git/platform"}, {"history", at.URL + "/history"}, {"missing", at.URL + "/nowhere"},
		{"fault", fault.URL + "/"}, {"good", good.URL + "/"}, {"large", large.URL + "/policies?page=2"}, {"starting", empty.URL + "/"},
		{"idle", idle.URL + "/"}, {"long", long.URL + "/"}, {"long-policy", long.URL + "/policies/" + long.board.Status().Policies[0].Name},
		{"long-git", long.URL + "/git/" + long.board.Status().Git[1].Name},
	}
	for _, screen := range []struct {
		name          string
		width, height int64
		scheme        string
		skip          []string // pages on which nothing is new here
	}{
		{"light", 1280, 900, "light", nil},
		{"dark", 1280, 900, "dark", []string{"filtered", "nothing", "not-found", "failing", "git", "history", "missing", "good", "large", "starting", "long", "long-policy", "long-git"}},
		{"phone", 390, 844, "light", []string{"filtered", "nothing", "not-found", "failing", "good", "starting", "long-git"}},
		{"narrow", 320, 640, "dark", []string{"filtered", "nothing", "policies", "not-found", "failing", "fault", "good", "large", "starting"}},
	} {
		b.screen(t, screen.width, screen.height, screen.scheme)
		for _, page := range pages {
			if slices.Contains(screen.skip, page.name) {
				continue
			}
			name := page.name + "-" + screen.name
			b.do(t, chromedp.Navigate(page.url))
			b.until(t, `document.getElementById("live").dataset.state === "on"`)
			b.picture(t, name)
			b.do(t, chromedp.KeyEvent("\t")) // the focus is shown to those who use the keyboard
			if diff := cmp.Diff([]string{}, evaluate[[]string](t, b, audit)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			if told := b.complaints(); len(told) > 0 && page.name != "missing" {
				t.Errorf("%s: the browser complains: %s", name, strings.Join(told, "\n"))
			}
		}
	}
}

func TestBrowserLiveUpdate(t *testing.T) {
	t.Parallel()
	at := newSite(t, webtest.Status(pageTime))
	b := newChromium(t)
	b.do(t, chromedp.Navigate(at.URL+"/"))
	b.until(t, `document.getElementById("live").dataset.state === "on"`)
	// What a person is busy with must outlive the change.
	b.do(t, chromedp.SendKeys(chromedp.CSS("#q"), "ngi"))
	evaluate[bool](t, b, `window.marked = true`)
	changed := webtest.Calm(pageTime)
	changed.At = pageTime.Add(time.Second)
	at.board.Set(changed)
	b.until(t, `document.querySelector("h1").textContent === "All is well"`)
	if got := evaluate[string](t, b, `document.querySelector("#told").textContent`); got != "All is well" {
		t.Errorf("screen readers are told %q", got)
	}
	if !evaluate[bool](t, b, `window.marked && document.activeElement.id === "q" && document.getElementById("q").value === "ngi"`) {
		t.Error("the page was loaded anew, or what was typed is gone")
	}
	if told := b.complaints(); len(told) > 0 {
		t.Errorf("the browser complains: %s", strings.Join(told, "\n"))
	}
}

// loaded comes true when the page with this query is there.
func loaded(query string) string {
	return `location.search.includes("` + query + `") && document.readyState === "complete"`
}

func TestBrowserFilter(t *testing.T) {
	t.Parallel()
	at := newSite(t, webtest.Status(pageTime))
	b := newChromium(t)
	rows := func() []string {
		return evaluate[[]string](t, b, `[...document.querySelectorAll("tr[data-row]")].map(r => r.dataset.row)`)
	}
	b.screen(t, 1280, 900, "light")
	b.do(t, chromedp.Navigate(at.URL+"/"), chromedp.SendKeys(chromedp.CSS("#q"), "grafana\r"))
	b.until(t, loaded("q=grafana"))
	if diff := cmp.Diff([]string{"grafana"}, rows()); diff != "" {
		t.Error(diff)
	}
	b.do(t, chromedp.Navigate(at.URL+"/policies"))
	evaluate[bool](t, b, `(() => { const s = document.getElementById("state"); s.value = "held"; s.dispatchEvent(new Event("change", {bubbles: true})); return true })()`)
	b.until(t, loaded("state=held"))
	if diff := cmp.Diff([]string{"keycloak", "postgres"}, rows()); diff != "" {
		t.Error(diff)
	}
	b.do(t, chromedp.Click(chromedp.CSS("th.c-policy a")))
	b.until(t, loaded("sort=name"))
	if diff := cmp.Diff([]string{"keycloak", "postgres"}, rows()); diff != "" {
		t.Error(diff)
	}
	b.do(t, chromedp.KeyEvent("/"))
	if !evaluate[bool](t, b, `document.activeElement.id === "q"`) {
		t.Error("the key / does not lead to the search")
	}
}

func TestBrowserPolicy(t *testing.T) {
	t.Parallel()
	at := newSite(t, webtest.Status(pageTime))
	b := newChromium(t)
	b.do(t, chromedp.Navigate(at.URL+"/policies/nginx"))
	heads := evaluate[[]string](t, b, `[...document.querySelectorAll(".verdicts h3")].map(h => h.firstChild.textContent.trim())`)
	if diff := cmp.Diff([]string{"Newer, and refused", "Waiting", "Chosen", "The other tags"}, heads); diff != "" {
		t.Error(diff)
	}
	first := evaluate[[]string](t, b, `[...document.querySelectorAll(".verdicts tbody tr")][0].innerText.split(/\t|\n/).map(s => s.trim()).filter(s => s)`)
	if diff := cmp.Diff([]string{"2.0.0-alpine", "range", "outside >=1.25 <2", "3 days ago"}, first); diff != "" {
		t.Error(diff)
	}
	b.do(t, chromedp.Click(chromedp.CSS("#scan")))
	b.until(t, `document.getElementById("scan").textContent === "Asked for"`)
	at.mu.Lock()
	defer at.mu.Unlock()
	if diff := cmp.Diff([]web.ScanRequest{{Policy: "nginx"}}, at.scans); diff != "" {
		t.Error(diff)
	}
	if told := b.complaints(); len(told) > 0 {
		t.Errorf("the browser complains: %s", strings.Join(told, "\n"))
	}
}

// The choice of colours holds for the next page, too, and the first stop of the keyboard leads to the content.
func TestBrowserThemeAndKeyboard(t *testing.T) {
	t.Parallel()
	at := newSite(t, webtest.Status(pageTime))
	b := newChromium(t)
	ground := `getComputedStyle(document.body).backgroundColor`
	b.screen(t, 1280, 900, "light")
	b.do(t, chromedp.Navigate(at.URL+"/"))
	light := evaluate[string](t, b, ground)
	b.do(t, chromedp.Click(chromedp.CSS("#theme")))
	dark := evaluate[string](t, b, ground)
	b.do(t, chromedp.Navigate(at.URL+"/history"))
	if after := evaluate[string](t, b, ground); light == dark || after != dark {
		t.Errorf("light %s, dark %s, on the next page %s", light, dark, after)
	}
	b.do(t, chromedp.KeyEvent("\t"))
	if got := evaluate[string](t, b, `document.activeElement.textContent`); got != "Skip to the content" {
		t.Errorf("the first stop is %q", got)
	}
	b.do(t, chromedp.KeyEvent("\r"))
	if got := evaluate[string](t, b, `location.hash`); got != "#main" {
		t.Errorf("it leads to %q", got)
	}
}

// Without its script the page still tells everything and can be searched.
func TestBrowserWithoutScript(t *testing.T) {
	t.Parallel()
	at := newSite(t, webtest.Status(pageTime))
	b := newChromium(t)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.Navigate(at.URL+"/"), chromedp.SendKeys(chromedp.CSS("#q"), "vehicles"), chromedp.Click(chromedp.CSS(".search button")),
		chromedp.WaitNotPresent(chromedp.CSS(`tr[data-row="web"]`)), chromedp.WaitVisible(chromedp.CSS(`tr[data-row="vehicles"]`)))
	if location, err := chromedp.Run(b.ctx, chromedp.Location()); err != nil || !strings.HasPrefix(location, at.URL+"/policies?q=vehicles") {
		t.Errorf("%s %v", location, err)
	}
	b.picture(t, "without-script")
}
