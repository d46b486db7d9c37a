package web

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// Measures of the chart, in its own units; the page scales it.
const (
	chartWidth  = 860
	chartHeight = 230
	chartLeft   = 52 // of the bars: the numbers stand before them
	chartTop    = 10
	chartBottom = 28 // below the bars: the hours stand there
)

// chart draws what was asked of a registry in each hour: requests, and over them the pulls among them. It is wholly made
// of numbers and times, so it needs no escaping.
func chart(hours []status.Hour) template.HTML {
	if len(hours) == 0 {
		return ""
	}
	top := ceiling(mostOf(hours))
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d %d" role="img" aria-labelledby="chart-title chart-desc">`, chartWidth, chartHeight)
	requests, pulls := sums(hours)
	fmt.Fprintf(&b, `<title id="chart-title">Requests and pulls in the last %s</title>`, counted(len(hours), "hour", "hours"))
	fmt.Fprintf(&b, `<desc id="chart-desc">%s, %s. The table below has the numbers.</desc>`,
		counted(requests, "request", "requests"), counted(pulls, "pull", "pulls"))
	drawGrid(&b, top)
	width := float64(chartWidth-chartLeft) / float64(len(hours))
	for i, h := range hours {
		x := chartLeft + float64(i)*width
		drawBar(&b, "requests", x+width*0.15, width*0.7, float64(h.Requests)/float64(top))
		drawBar(&b, "pulls", x+width*0.15, width*0.7, float64(h.Pulls)/float64(top))
		if begin := h.Begin.UTC(); begin.Hour()%6 == 0 {
			fmt.Fprintf(&b, `<text class="tick" x="%s" y="%d" text-anchor="middle">%s</text>`,
				short(x+width/2), chartHeight-8, begin.Format("15:04"))
		}
		// The area over the whole height shows the numbers of the hour when it is pointed at.
		fmt.Fprintf(&b, `<rect class="hour" x="%s" y="%d" width="%s" height="%d"><title>%s: %s, %s</title></rect>`,
			short(x), chartTop, short(width), chartHeight-chartTop-chartBottom, h.Begin.UTC().Format("2 Jan 15:04 UTC"),
			counted(h.Requests, "request", "requests"), counted(h.Pulls, "pull", "pulls"))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// drawGrid draws the lines that tell how high a bar is, with their numbers.
func drawGrid(b *strings.Builder, top int) {
	const lines = 4
	for i := range lines + 1 {
		if top*i%lines != 0 {
			continue // no line at a broken number
		}
		y := heightOf(float64(i) / lines)
		fmt.Fprintf(b, `<line class="grid" x1="%d" x2="%d" y1="%s" y2="%s"/>`, chartLeft, chartWidth, short(y), short(y))
		fmt.Fprintf(b, `<text class="tick" x="%d" y="%s" text-anchor="end">%s</text>`, chartLeft-8, short(y+4), grouped(top*i/lines))
	}
}

// drawBar draws a bar from the ground to a share of the height. What is not nothing is seen.
func drawBar(b *strings.Builder, class string, x, width, share float64) {
	if share <= 0 {
		return
	}
	ground := heightOf(0)
	height := math.Max(2, ground-heightOf(share))
	fmt.Fprintf(b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="2"/>`, class, short(x), short(ground-height), short(width), short(height))
}

func heightOf(share float64) float64 {
	return chartHeight - chartBottom - share*(chartHeight-chartTop-chartBottom)
}

// ceiling is the round number at or above n that the chart ends at.
func ceiling(n int) int {
	for size := 1; ; size *= 10 {
		for _, step := range []int{1, 2, 4, 8} {
			if top := step * size; top >= n && (top >= 4 || n <= 1) {
				return max(top, 4)
			}
		}
		if size > math.MaxInt/100 {
			return n
		}
	}
}

// lastDay is each of the last 24 hours, also those that the program was not there for. Where nothing was asked at all it
// is empty.
func lastDay(hours []status.Hour, now time.Time) []status.Hour {
	const day = 24
	if len(hours) == 0 {
		return nil
	}
	all := make([]status.Hour, day)
	first := now.UTC().Truncate(time.Hour).Add(-(day - 1) * time.Hour)
	for i := range all {
		all[i].Begin = first.Add(time.Duration(i) * time.Hour)
	}
	for _, h := range hours {
		if i := int(h.Begin.Sub(first) / time.Hour); !h.Begin.Before(first) && i < day {
			all[i].Requests += h.Requests
			all[i].Pulls += h.Pulls
		}
	}
	return all
}

func mostOf(hours []status.Hour) int {
	most := 0
	for _, h := range hours {
		most = max(most, h.Requests, h.Pulls)
	}
	return most
}

func sums(hours []status.Hour) (requests, pulls int) {
	for _, h := range hours {
		requests += h.Requests
		pulls += h.Pulls
	}
	return requests, pulls
}

// short is a number with no more digits than a screen can show.
func short(x float64) string {
	text := fmt.Sprintf("%.1f", x)
	return strings.TrimSuffix(text, ".0")
}

// sparkline is the same day in little, for a card. It says nothing that the numbers beside it do not, so it is hidden from
// screen readers.
func sparkline(hours []status.Hour) template.HTML {
	const width, height = 120, 28
	most := mostOf(hours)
	if most == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="spark" viewBox="0 0 %d %d" aria-hidden="true" preserveAspectRatio="none">`, width, height)
	step := float64(width) / float64(len(hours))
	for i, h := range hours {
		for _, part := range []struct {
			class string
			n     int
		}{{"requests", h.Requests}, {"pulls", h.Pulls}} {
			if part.n > 0 {
				high := math.Max(1.5, float64(part.n)/float64(most)*height)
				fmt.Fprintf(&b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="1"/>`, part.class,
					short(float64(i)*step+step*0.12), short(height-high), short(step*0.76), short(high))
			}
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}
