package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/policy"
)

// Plan is what should change in one Git repository, and what should not, with the reasons.
type Plan struct {
	Groups   []Group    // in the order of the policy file; none is empty
	Held     []Held     // sorted by policy
	Problems []Problem  // sorted by policy
	Withheld []Withheld // what Held tells of gates
	Notes    []edit.Refusal
	// Undecided are the references of which the plan does not say that they should stay as they are.
	Undecided []Undecided
	// Rulings tell what was decided about each reference, in the order of the files.
	Rulings []Ruling
	// Missing is what has to be looked up first, best first. References whose decision needs it are in nothing of the
	// above: with the answers in the lists the plan is to be made again.
	Missing []Missing
	Past    *Past // as of the input
}

// Held is something that stays as it is although a newer tag exists or might.
type Held struct {
	Policy string
	Tag    string // the newer tag, where it is a single one
	Rule   policy.Rule
	Detail string
	Until  time.Time // when it may go on by itself; zero when time alone does not help
}

// Problem is a failure of one policy.
type Problem struct {
	Policy string
	Err    error
}

// NotFound is a rule that only a plan knows, beside those of package policy: nothing refers to the image, the registry has
// lost the tag that is to stay with its digest, or it has none of a tag that is listed. The others are those of a [Gate].
const NotFound policy.Rule = "not-found"

// Changes returns the changes of all groups in order.
func (p Plan) Changes() []Change {
	var changes []Change
	for _, g := range p.Groups {
		changes = append(changes, g.Changes...)
	}
	return changes
}

// Wanted returns the changes, and those that a gate stops.
func (p Plan) Wanted() []Change {
	changes := p.Changes()
	for _, w := range p.Withheld {
		changes = append(changes, w.Change)
	}
	return changes
}

// Make decides every reference of the input. It depends on nothing but its input.
func Make(in Input) Plan {
	m := maker{input: in, governors: newGovernors(in.Policies), decisions: map[decisionKey]policy.Decision{}, told: map[decisionKey]bool{},
		groups: map[string]*Group{}, missingAt: map[tagKey]int{}, heldOnce: map[Held]bool{}, seen: map[string]bool{},
		problemOnce: map[problemKey]bool{}, stops: map[decisionKey]Held{}, unsettled: map[placeKey]unsettled{}, standing: map[placeKey][]standing{}}
	refused, notes := settle(in.Found)
	m.notes = slices.DeleteFunc(notes, m.aside)
	m.refusals(refused)
	for _, site := range slices.SortedStableFunc(slices.Values(in.Found.Sites), compareSites) {
		m.site(site)
	}
	m.unfound()
	return m.plan()
}

// maker gathers a plan while Make walks the sites.
type maker struct {
	input       Input
	governors   governors
	decisions   map[decisionKey]policy.Decision // many references carry the same tag: each tag is decided once
	told        map[decisionKey]bool            // what a decision holds back is told once
	groups      map[string]*Group
	missing     []Missing
	missingAt   map[tagKey]int // the index there
	withheld    []Withheld
	held        []Held
	heldOnce    map[Held]bool // the tags among them
	problems    []Problem
	problemOnce map[problemKey]bool
	notes       []edit.Refusal
	undecided   []Undecided
	rulings     []Ruling
	stops       map[decisionKey]Held // what keeps references from a newer tag
	seen        map[string]bool      // policies with a reference, decided or refused
	places      map[place][]edit.Site
	goneBy      map[nameKey][]place // of files that are not there any more
	standing    map[placeKey][]standing
	unsettled   map[placeKey]unsettled
}

type decisionKey struct {
	policy, tag string
	digest      image.Digest
}

type problemKey struct{ policy, text string }

type tagKey struct {
	image image.Repository
	tag   string
}

// settle tells the refusals that stop a policy from what is left out with a note: a reference whose tag is a
// variable is no problem where a marker or target writes the same image in the same folder.
func settle(found edit.Found) (refused, notes []edit.Refusal) {
	var sites []edit.Change
	for _, site := range found.Sites {
		sites = append(sites, edit.Change{Site: site})
	}
	refused, settled := edit.SettleVariables(found.Refused, sites)
	return refused, slices.Concat(found.Notes, settled)
}

// refusals turns what edit would not touch into problems of the policies concerned.
func (m *maker) refusals(refused []edit.Refusal) {
	for _, r := range refused {
		for _, p := range decided(concerned(m.input.Policies, r)) {
			m.seen[p.Name] = true
			err := &RefusedError{r}
			m.problem(p.Name, err)
			m.rule(Ruling{Policy: p.Name, Site: edit.Site{Path: r.Path, Line: r.Line, Image: p.Image}, Err: err})
		}
	}
}

// RefusedError is a reference that must not be edited, with its place.
type RefusedError struct{ Refusal edit.Refusal }

// Error returns "path:line: reason".
func (e *RefusedError) Error() string { return e.Refusal.String() }

func (m *maker) site(site edit.Site) {
	of := m.governors.of(site)
	switch len(of) {
	case 0:
		return
	case 1:
		if of[0].Aside {
			m.leave(of[0], site)
			return
		}
		m.decide(of[0], site)
		return
	}
	err := fmt.Errorf("%s:%d: %s", site.Path, site.Line, conflict(of))
	m.leave(of[0], site)
	for _, p := range decided(of) {
		m.seen[p.Name] = true
		m.fail(p, site, err)
	}
}

// aside reports whether what is told concerns none but policies about which nothing is decided.
func (m *maker) aside(r edit.Refusal) bool {
	of := concerned(m.input.Policies, r)
	return len(of) > 0 && len(decided(of)) == 0
}

// unfound reports the policies that nothing in the repository speaks of: most often a misspelled image or path.
func (m *maker) unfound() {
	for _, p := range decided(m.input.Policies) {
		if m.seen[p.Name] {
			continue
		}
		where := ""
		if len(p.Paths) > 0 {
			where = " below " + strings.Join(p.Paths, ", ")
		}
		m.held = append(m.held, Held{Policy: p.Name, Rule: NotFound,
			Detail: fmt.Sprintf("no reference to %s in %s%s", p.Image, m.input.Git, where)})
	}
}

func (m *maker) problem(name string, err error) {
	once := problemKey{name, err.Error()}
	if !m.problemOnce[once] {
		m.problemOnce[once] = true
		m.problems = append(m.problems, Problem{Policy: name, Err: err})
	}
}

func (m *maker) group(key string) *Group {
	g, found := m.groups[key]
	if !found {
		g = &Group{Key: key}
		m.groups[key] = g
	}
	return g
}

// plan puts everything in an order that depends on the policy file and the files alone.
func (m *maker) plan() Plan {
	var p Plan
	for _, governed := range m.input.Policies {
		if g := m.groups[governed.Group]; g != nil {
			delete(m.groups, governed.Group)
			g.sort()
			p.Groups = append(p.Groups, *g)
		}
	}
	m.held = append(m.held, tellWithheld(m.withheld)...)
	p.Withheld, p.Past = m.withheld, m.input.Past
	p.Held, p.Problems, p.Notes, p.Missing, p.Undecided = m.held, m.problems, m.notes, m.missing, m.undecided
	p.Rulings = m.rulings
	slices.SortStableFunc(p.Held, func(a, b Held) int { return cmp.Compare(a.Policy, b.Policy) })
	slices.SortStableFunc(p.Problems, func(a, b Problem) int { return cmp.Compare(a.Policy, b.Policy) })
	return p
}
