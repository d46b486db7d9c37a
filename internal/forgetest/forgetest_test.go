package forgetest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/image-updater/image-updater/internal/forgetest"
	"github.com/image-updater/image-updater/internal/gittest"
)

// TestGit expects that the repository is served beside the API, to who shows the token, and that what becomes of its
// branches becomes of the pull requests.
func TestGit(t *testing.T) {
	t.Parallel()
	if err := gittest.Available(); err != nil {
		t.Skip(err)
	}
	for _, kind := range forgetest.Kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			fake, err := forgetest.New(t.TempDir(), kind, gittest.Files{"a": "b"})
			if err != nil {
				t.Fatal(err)
			}
			for password, want := range map[string]int{"": http.StatusUnauthorized, "wrong": http.StatusUnauthorized, forgetest.Token: http.StatusOK} {
				r := httptest.NewRequest(http.MethodGet, fake.Path()+"/info/refs?service=git-upload-pack", nil)
				r.SetBasicAuth("x", password)
				w := httptest.NewRecorder()
				fake.ServeHTTP(w, r)
				if w.Code != want {
					t.Errorf("password %q: %d, want %d", password, w.Code, want)
				}
			}
			if adverts, _ := fake.Git.Count(gittest.UploadPack); adverts != 1 || fake.Count("") != 0 {
				t.Errorf("%d advertisements, %d requests of the API", adverts, fake.Count(""))
			}
			if err := fake.Fill(2, "x/", gittest.Branch); err != nil {
				t.Fatal(err)
			}
			tip, err := fake.Repository.Commit("x/0", "More", gittest.Files{"a": "c"})
			if err != nil {
				t.Fatal(err)
			}
			if err := fake.Merge(1); err != nil {
				t.Fatal(err)
			}
			pulls, err := fake.Pulls()
			if err != nil {
				t.Fatal(err)
			}
			now, err := fake.Repository.Tip(gittest.Branch)
			if err != nil {
				t.Fatal(err)
			}
			if p := pulls[0]; p.State != "merged" || p.Tip != tip || p.MergeCommit != now {
				t.Errorf("%+v, want tip %s and merge %s", p, tip, now)
			}
			if text, err := fake.Repository.File(gittest.Branch, "a"); err != nil || text != "c" {
				t.Errorf("%q, %v", text, err)
			}
		})
	}
}

func TestUnknownKind(t *testing.T) {
	t.Parallel()
	if _, err := forgetest.New(t.TempDir(), "gogs", nil); err == nil {
		t.Error("no error")
	}
}
