package plan

import (
	"strconv"
	"strings"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/message"
)

const trailerPrefix = "Image-Updater-"

// The trailers of every commit of this program. They are its only history.
const (
	PolicyTrailer = trailerPrefix + "Policy"
	ChangeTrailer = trailerPrefix + "Change"
	// PolicyHashTrailer names a policy and what it was like. A commit without one was told its tags, by the command set.
	PolicyHashTrailer = trailerPrefix + "Policy-Hash"
)

const arrow = "->"

// Trailers returns the lines that end the commit message: each policy before its changes, one line for each, so that two
// places of one file that change alike are two equal lines; then what the policies were like. Changes that no policy
// governs come first.
func (g Group) Trailers() []string {
	of := map[string][]string{}
	for _, c := range g.Changes {
		name := message.Line(c.Policy)
		of[name] = append(of[name], ChangeTrailer+": "+strings.Join([]string{quotePath(c.Site.Path), c.Site.Image.String(),
			version(c.Site.Tag, c.Site.Digest), arrow, version(c.To, c.ToDigest)}, " "))
	}
	lines := of[""]
	for _, name := range g.Policies() {
		lines = append(append(lines, PolicyTrailer+": "+name), of[name]...)
	}
	for _, hashed := range distinct(g.Changes, func(c Change) string { return c.PolicyHash }) {
		lines = append(lines, PolicyHashTrailer+": "+message.Line(hashed))
	}
	return lines
}

// Trailer is a change as a commit message tells it.
type Trailer struct {
	Path       string
	Image      image.Repository
	From, To   string // tags; "" for none
	FromDigest image.Digest
	ToDigest   image.Digest
}

// Trailer returns the change as its commit's message tells it.
func (c Change) Trailer() Trailer {
	return Trailer{Path: c.Site.Path, Image: c.Site.Image, From: c.Site.Tag, To: c.To, FromDigest: c.Site.Digest, ToDigest: c.ToDigest}
}

// Step writes what was changed as the trailer does: "1.25.3 -> 1.27.4".
func (t Trailer) Step() string {
	return version(t.From, t.FromDigest) + " " + arrow + " " + version(t.To, t.ToDigest)
}

// Told is a change of a commit message, and who is behind it.
type Told struct {
	Trailer
	// Policies is the policy behind the change, or those that may be: commits used to name all theirs before the changes.
	Policies []string
}

// ParseChanges reads the changes of a commit message. Lines that are none, or were changed by hand into something that is
// none any more, are passed over. A message without a change is not one of this program's.
func ParseChanges(text string) []Told {
	var changes []Told
	var all, latest []string
	apart, bare := true, false // whether no policy follows another one, and whether the latest has no changes yet
	for line := range strings.Lines(text) {
		key, value, found := strings.Cut(strings.TrimRight(line, "\r\n"), ": ")
		if !found {
			continue
		}
		switch key {
		case PolicyTrailer:
			all = append(all, value)
			latest = []string{value}
			apart, bare = apart && !bare, true
		case ChangeTrailer:
			if change, ok := parseChange(value); ok {
				changes = append(changes, Told{change, latest})
				bare = false
			}
		}
	}
	for i := range changes {
		if !apart {
			changes[i].Policies = all
		}
	}
	return changes
}

// ParseTrailers reads the policies and the changes of a commit message, as [ParseChanges] does.
func ParseTrailers(text string) (policies []string, changes []Trailer) {
	for line := range strings.Lines(text) {
		if name, found := strings.CutPrefix(strings.TrimRight(line, "\r\n"), PolicyTrailer+": "); found {
			policies = append(policies, name)
		}
	}
	for _, change := range ParseChanges(text) {
		changes = append(changes, change.Trailer)
	}
	return policies, changes
}

// parseHashes returns the hashes of the policies behind a commit.
func parseHashes(text string) []string {
	var hashes []string
	for line := range strings.Lines(text) {
		value, found := strings.CutPrefix(strings.TrimRight(line, "\r\n"), PolicyHashTrailer+": ")
		if name, hash, two := strings.Cut(value, " "); found && two && name != "" && hash != "" {
			hashes = append(hashes, hash)
		}
	}
	return hashes
}

// parseChange reads PATH IMAGE FROM -> TO from its end, since a path may hold spaces.
func parseChange(value string) (Trailer, bool) {
	fields := strings.Split(value, " ")
	n := len(fields)
	if n < 5 || fields[n-2] != arrow {
		return Trailer{}, false
	}
	var t Trailer
	var errs [3]error
	t.Image, errs[0] = image.ParseRepository(fields[n-4])
	t.From, t.FromDigest, errs[1] = parseVersion(fields[n-3])
	t.To, t.ToDigest, errs[2] = parseVersion(fields[n-1])
	for _, err := range errs {
		if err != nil {
			return Trailer{}, false
		}
	}
	path, err := unquotePath(strings.Join(fields[:n-4], " "))
	t.Path = path
	return t, err == nil
}

func parseVersion(s string) (tag string, digest image.Digest, err error) {
	if s == message.None {
		return "", "", nil
	}
	tag, text, pinned := strings.Cut(s, "@")
	if tag != "" {
		if err := image.CheckTag(tag); err != nil {
			return "", "", err
		}
	}
	if pinned {
		digest, err = image.ParseDigest(text)
	}
	return tag, digest, err
}

// quotePath keeps a path on one line: one with a control character, or that begins like a quoted one or with a space, which
// Git would drop, is quoted.
func quotePath(path string) string {
	if path == "" || path[0] == '"' || path[0] == ' ' || message.Line(path) != path {
		return strconv.Quote(path)
	}
	return path
}

func unquotePath(s string) (string, error) {
	if strings.HasPrefix(s, `"`) {
		return strconv.Unquote(s)
	}
	return s, nil
}
