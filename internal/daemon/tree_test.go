package daemon

import (
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestTipOfBefore: where a branch stood before a pass wrote there is no news, though it is told after that.
func TestTipOfBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleet(2, 1, 1, "10m"))
	synctest.Test(t, func(t *testing.T) {
		d, stop := begin(t, Options{Load: w.load})
		defer stop()
		after(time.Hour)
		w.set(func() { w.telling = 30 * time.Second })
		for asked := 0; asked == 0; after(100 * time.Millisecond) {
			w.set(func() { asked = w.asking })
		}
		before := len(w.only())
		w.release(app("0"))
		d.Pushed(app("0"))
		after(3 * time.Minute)
		if diff := gocmp.Diff([]map[string][]string{{"fleet-0": {"app-0"}}}, w.only()[before:]); diff != "" {
			t.Errorf("passes (-want +got):\n%s", diff)
		}
	})
}

// TestOnly: a policy that is gone selects nothing, and least of all every other.
func TestOnly(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		selected []string
		all      bool
		want     []string
	}{
		{name: "one", selected: []string{"b"}, want: []string{"b"}},
		{name: "each", selected: []string{"b", "a"}},
		{name: "each and one that is gone", selected: []string{"b", "gone", "a"}},
		{name: "one and one that is gone", selected: []string{"a", "gone"}, want: []string{"a"}},
		{name: "one that is gone", selected: []string{"gone"}, want: []string{}},
		{name: "all", all: true, selected: []string{"a"}},
	} {
		tree := &tree{policies: []string{"a", "b"}}
		tree.because(time.Time{}.Add(time.Hour), cause{}, test.all, test.selected...)
		if diff := gocmp.Diff(test.want, tree.only()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
