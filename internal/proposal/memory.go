package proposal

import (
	"fmt"
	"strings"
	"time"
)

// lookAgain is after how long the forge is asked again although nothing has happened in Git: that somebody has closed a
// pull request, or has given it a label, only the forge knows.
const lookAgain = time.Hour

// recall returns what the last look has left, if nothing has happened since.
func (in Input) recall() (Decision, bool) {
	m := in.Memory
	age := in.Now.Sub(m.Looked)
	if m.Looked.IsZero() || age < 0 || age >= lookAgain || m.Head != in.HeadTip || m.Base != in.BaseTip || m.Fingerprint != in.Fingerprint() {
		return Decision{}, false
	}
	for _, h := range m.Held {
		if !h.Until.IsZero() && !in.Now.Before(h.Until) {
			return Decision{}, false
		}
	}
	return Decision{recalled: true, Group: in.Group, Held: m.Held, Outcome: m.Outcome, Detail: m.Detail,
		Number: m.Number, URL: m.URL, Title: m.Title}, true
}

// Fingerprint is the same for inputs that want the same pull request.
func (in Input) Fingerprint() string {
	texts := []string{in.Group.Key, in.Base, strings.Join(in.Policies, " "), fmt.Sprintf("%+v %v", in.Settings, in.Unsure), in.render(in.Group).hash}
	for _, c := range in.Group.Changes {
		texts = append(texts, Hash(c.Trailer()))
	}
	texts = append(texts, "")
	for _, w := range in.Withheld {
		texts = append(texts, Hash(w.Trailer()))
	}
	return digest(texts...)
}

// Memory returns what is to be kept of a decision that was carried out, without a failure but of what is optional. Of one
// that was recalled it is what was kept before: the hour runs from the look.
func (d Decision) Memory(in Input, done Done) Memory {
	if d.recalled {
		return in.Memory
	}
	m := Memory{Head: done.HeadTip, Base: in.BaseTip, Fingerprint: in.Fingerprint(), Looked: in.Now, Held: d.Held,
		Outcome: d.Outcome, Detail: d.Detail, Number: done.Number, URL: done.URL, Title: d.Title}
	if done.Stuck {
		m.Rebuilt = m.Head
	}
	switch d.Outcome {
	case Opened, Updated:
		m.Outcome, m.Detail = Unchanged, ""
	case Withdrawn, WasMerged, NoPull:
		m.Outcome, m.Detail, m.Number, m.URL, m.Title = NoPull, "", 0, "", ""
	}
	return m
}
