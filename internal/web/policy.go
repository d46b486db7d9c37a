package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// How much the page of a policy tells.
const (
	mostReferences = 100
	mostHistory    = 50
	fewVerdicts    = 20
	mostVerdicts   = 500
)

// patience bounds how long a decision may take.
const patience = 10 * time.Second

// policyBody is the page of one policy.
type policyBody struct {
	Row          row
	RegistryPage string
	Registry     string
	Interval     string
	NewTags      moment
	ProposalAt   moment
	References   []reference
	MoreRefs     int
	Decision     *decision
	Undecided    string // why there is no decision
	History      []written
	CanScan      bool
}

// reference is one place in Git.
type reference struct {
	Git, GitPage string
	Place        string // file:line
	State        status.State
	Step         step
	Why          reason
	Explain      string // where its decision is
	Explained    bool   // it is the one of this page
}

func (s *site) policy(r *http.Request, v view) (document, error) {
	p := v.policyNamed(r.PathValue("name"))
	if p == nil {
		return document{}, fmt.Errorf("there is no policy %q", r.PathValue("name"))
	}
	b := policyBody{
		Row: v.row(p), Registry: p.Registry, RegistryPage: registryPage(p.Registry), Interval: lasting(p.Interval),
		NewTags: v.at(p.NewTags), ProposalAt: v.at(p.ProposalAt), CanScan: s.Scan != nil,
		History: v.writtenBy(mostHistory, func(w *status.Written) bool { return w.Policy == p.Name }),
	}
	shown := referenceOf(p, r.URL.Query())
	for i := range p.References {
		if i == mostReferences {
			b.MoreRefs = len(p.References) - i
			break
		}
		b.References = append(b.References, v.reference(p, &p.References[i], shown))
	}
	b.Decision, b.Undecided = s.decide(r, v, p, shown)
	return document{Template: "policy", Title: p.Name, Area: "policies", Body: b}, nil
}

func (v view) policyNamed(name string) *status.Policy {
	for i := range v.Policies {
		if v.Policies[i].Name == name {
			return &v.Policies[i]
		}
	}
	return nil
}

// referenceOf is the reference whose decision is asked for: the one of the URL, else the one that stands for the policy.
func referenceOf(p *status.Policy, values url.Values) *status.Reference {
	line, _ := strconv.Atoi(values.Get("line")) // what is no number is the line of none
	for i := range p.References {
		ref := &p.References[i]
		if ref.Git == values.Get("git") && ref.File == values.Get("file") && ref.Line == line {
			return ref
		}
	}
	return telling(p)
}

func (v view) reference(p *status.Policy, ref, shown *status.Reference) reference {
	values := url.Values{"git": {ref.Git}, "file": {ref.File}, "line": {strconv.Itoa(ref.Line)}}
	return reference{
		Git: ref.Git, GitPage: gitPage(ref.Git), Place: placeOf(ref), State: ref.State, Why: v.reason(ref.Why),
		Step:    stepAt(ref),
		Explain: policyPage(p.Name) + "?" + values.Encode() + "#decision", Explained: ref == shown,
	}
}

func placeOf(ref *status.Reference) string {
	if ref.Line == 0 {
		return ref.File
	}
	return ref.File + ":" + strconv.Itoa(ref.Line)
}

// decision is why a reference gets its tag.
type decision struct {
	Place    string
	Step     step
	Unusable string
	Asked    moment
	Groups   []verdicts
	Rest     []tally // of the verdicts that are not shown
	All      string  // where all are, "" = they are here
}

// verdicts are those of one kind.
type verdicts struct {
	Title string
	Text  string
	Rows  []verdict
	More  int
}

// Count is how many there are, shown or not.
func (v verdicts) Count() int { return len(v.Rows) + v.More }

// verdict is what a decision says of one tag.
type verdict struct {
	Tag, Word string
	Class     string
	Detail    string
	Until     moment
	Pushed    moment
}

// Dated reports whether it is known of any of the tags when it was pushed. Most registries do not tell.
func (d *decision) Dated() bool {
	return slices.ContainsFunc(d.Groups, func(g verdicts) bool {
		return slices.ContainsFunc(g.Rows, func(v verdict) bool { return v.Pushed.Machine != "" })
	})
}

// tally is how many tags a rule is against.
type tally struct {
	Rule string
	N    int
}

func (s *site) explain(ctx context.Context, at Place) (status.Decision, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("deciding took longer than %s", patience))
	defer cancel()
	return s.Explain(ctx, at)
}

// decide asks for the decision about a reference; without one there is nothing to decide.
func (s *site) decide(r *http.Request, v view, p *status.Policy, ref *status.Reference) (*decision, string) {
	if s.Explain == nil || ref == nil {
		return nil, ""
	}
	found, err := s.explain(r.Context(), Place{p.Name, ref.Git, ref.File, ref.Line})
	if err != nil {
		return nil, cut(err.Error())
	}
	d := v.decision(found, r.URL.Query().Get("verdicts") == "all")
	d.Place = placeOf(ref)
	if len(d.Rest) > 0 {
		values := r.URL.Query()
		values.Set("verdicts", "all")
		d.All = policyPage(p.Name) + "?" + values.Encode() + "#decision"
	}
	return d, ""
}

// decision sorts the verdicts by what a person asks first: why not the newer ones.
func (v view) decision(d status.Decision, all bool) *decision {
	most := fewVerdicts
	if all {
		most = mostVerdicts
	}
	groups := []verdicts{
		{Title: "Newer, and refused", Text: "A rule of the policy is against each of these."},
		{Title: "Waiting", Text: "Time alone will let these pass."},
		{Title: "Chosen"},
		{Title: "The other tags"},
	}
	left := map[string]int{}
	var rules []string
	for i := range d.Verdicts {
		verdict := &d.Verdicts[i]
		g := &groups[groupOf(verdict)]
		if len(g.Rows) < most {
			g.Rows = append(g.Rows, v.verdict(verdict))
			continue
		}
		g.More++
		if left[verdict.Rule]++; left[verdict.Rule] == 1 {
			rules = append(rules, verdict.Rule)
		}
	}
	made := &decision{Step: stepOf(d.Current, d.Chosen, "", ""), Unusable: d.Unusable, Asked: v.at(d.Asked)}
	for _, g := range groups {
		if len(g.Rows) > 0 {
			made.Groups = append(made.Groups, g)
		}
	}
	for _, rule := range rules {
		made.Rest = append(made.Rest, tally{rule, left[rule]})
	}
	return made
}

func groupOf(v *status.Verdict) int {
	switch {
	case v.Verdict == "chosen":
		return 2
	case v.Verdict == "waiting":
		return 1
	case v.Above:
		return 0
	default:
		return 3
	}
}

func (v view) verdict(s *status.Verdict) verdict {
	made := verdict{Tag: s.Tag, Word: s.Rule, Class: s.Verdict, Detail: cut(s.Detail), Until: v.left(s.Until), Pushed: v.at(s.Pushed)}
	switch {
	case s.Verdict == "chosen":
		made.Word = "chosen"
	case s.Rule == "not-best" && s.Detail == "":
		made.Detail = "allowed, and not the best"
	}
	return made
}
