package sensitive

import (
	"slices"
	"strings"
)

// ruleEveryday finds what every child has some time in the winter. It is a hint where a municipality wants one, and never more.
const ruleEveryday = "health_minor.everyday"

// everydayWords are the words of everyday illness, folded. Those whose letters have lost their dots or rings stand beside them.
var everydayWords = func() map[string]struct{} {
	list := strings.Fields(`
		syk sjuk sjukt syke sjuke krank sykt småsyk småsjuk feber feberen feberig febril feberfri forkjølet forkjolet forkjølt forkjølelse forkjolelse förkyld forkyld
		förkylning forkylning förkylda snue snørrete snuva snuvig snorig snørret hoste hosten hoster hostar hosta hostat hostet host halsvondt halsont halsvond ondihalsen
		oppkast kastet kasta kräkts kräks kraks kräktes kräkning kräkningar spydd spyr spytt spy spyr opkast opkastning kastede diaré diare diarré diarre diarrhé
		omgangssyke omgangssjuke magesyke magesjuke magsjuk magsjuka magsyke maginfluensa roskilde roskildesyge mageknip magesmerter magont magvärk magevondt mavepine
		mavesyg ondt influensa influenza influensaen hodepine hovudpine hovedpine huvudvärk huvudvark syg syge sygt forkølet forkolet forkølelse snottet snotten
		sick ill unwell poorly fever feverish temperature cold cough coughing coughs flu influenza sniffles snotty vomiting vomited threw puking puked tummy bug diarrhoea
		diarrhea headache throat sore`)
	words := make(map[string]struct{}, len(list))
	for _, w := range list {
		letters := make([]byte, 0, len(w))
		for _, r := range w {
			letters = append(letters, fold(r))
		}
		words[string(letters)] = struct{}{}
	}
	return words
}()

// everyday marks the words of everyday illness.
func (d *document) everyday() {
	for i := range d.tokens {
		t := &d.tokens[i]
		if _, known := everydayWords[string(d.letters[t.from:t.to])]; known && !t.idiom {
			d.hits = append(d.hits, hit{category: categoryIndex(HealthMinor), rule: ruleIndex(ruleEveryday), loud: hints, token: int32(i), start: t.start, end: t.end})
		}
	}
}

// leave takes back what was found of categories that are off. Identity numbers and protected addresses cannot be, nor can payment cards, whoever wants to hear nothing
// of money: somebody could misuse them.
func (d *document) leave(off []Category) {
	if len(off) == 0 {
		return
	}
	d.hits = slices.DeleteFunc(d.hits, func(h hit) bool {
		c := categories[h.category]
		return c != NationalID && c != ProtectedAddress && h.rule != cardRule && slices.Contains(off, c)
	})
}
