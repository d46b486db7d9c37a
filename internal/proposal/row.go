package proposal

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/internal/plan"
)

// move is what many references do alike.
type move struct {
	first plan.Change
	files []string
}

// moves gathers the changes of a group, in its order.
func moves(g plan.Group) []move {
	type key struct {
		plan.Trailer
		step string
	}
	var all []move
	at := map[key]int{}
	for _, c := range g.Changes {
		k := key{c.Trailer(), step(c)}
		k.Path = ""
		i, known := at[k]
		if !known {
			i = len(all)
			at[k] = i
			all = append(all, move{first: c})
		}
		all[i].files = append(all[i].files, code(cutMiddle(message.Line(c.Site.Path), mostPath)+":"+strconv.Itoa(c.Site.Line)))
	}
	return all
}

func (in Input) row(m move) string {
	files := strings.Join(m.files[:min(len(m.files), mostFiles)], ", ")
	if n := len(m.files) - mostFiles; n > 0 {
		files += fmt.Sprintf(" and %d more", n)
	}
	c := m.first
	from, to := shown(c.Site.Tag, c.Site.Digest), shown(c.To, c.ToDigest)
	return "| " + strings.Join([]string{code(c.Site.Image.Familiar()), files, from, to, step(c), in.age(c)}, " | ") + " |"
}

// shown writes a tag and the beginning of its digest.
func shown(tag string, digest image.Digest) string {
	tag = cutMiddle(message.Line(tag), mostPath)
	switch {
	case digest == "":
		return code(tag)
	case tag == "":
		return code(digest.Short())
	}
	return code(tag + "@" + digest.Short())
}

// step tells in a word how large a change is.
func step(c plan.Change) string {
	if c.To == c.Site.Tag {
		return "digest"
	}
	if step, ok := c.Decision.Step(); ok {
		return string(step)
	}
	return "other"
}

// firstBuilds is when there were images. Earlier build times are those of builds that hide theirs.
var firstBuilds = time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC)

// age tells when the new version was made, as a date: an age would be another one in each pass.
func (in Input) age(c plan.Change) string {
	known := in.Lists[c.Site.Image].Candidate(c.To)
	switch {
	case in.plausible(known.Pushed):
		return "pushed " + known.Pushed.UTC().Format(time.DateOnly)
	case in.plausible(known.Created):
		return "built " + known.Created.UTC().Format(time.DateOnly)
	}
	return "unknown"
}

func (in Input) plausible(t time.Time) bool { return t.After(firstBuilds) && !t.After(in.Now) }
