package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

func TestReadTagList(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	digest := image.Digest("sha256:" + strings.Repeat("0a", 32))
	for _, test := range []struct {
		name, in string
		want     []policy.Candidate
		err      string
	}{
		{name: "lines", in: "\ufeff# history\r\n1.0\r\n\r\n1.1 2026-11-21T10:00:00Z # pushed\n1.2 2026-11-21T10:00:00Z " + digest.String() + "\n1.3 " + digest.String(),
			want: []policy.Candidate{{Tag: "1.0"}, {Tag: "1.1", Pushed: at, Created: at},
				{Tag: "1.2", Pushed: at, Created: at, Digest: digest}, {Tag: "1.3", Digest: digest}}},
		{name: "any blanks", in: " \t1.0\t 2026-11-21T10:00:00Z \n\v1.1\f",
			want: []policy.Candidate{{Tag: "1.0", Pushed: at, Created: at}, {Tag: "1.1"}}},
		{name: "doubles", in: "1.0\n1.1\n1.0 2026-11-21T10:00:00Z\n",
			want: []policy.Candidate{{Tag: "1.0"}, {Tag: "1.1"}, {Tag: "1.0", Pushed: at, Created: at}}},
		{name: "empty", in: "\n", want: []policy.Candidate{}},
		{name: "illegal tag", in: "1.0\n-x\n", err: "list:2: tag \"-x\" begins with"},
		{name: "illegal time", in: "1.0 yesterday\n", err: `list:1: "yesterday" is no time`},
		{name: "illegal digest", in: "1.0 sha256:00\n", err: "list:1: digest"},
		{name: "too much", in: "1.0 2026-11-21T10:00:00Z " + digest.String() + " x\n", err: `list:1: unexpected "x"`},
		{name: "JSON", in: `{"image":"docker.io/library/nginx","tags":[{"tag":"1.0"},{"tag":"1.1","pushed":"2026-11-21T10:00:00Z","digest":"` + digest.String() + `","platforms":["linux/amd64"]}]}`,
			want: []policy.Candidate{{Tag: "1.0"}, {Tag: "1.1", Pushed: at, Digest: digest, Platforms: []image.Platform{{OS: "linux", Architecture: "amd64"}}}}},
		{name: "JSON with an illegal tag", in: "{\"tags\":[\n{\"tag\":\"1.0\"},\n{\"tag\":\"é\"}]}", err: "list:3: tags[1]: tag"},
		{name: "JSON with an illegal time", in: "{\"tags\":[\n{\"tag\":\"1.0\",\"pushed\":\"now\"}]}", err: "list:2"},
		{name: "broken JSON", in: "{\n\"tags\":[", err: "list:2: unexpected EOF"},
		{name: "text after JSON", in: "{}\n{}", err: "list:2: text after the list"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := readTagList("list", strings.NewReader(test.in))
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("error %v, want one with %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.candidates); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinesOfATagList(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, in string
		want     []int
	}{
		{name: "lines", in: "# history\n1.0\n\n1.1\n1.2\n", want: []int{2, 4, 5}},
		{name: "doubles", in: "1.0 2026-11-21T10:00:00Z\n1.1\n1.0\n1.2", want: []int{2, 3, 4}},
		{name: "of doubles the last", in: "1.0\n1.1\n1.0 2026-11-21T10:00:00Z\n1.2", want: []int{2, 3, 4}},
		{name: "JSON", in: "{\"tags\":[\n{\"tag\":\"1.0\"},\n\n{\"tag\":\"1.1\"}]}", want: []int{2, 4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			list, err := readTagList("list", strings.NewReader(test.in))
			if err != nil {
				t.Fatal(err)
			}
			var got []int
			for _, c := range list.lastOfEach() {
				got = append(got, list.line(c))
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever the file holds, what is read from it are tags.
func FuzzTagList(f *testing.F) {
	f.Add("1.0 2026-11-21T10:00:00Z # x\r\n2.0\n")
	f.Add(`{"tags":[{"tag":"1.0","platforms":["linux/amd64"]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := readTagList("list", strings.NewReader(text))
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, c := range got.lastOfEach() {
			if n := got.line(c); n < 1 || n > 1+strings.Count(text, "\n") {
				t.Fatalf("%q on line %d", c.Tag, n)
			}
			if !image.IsTag(c.Tag) || seen[c.Tag] {
				t.Fatalf("read the tag %q", c.Tag)
			}
			seen[c.Tag] = true
		}
	})
}

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1204: "1,204", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) = %q, want %q", n, got, want)
		}
	}
}
