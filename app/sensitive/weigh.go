package sensitive

// words weighs the word rows.
func (d *document) words() {
	for i := range d.tokens {
		t := &d.tokens[i]
		whole, found := d.joined(i)
		if t.entry.rows == 0 && t.marks == t.marksEnd && !found || t.idiom || d.profession(i) {
			continue
		}
		for _, s := range d.roomOf(t.entry).rows(t.entry) {
			d.weigh(&rows[symbols[s].row], i, t.end)
		}
		for _, s := range d.symbols[t.marks:t.marksEnd] {
			if symbols[s].row >= 0 {
				d.weigh(&rows[symbols[s].row], i, t.end)
			}
		}
		if found {
			d.weigh(&rows[symbols[whole].row], i, d.tokens[i+1].end)
		}
	}
}

// weigh decides what one word at token i means where it stands.
func (d *document) weigh(r *row, i int, end place) {
	t := &d.tokens[i]
	clause, sentence := d.clauses[t.clause], d.sentences[t.sentence]
	if r.needs[0] != 0 && !d.mentions(i, r.needs) || d.mentions(i, r.unless) {
		return
	}
	if clause&(cuePlay|cueAbout) != 0 || sentence&cueJoke != 0 && r.strength != firm {
		return
	}
	if d.atWork(r, i) {
		return
	}
	severity := Warn
	switch r.strength {
	case cued, hintCued:
		if sentence&(cuePerson|cueKin|cueAdult) == 0 || sentence&(frames&^(cueThing|cueSport|cueJob)) != 0 && !d.bound(i) || d.aboutThing(r, i) {
			return
		}
	case plain:
		if clause&(frames&^(cueThing|cueSport|cueJob)) != 0 && !d.bound(i) || d.aboutThing(r, i) {
			return
		}
	case hinted:
		if clause&frames != 0 && !d.bound(i) {
			return
		}
	}
	switch {
	case r.strength == hinted || r.strength == hintCued || d.mentions(i, r.hintIf):
		severity = Hint
	case r.strength != firm && deniable&(1<<r.category) != 0 && sentence&cueClinical == 0 && d.negated(i):
		severity = Hint
	}
	if severity == Warn {
		t.warned |= 1 << r.category
	}
	d.hits = append(d.hits, hit{category: r.category, rule: r.rule, loud: loudly(severity), hold: r.hold(), token: int32(i), start: t.start, end: end})
}

// weighPhrase decides what a phrase means where it stands; "" for nothing. A phrase says more than a word: only a book, a thing or a joke in its own clause
// takes it back.
func (d *document) weighPhrase(r *row, start, end int) Severity {
	t := &d.tokens[start]
	clause, sentence := d.clauses[t.clause], d.sentences[t.sentence]
	if r.needs[0] != 0 && !d.mentions(start, r.needs) || d.mentions(start, r.unless) {
		return ""
	}
	if clause&(cuePlay|cueAbout) != 0 || sentence&cueJoke != 0 {
		return ""
	}
	if d.profession(start) || d.atWork(r, start) {
		return ""
	}
	switch r.strength {
	case firm, withWarn:
		return Warn
	case plain:
		if (clause&cueTopic != 0 && clause&cueBind == 0 && !d.bound(end)) || d.aboutThing(r, start) {
			return ""
		}
	case cued:
		if sentence&(cuePerson|cueKin|cueAdult) == 0 || sentence&frames != 0 && sentence&cueBind == 0 {
			return ""
		}
	case hinted, hintCued:
		if clause&(cueTopic|cueJoke) != 0 && clause&cueBind == 0 {
			return ""
		}
		return Hint
	}
	if d.mentions(start, r.hintIf) {
		return Hint
	}
	if deniable&(1<<r.category) != 0 && sentence&cueClinical == 0 && d.negated(start) {
		return Hint
	}
	return Warn
}

// farthest is how many words away in a sentence a word is still looked for; it keeps time linear whatever the text is.
const farthest = 40

// mentions reports whether a word of one of the classes stands in the sentence of token i.
func (d *document) mentions(i int, classes [4]symbol) bool {
	var wanted [len(classes)]symbol
	some := 0
	for _, s := range classes {
		if s == 0 {
			break
		}
		if d.present.has(s) { // nearly always no word of the text is of any
			wanted[some] = s
			some++
		}
	}
	if some == 0 {
		return false
	}
	sentence := d.tokens[i].sentence
	for j := max(0, i-farthest); j < min(len(d.tokens), i+farthest) && d.tokens[j].sentence <= sentence; j++ {
		if d.tokens[j].sentence != sentence {
			continue
		}
		for _, s := range wanted[:some] {
			if d.carries(&d.tokens[j], s) {
				return true
			}
		}
	}
	return false
}

// The categories that have rules of their own: violence is where a match or a game means something else by the same words.
var violence, childAtRisk, secretAddress = categoryIndex(ViolenceAbuse), categoryIndex(ChildProtection), categoryIndex(ProtectedAddress)

// aboutThing reports whether a thing or an animal stands before token i in its clause, as what the clause is about; or, where somebody is hit or hurt, a
// sport anywhere in it.
func (d *document) aboutThing(r *row, i int) bool {
	clause := d.tokens[i].clause
	if r.category == violence && d.clauses[clause]&cueSport != 0 {
		return true
	}
	if d.clauses[clause]&cueThing == 0 {
		return false
	}
	for j := i; j >= 0 && j >= i-12 && d.tokens[j].clause == clause; j-- {
		if d.tokens[j].cues&cueThing != 0 {
			return true
		}
	}
	return false
}

// atWork reports whether somebody's work stands shortly before token i: they work there, and are not what is told about. Violence and a child at risk
// are never taken back by it.
func (d *document) atWork(r *row, i int) bool {
	if r.category == violence || r.category == secretAddress {
		return false
	}
	for j := i; j >= max(0, i-reach) && d.tokens[j].clause == d.tokens[i].clause; j-- {
		if d.tokens[j].cues&cueJob != 0 && (j < i || d.tokens[j].cues&cueTrade == 0) {
			return true
		}
	}
	return false
}

// profession reports whether token i is, or stands right before, what somebody works as.
func (d *document) profession(i int) bool {
	for j := i; j < min(len(d.tokens), i+3) && d.tokens[j].clause == d.tokens[i].clause; j++ {
		if d.tokens[j].cues&(cueTrade|cueJob) == cueTrade|cueJob {
			return true
		}
	}
	return false
}

// deniable are the categories in which a plain denial ("she does not have diabetes") is worth less than the fact, as bits.
var deniable = func() (set uint32) {
	for i, c := range categories {
		switch c {
		case HealthDiagnosis, MentalHealth, ViolenceAbuse, SubstanceUse, PoliceCourt:
			set |= 1 << i
		}
	}
	return set
}()

// reach is how many words before a word still say something about it.
const reach = 5

// bound reports whether the words before token i say that somebody has it: "my son has got", "vi er". A book or a job in between breaks the bond.
func (d *document) bound(i int) bool {
	for j := i - 1; j >= max(1, i-reach) && d.tokens[j].clause == d.tokens[i].clause; j-- {
		c := d.tokens[j].cues
		if c&frames != 0 {
			return false
		}
		if c&cueBind != 0 || c&cueHave != 0 && d.tokens[j-1].cues&(cuePerson|cueKin|cueAdult|cueGiven) != 0 {
			return true
		}
	}
	return false
}

// negated reports whether a "not" stands in the three words before token i.
func (d *document) negated(i int) bool {
	for j := i - 1; j >= max(0, i-3) && d.tokens[j].clause == d.tokens[i].clause; j-- {
		if d.tokens[j].cues&cueNeg != 0 {
			return true
		}
	}
	return false
}
