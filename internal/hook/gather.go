package hook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// maxEvents is how many events of one delivery are kept. What is left out is looked at when its interval is over.
const maxEvents = 1000

// gathering is the events of one delivery as they are found.
type gathering struct {
	events []Event
	seen   map[Event]bool
}

func (g *gathering) add(e Event) {
	if image.CheckTag(e.Tag) != nil {
		e.Tag = "" // an event is worth a look without it
	}
	if g.seen[e] || len(g.events) == maxEvents {
		return
	}
	if g.seen == nil {
		g.seen = make(map[Event]bool)
	}
	g.seen[e] = true
	g.events = append(g.events, e)
}

// push notes that the tag was pushed to the repository at path on host. What is no repository is left out.
func (g *gathering) push(host, path, tag string) {
	if r, ok := repository(host, path); ok {
		g.add(Event{Repository: r, Tag: tag})
	}
}

// pushWithin is push for a sender that knows the image by a shorter name than its users.
func (g *gathering) pushWithin(host, path, tag string) {
	if r, ok := repository(host, path); ok {
		g.add(Event{Repository: r, Tag: tag, Within: true})
	}
}

// pushNamed notes a push to what is named as a whole. With registry that is the host.
func (g *gathering) pushNamed(name, registry string) {
	host, path, tag := cutName(name)
	g.push(cmp.Or(registry, host), path, tag)
}

// cutName cuts HOST/PATH[:TAG][@DIGEST].
func cutName(name string) (host, path, tag string) {
	host, path, _ = strings.Cut(name, "/")
	path, _, _ = strings.Cut(path, "@")
	path, tag, _ = strings.Cut(path, ":")
	return host, path, tag
}

func (g *gathering) delivery() Delivery { return Delivery{Events: g.events} }

// repository reads the two parts of a name apart: a host that no reference could name must not become a part of the path
// on Docker Hub.
func repository(host, path string) (image.Repository, bool) {
	r, err := image.ParseRepository(host + "/" + path)
	otherName := r.Host == image.DockerHub && strings.Contains(host, ".") // index.docker.io
	return r, err == nil && (r.Host == strings.ToLower(host) || otherName)
}

// decode reads the JSON of a body.
func decode(body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("the body is not the JSON of this kind: %w", err)
	}
	return nil
}

// content returns the JSON of a forge's request, which may come as the field payload of a form.
func (m message) content() []byte {
	if media, _, _ := strings.Cut(m.header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded") {
		return m.body
	}
	form, err := url.ParseQuery(string(m.body))
	if err != nil {
		return nil
	}
	return []byte(form.Get("payload"))
}

// hostOf returns the host of a URL, "" when it has none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
