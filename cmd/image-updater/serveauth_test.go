package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/internal/web"
)

// An auth file that is emptied, broken or gone lets in whom it let in before, and that is told and logged once, until it is
// right again.
func TestBrokenAuthFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth")
	now := time.Now()
	var log strings.Builder
	f := &authFile{path: path, flagged: flagged{flag: "--auth-file", now: func() time.Time { return now }, log: slog.New(slog.NewTextHandler(&log, nil))}}
	replace(t, path, []byte("bearer one\n"))
	if err := f.read(); err != nil {
		t.Fatal(err)
	}
	state := func() status.Status { return status.Status{At: now, Ready: true, Files: []status.File{f.state()}} }
	page := web.New(web.Options{Status: state, Credentials: f.credentials, Now: f.now})
	ask := func(token string) int {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/v1/status", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		page.ServeHTTP(w, r)
		return w.Code
	}
	expect := func(when string, one, two int, fault string) {
		t.Helper()
		for range 3 {
			now = now.Add(authAgain)
			if got := ask("one"); got != one {
				t.Errorf("%s: the first is answered %d, want %d", when, got, one)
			}
			if got := ask("two"); got != two {
				t.Errorf("%s: the second is answered %d, want %d", when, got, two)
			}
		}
		if got := f.state(); (fault == "") != (got.Error == "") || !strings.Contains(got.Error, fault) || (fault == "") != got.Since.IsZero() {
			t.Errorf("%s: told is %+v, want %q", when, got, fault)
		}
	}
	expect("at first", 200, 401, "")
	replace(t, path, nil)
	expect("when it is emptied", 200, 401, "there is no credential in it")
	replace(t, path, []byte("bearer two\nbasic ada\n"))
	expect("when it is broken", 200, 401, "line 2")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expect("when it is gone", 200, 401, "no such file")
	replace(t, path, []byte("bearer two\n"))
	expect("when it is right", 401, 200, "")
	if got := strings.Count(log.String(), "level=ERROR"); got != 3 {
		t.Errorf("%d errors are logged, want one for each of three:\n%s", got, log.String())
	}
	if strings.Contains(log.String(), "ada") {
		t.Errorf("the log has what is in the file:\n%s", log.String())
	}
}
