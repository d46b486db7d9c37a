package policy

// mostCompared is how many tags of other variants are compared with the current one in the search for a near one. The
// highest hundreds are the newest releases of any image in all their variants.
const mostCompared = 300

// Refused returns the verdict of the highest tag above the chosen one that a rule is against: what a person asks about
// who expected an update and got none. A tag that is like the current one but for a number inside a word goes before
// one of an altogether different variant or scheme, as most images have many of these; one of another precision is none.
// Of a policy that follows a digest it is the followed tag, if a rule is against the digest it has now.
func (d Decision) Refused() (Verdict, bool) {
	if len(d.Verdicts) > 0 && d.Verdicts[0].round != nil && d.Verdicts[0].round.refused.Rule != noRule {
		return d.Verdicts[0].round.refused, true
	}
	if all := d.Refusals(1, 1); len(all) > 0 {
		return all[0], true
	}
	return Verdict{}, false
}

// Refusals returns the verdicts of the most tags above the chosen one that a rule is against, of each rule not more than
// each, in the order in which [Decision.Refused] takes the first.
func (d Decision) Refusals(each, most int) []Verdict {
	var near, variants, schemes []Verdict
	taken := make(map[Rule]int)
	compared, begun := 0, false
	for i := 0; i < len(d.Verdicts) && len(near) < most; i++ {
		v := &d.Verdicts[i]
		if !v.above && begun {
			break // they lie beside each other
		}
		if begun = v.above; !begun || taken[v.Rule] == each {
			continue
		}
		switch v.Rule {
		case RuleVariant:
			if compared++; compared > mostCompared {
				continue
			}
			switch v.round.distance(v.Tag) {
			case nearVariant:
				taken[v.Rule]++
				near = append(near, *v)
			case otherVariant:
				variants = append(variants, *v)
			}
		case RuleScheme:
			taken[v.Rule]++
			schemes = append(schemes, *v)
		default:
			taken[v.Rule]++
			near = append(near, *v)
		}
	}
	variants = variants[:min(len(variants), each-taken[RuleVariant])]
	all := append(append(near, variants...), schemes...)
	return all[:min(len(all), most)]
}
