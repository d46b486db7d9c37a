package writeback_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/internal/gittest"
	"github.com/image-updater/image-updater/writeback"
)

// TestRaces has others push between our look at the branch and our push.
func TestRaces(t *testing.T) {
	t.Parallel()
	other := func(n int) gittest.Files { return gittest.Files{"other.txt": fmt.Sprint(n)} }
	tests := []struct {
		name     string
		races    int  // pushes of others that come between the advertisement and ours
		before   bool // one more comes before the advertisement
		files    func(n int) gittest.Files
		attempts int
		commits  int
		web      string // the reference in apps/web afterwards
	}{
		{name: "none", files: other, attempts: 1, commits: 1, web: "nginx:1.27.4"},
		{name: "before the advertisement", before: true, files: other, attempts: 2, commits: 1, web: "nginx:1.27.4"},
		{name: "after the advertisement", races: 1, files: other, attempts: 2, commits: 1, web: "nginx:1.27.4"},
		{name: "three times", races: 3, before: true, files: other, attempts: 5, commits: 1, web: "nginx:1.27.4"},
		{
			name: "they do the same", races: 1, attempts: 1, commits: 0, web: "nginx:1.27.4",
			files: func(int) gittest.Files {
				return gittest.Files{
					"apps/web/deploy.yaml": manifest("web", "nginx:1.27.4"), "apps/two/deploy.yaml": manifest("two", "nginx:1.27.4"),
				}
			},
		},
		{
			name: "they change the same file", races: 1, attempts: 2, commits: 1, web: "nginx:1.27.4",
			files: func(int) gittest.Files {
				return gittest.Files{"apps/web/deploy.yaml": "# moved down\n" + manifest("web", "nginx:1.26.0")}
			},
		},
		{
			name: "they replace the image", races: 1, attempts: 2, commits: 1, web: "caddy:2",
			files: func(int) gittest.Files { return gittest.Files{"apps/web/deploy.yaml": manifest("web", "caddy:2")} },
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, fleet())
			b := open(t, newWriter(), s.target)
			n := 0
			s.server.Set(gittest.Faults{BeforeReceive: func() {
				if n++; n <= test.races {
					s.commit(t, "main", test.files(n))
				}
			}})
			if test.before {
				s.commit(t, "main", test.files(100))
			}
			asked := 0
			decide := func(ctx context.Context, found edit.Found) ([]writeback.Commit, error) {
				asked++
				return bump("nginx", "1.27.4")(ctx, found)
			}
			got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: decide})
			if err != nil {
				t.Fatal(err)
			}
			if got.Attempts != test.attempts || len(got.Commits) != test.commits {
				t.Errorf("%d attempts, %d commits, want %d and %d", got.Attempts, len(got.Commits), test.attempts, test.commits)
			}
			if want := test.attempts + 1 - test.commits; asked != want {
				t.Errorf("asked %d times, want %d", asked, want)
			}
			if file := s.file(t, "main", "apps/web/deploy.yaml"); !strings.Contains(file, "image: "+test.web+" ") {
				t.Errorf("apps/web/deploy.yaml:\n%s", file)
			}
			wantLog := 1 + test.commits + test.races
			if test.before {
				wantLog++
			}
			if got := s.subjects(t, "main"); len(got) != wantLog {
				t.Errorf("log %q, want %d commits", got, wantLog)
			}
			s.fsck(t)
		})
	}
}

// TestRacesEnd has a clock that goes on with every race: two minutes without the branch moving on are enough, and twenty
// in any case.
func TestRacesEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		races int
		each  time.Duration // how long a race lasts
		aside bool          // the others do not build upon what was there
		lost  int           // how many it takes to give up; 0 = it gets in
	}{
		{name: "the branch moves on", races: 5, each: 50 * time.Second},
		{name: "it moves on for too long", races: 100, each: 110 * time.Second, lost: 12},
		{name: "it moves on too slowly", races: 100, each: 130 * time.Second, lost: 2},
		{name: "it is moved aside", races: 100, each: 50 * time.Second, aside: true, lost: 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, fleet())
			begin, now, n := s.tip(t, "main"), time.Unix(1767312000, 0), 0
			s.server.Set(gittest.Faults{BeforeReceive: func() {
				if n++; n > test.races {
					return
				}
				now = now.Add(test.each)
				if test.aside {
					if err := s.repo.SetTip("main", begin); err != nil {
						t.Error(err)
					}
				}
				s.commit(t, "main", gittest.Files{"other.txt": fmt.Sprint(n)})
			}})
			w := newWriter()
			w.Now = func() time.Time { return now }
			b := open(t, w, s.target)
			_, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: bump("nginx", "1.27.4")})
			switch want := fmt.Sprintf(`branch "main" moved %d times within`, test.lost); {
			case test.lost == 0 && err != nil:
				t.Error(err)
			case test.lost != 0 && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("error %v, want %q", err, want)
			}
		})
	}
}

func TestRacesAreStopped(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	n := 0
	s.server.Set(gittest.Faults{BeforeReceive: func() {
		n++
		s.commit(t, "main", gittest.Files{"other.txt": fmt.Sprint(n)})
	}})
	w := newWriter()
	w.Jitter = func() float64 { return 1 }
	b := open(t, w, s.target)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	decide := func(ctx context.Context, found edit.Found) ([]writeback.Commit, error) {
		time.AfterFunc(300*time.Millisecond, func() { cancel(stop) })
		return bump("nginx", "1.27.4")(ctx, found)
	}
	if _, err := b.Publish(ctx, writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: decide}); !errors.Is(err, stop) {
		t.Errorf("error %v, want stop", err)
	}
}

// TestManyWriters has writers who know nothing of each other, as processes would. Fifty of them go by the path, which
// spares the machine half of the processes that stand for the server.
func TestManyWriters(t *testing.T) {
	t.Parallel()
	t.Run("http", func(t *testing.T) {
		t.Parallel()
		manyWriters(t, 8, func(s *site) {})
	})
	t.Run("path", func(t *testing.T) {
		t.Parallel()
		manyWriters(t, 50, func(s *site) { s.target.URL = s.repo.Dir })
	})
}

func manyWriters(t *testing.T, writers int, choose func(s *site)) {
	files := gittest.Files{}
	for i := range writers {
		files[fmt.Sprintf("apps/a%02d.yaml", i)] = manifest("a", fmt.Sprintf("acme/a%02d:1.0.0", i))
	}
	s := newSite(t, files)
	choose(s)
	var group sync.WaitGroup
	attempts := make([]int, writers)
	for i := range writers {
		group.Go(func() {
			w := writeback.Writer{Jitter: func() float64 { return rand.Float64() / 4 }} // a test need not be that polite
			b, err := w.Open(t.Context(), s.target)
			if err != nil {
				t.Error(err)
				return
			}
			defer b.Close()
			got, err := b.Publish(t.Context(), writeback.Publication{
				Scanner: newScanner(t, edit.Query{}), Decide: bump(fmt.Sprintf("acme/a%02d", i), "2.0.0"),
			})
			if err != nil {
				t.Error(err)
			}
			attempts[i] = got.Attempts
		})
	}
	group.Wait()
	if got := s.subjects(t, "main"); len(got) != writers+1 {
		t.Errorf("%d commits, want %d", len(got), writers+1)
	}
	all := 0
	for i := range writers {
		all += attempts[i]
		if file := s.file(t, "main", fmt.Sprintf("apps/a%02d.yaml", i)); !strings.Contains(file, ":2.0.0 ") {
			t.Errorf("change %d is lost", i)
		}
	}
	t.Logf("%d attempts of %d writers", all, writers)
	s.fsck(t)
}

// TestOneWriter queues the publications of one process: none loses a race.
func TestOneWriter(t *testing.T) {
	t.Parallel()
	const branches = 8
	s := newSite(t, fleet())
	w := newWriter()
	var group sync.WaitGroup
	for i := range branches {
		b := open(t, w, s.target)
		group.Go(func() {
			decide := func(ctx context.Context, found edit.Found) ([]writeback.Commit, error) {
				return bump("nginx", fmt.Sprintf("1.27.%d", i))(ctx, found)
			}
			got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Decide: decide})
			if err != nil || got.Attempts != 1 {
				t.Errorf("%d attempts, %v", got.Attempts, err)
			}
		})
	}
	group.Wait()
	if got := s.subjects(t, "main"); len(got) != branches+1 {
		t.Errorf("log %q", got)
	}
	s.fsck(t)
}

// TestOneBranchAgain publishes what follows from its own push without looking at the branch again.
func TestOneBranchAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	b := open(t, newWriter(), s.target)
	for i := range 3 {
		got, err := b.Publish(t.Context(), writeback.Publication{
			Scanner: newScanner(t, edit.Query{}), Decide: bump("nginx", fmt.Sprintf("1.27.%d", i)),
		})
		if err != nil || got.Attempts != 1 {
			t.Errorf("publication %d: %d attempts, %v", i, got.Attempts, err)
		}
	}
}

// TestOneHeadFromTwoBases has publications of one process to the same branch of our own, built from different bases.
func TestOneHeadFromTwoBases(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	if _, err := s.repo.Commit("staging", "Begin", fleet()); err != nil {
		t.Fatal(err)
	}
	w := newWriter()
	publish := func(b *writeback.Branch, n int) {
		got, err := b.Publish(t.Context(), writeback.Publication{
			Scanner: newScanner(t, edit.Query{}), Head: head, Decide: bump("nginx", fmt.Sprintf("1.27.%d", n)),
		})
		if err != nil || got.Attempts != 1 {
			t.Errorf("publication %d from %s: %d attempts, %v", n, b.Name(), got.Attempts, err)
		}
	}
	var bases []*writeback.Branch
	for i, name := range []string{"main", "staging", "main", "staging"} {
		s.target.Branch = name
		if i > 1 { // a user at the address is no other repository
			s.target.URL = strings.Replace(s.target.URL, "http://", "http://bot@", 1)
		}
		bases = append(bases, open(t, w, s.target))
	}
	for n, b := range bases { // each knows the head as it stood before the first
		publish(b, n)
	}
	var group sync.WaitGroup
	for n := range 12 {
		group.Go(func() { publish(bases[n%len(bases)], 100+n) })
	}
	group.Wait()
	s.fsck(t)
}

// TestLookedAtOnce publishes on branches that were looked at after the last push of their writer: that is not asked again.
func TestLookedAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, fleet())
	w := newWriter()
	first := open(t, w, s.target)
	publish := func(b *writeback.Branch, tag string) writeback.Published {
		t.Helper()
		got, err := b.Publish(t.Context(), writeback.Publication{Scanner: newScanner(t, edit.Query{}), Head: head, Decide: bump("nginx", tag)})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	publish(first, "1.27.4")
	second := open(t, w, s.target)
	if _, err := first.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.server.Forget()
	for _, b := range []*writeback.Branch{first, second} {
		if got := publish(b, "1.27.4"); got.Tip != s.tip(t, head) || got.Attempts != 0 {
			t.Errorf("published %+v", got)
		}
	}
	if adverts, _ := s.server.Count(gittest.UploadPack); adverts != 0 {
		t.Errorf("asked for the branches %d times", adverts)
	}
	publish(first, "1.28.0") // and then the other has to ask
	publish(second, "1.29.0")
	if adverts, _ := s.server.Count(gittest.UploadPack); adverts != 1 {
		t.Errorf("asked for the branches %d times, want once", adverts)
	}
}
