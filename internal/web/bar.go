package web

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/image-updater/image-updater/internal/status"
)

// Measures of a bar, in its own units; the page stretches it.
const (
	barWidth  = 1000
	barHeight = 10
)

// part is one piece of a bar.
type part struct {
	class string
	n     int
}

// bar draws pieces beside each other. It says nothing that the words beside it do not, so it is hidden from screen readers.
func bar(whole int, parts []part) template.HTML {
	const least = 6 // so that one in ten thousand is seen
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="bar" viewBox="0 0 %d %d" aria-hidden="true" preserveAspectRatio="none">`, barWidth, barHeight)
	some := 0
	for _, p := range parts {
		if p.n > 0 {
			some++
		}
	}
	free := float64(barWidth - least*some)
	x := 0.0
	for _, p := range parts {
		if p.n <= 0 || whole <= 0 {
			continue
		}
		width := least + free*float64(p.n)/float64(whole)
		fmt.Fprintf(&b, `<rect class="%s" x="%s" y="0" width="%s" height="%d"/>`, p.class, short(x), short(width), barHeight)
		x += width
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// stateBar shows how many policies are in which state.
func stateBar(counts []count) template.HTML {
	whole := 0
	parts := make([]part, len(counts))
	for i, c := range counts {
		parts[i] = part{"s-" + slug(c.State), c.N}
		whole += c.N
	}
	return bar(whole, parts)
}

// quotaMeter shows an allowance: what this program has spent of it, what others have, what may be spent now, and what is
// left to others.
func quotaMeter(r *status.Registry) template.HTML {
	spent := clamp(r.Spent, r.Allowance)
	left := clamp(r.Left, r.Allowance-spent)
	reserve := clamp(r.Reserve, r.Allowance-spent-left)
	others := clamp(spentByOthers(r), r.Allowance-spent-left-reserve)
	return bar(r.Allowance, []part{{"q-spent", spent}, {"q-others", others}, {"q-left", left}, {"q-reserve", reserve}})
}

func clamp(n, most int) int { return max(0, min(n, most)) }
