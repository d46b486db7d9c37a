package web

import (
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/image-updater/image-updater/internal/status"
)

func hoursOf(counts ...[2]int) []status.Hour {
	hours := make([]status.Hour, len(counts))
	for i, c := range counts {
		hours[i] = status.Hour{Begin: time.Date(2026, 11, 21, 4+i, 0, 0, 0, time.UTC), Requests: c[0], Pulls: c[1]}
	}
	return hours
}

// The pictures as they are.
func TestPictures(t *testing.T) {
	t.Parallel()
	day := hoursOf([2]int{0, 0}, [2]int{120, 0}, [2]int{733, 12}, [2]int{1, 1}, [2]int{90, 90})
	for name, got := range map[string]string{
		"chart.svg": string(chart(day)), "sparkline.svg": string(sparkline(day)),
		"quota.svg":  string(quotaMeter(&status.Registry{Allowance: 200, Remaining: 118, Reserve: 100, Spent: 12, Left: 18})),
		"states.svg": string(stateBar([]count{{status.Failed, 1}, {status.Held, 0}, {status.UpToDate, 9999}})),
	} {
		file := filepath.Join("testdata", name)
		got = strings.ReplaceAll(got, "><", ">\n<") + "\n"
		if flag.Lookup("update").Value.String() == "true" { // of golden, in the other half of this test
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if chart(nil) != "" || sparkline(nil) != "" || sparkline(hoursOf([2]int{0, 0})) != "" {
		t.Error("nothing is drawn as something")
	}
}

// Whatever the numbers, a picture is well-formed, and its pieces lie within it.
func TestPicturesStayInside(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(0, 1<<40))
		var counts [][2]int
		for range rapid.IntRange(1, 30).Draw(t, "hours") {
			counts = append(counts, [2]int{n.Draw(t, "requests"), n.Draw(t, "pulls")})
		}
		hours := hoursOf(counts...)
		r := &status.Registry{
			Allowance: n.Draw(t, "allowance"), Remaining: n.Draw(t, "remaining") - 1, Reserve: n.Draw(t, "reserve"), Spent: n.Draw(t, "spent"),
			Left: n.Draw(t, "left"),
		}
		for _, picture := range []struct {
			text          string
			width, height float64
		}{
			{string(chart(hours)), chartWidth, chartHeight}, {string(sparkline(hours)), 120, 28}, {string(quotaMeter(r)), barWidth, barHeight},
		} {
			inside(t, picture.text, picture.width, picture.height)
		}
	})
}

// inside checks every rectangle of a picture.
func inside(t *rapid.T, picture string, width, height float64) {
	type rect struct {
		X      float64 `xml:"x,attr"`
		Y      float64 `xml:"y,attr"`
		Width  float64 `xml:"width,attr"`
		Height float64 `xml:"height,attr"`
	}
	const rounding = 1
	decoder := xml.NewDecoder(strings.NewReader(picture))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%v in %s", err, picture)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "rect" {
			continue
		}
		var r rect
		if err := decoder.DecodeElement(&r, &start); err != nil {
			t.Fatal(err)
		}
		if r.X < 0 || r.Y < -rounding || r.Width <= 0 || r.Height <= 0 || r.X+r.Width > width+rounding || r.Y+r.Height > height+rounding {
			t.Fatalf("%+v lies outside of %s", r, picture)
		}
	}
}

// A program that has just been started shows a day of which it was there for an hour.
func TestLastDay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 14, 35, 0, 0, time.UTC)
	at := func(hour int) time.Time { return time.Date(2026, 11, 21, hour, 0, 0, 0, time.UTC) }
	got := lastDay([]status.Hour{
		{Begin: at(14).Add(-24 * time.Hour), Requests: 1000}, {Begin: at(-9), Requests: 5}, {Begin: at(14), Requests: 7, Pulls: 2}, {Begin: at(15), Requests: 1000},
	}, now)
	want := make([]status.Hour, 24)
	for i := range want {
		want[i].Begin = at(i - 9)
	}
	want[0].Requests, want[23].Requests, want[23].Pulls = 5, 7, 2
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if lastDay(nil, now) != nil {
		t.Error("nothing is a day")
	}
}

func TestWordsOfTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 14, 35, 0, 0, time.UTC)
	c := clock{now}
	for _, test := range []struct {
		after time.Duration
		want  string
	}{
		{0, "just now"}, {9 * time.Second, "just now"}, {-10 * time.Second, "10 seconds ago"}, {89 * time.Second, "in 89 seconds"},
		{-90 * time.Second, "2 minutes ago"}, {-89 * time.Minute, "89 minutes ago"}, {-90 * time.Minute, "2 hours ago"},
		{-35 * time.Hour, "35 hours ago"}, {-36 * time.Hour, "2 days ago"}, {59 * 24 * time.Hour, "in 59 days"},
		{-60 * 24 * time.Hour, "2 months ago"}, {-699 * 24 * time.Hour, "23 months ago"}, {-700 * 24 * time.Hour, "2 years ago"},
	} {
		if got := c.at(now.Add(test.after)).Words; got != test.want {
			t.Errorf("%s: %q, want %q", test.after, got, test.want)
		}
	}
	if got := c.left(now); got.Words != "due now" {
		t.Errorf("what ends now: %q", got.Words)
	}
	for ago, want := range map[time.Duration]string{0: "just now", 42 * time.Minute: "for 42 minutes", 36 * time.Hour: "for 2 days"} {
		if got := c.since(now.Add(-ago)).Words; got != want {
			t.Errorf("since %s: %q, want %q", ago, got, want)
		}
	}
	if got := c.since(time.Time{}); got != (moment{}) {
		t.Errorf("since no time is %+v", got)
	}
	if got := c.at(time.Time{}); got != (moment{}) {
		t.Errorf("no time is %+v", got)
	}
	for d, want := range map[time.Duration]string{
		15 * time.Minute: "15m", 6 * time.Hour: "6h", 72 * time.Hour: "72h", 90 * time.Second: "1m30s", 2300 * time.Millisecond: "2.3s", 0: "", 10 * time.Minute: "10m",
		90 * time.Minute: "1h30m",
	} {
		if got := lasting(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
