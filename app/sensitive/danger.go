package sensitive

import "slices"

// selfHarm are the rules about who hurts themselves, wants to, or does not want to live: by what they wrote or said, by what was found, by what is done so that
// it does not happen. Other rules about the mind are about care, an illness or the days' mood. The learned weight cannot tell these from those; what it finds
// of the mind is taken for the graver of the two.
var selfHarm = [...]string{
	"mental_health.selfharm", "mental_health.cuts", "mental_health.scratch", "mental_health.not_here", "mental_health.cannotbe", "mental_health.no_me",
	"mental_health.no_point", "mental_health.not_wake", "mental_health.thoughts", "mental_health.tub", "mental_health.found", "mental_health.foundnote",
	"mental_health.watched", "mental_health.hidesharp", "mental_health.lock", "mental_health.likeness",
}

// selfHarmRules are those rules by their ranks, and cardRule is that of payment cards.
var (
	selfHarmRules = func() (set ruleSet) {
		for _, name := range selfHarm {
			set.add(rankOfRule[ruleIndex(name)])
		}
		return set
	}()
	cardRule = ruleIndex(ruleCard)
)

// dangerous reports whether a hit says that somebody may be in danger (B4).
func (h *hit) dangerous() bool {
	return h.category == violence || h.category == childAtRisk || selfHarmRules.has(rankOfRule[h.rule])
}

// danger reports whether anything that was found says so: then nothing in the report may discourage telling. A category that a municipality has switched off counts,
// too: what it wants to hear nothing of is no less true.
func (d *document) danger() bool {
	return slices.ContainsFunc(d.hits, func(h hit) bool { return h.dangerous() })
}
