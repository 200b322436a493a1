package sensitive

import (
	"sync"
	"unicode/utf8"

	"budstikke.example/app/nationalid"
)

// MaxRunes is the longest text that is read; longer ones are let through unread. Ordinary limits of the API are far below.
const MaxRunes = 100_000

// Check reads a text and reports what in it is sensitive. It never fails: at worst it finds nothing and says so in Skipped. Time is linear in the
// length of the text; for an ordinary message it is some microseconds.
func Check(text string, opt Options) Report { return check(text, opt, (*document).scan) }

// documents are used again, so that an ordinary text costs no memory. The collector takes them away now and then, so a new one has room for an ordinary message at once.
var documents = sync.Pool{New: func() any {
	const words, letters, traits, mostReadings = 128, 640, 1024, 5
	return &document{
		letters: make([]byte, 0, letters), tokens: make([]token, 0, words), entries: make([]entry, 0, words/4), traits: make([]uint32, 0, traits), company: make([]company, 0, mostConcepts*(words+1)),
		sums: make([]sums, 0, words+1), clauses: make([]cues, 0, words/4), sentences: make([]cues, 0, words/4), symbols: make([]symbol, 0, words),
		hits: make([]hit, 0, words/4), order: make([]ordered, 0, words/4), spans: make([]Span, 0, words/4), rules: make([]uint16, 0, words/4), said: make([]about, 0, len(categories)), readings: make([]nationalid.Number, 0, mostReadings), matches: make([]match, 0, words/4),
		reader: reader{symbols: make([]symbol, 0, words), active: make([]symbol, 0, words), traits: make([]uint32, 0, traits),
			room: room{groups: make([]group, 0, words), lists: make([]symbol, 0, words)}},
	}
}}

// roomKept is the largest number of tokens whose room is kept for the next text.
const roomKept = 4096

// check takes the reading as a function, so that a test can let it fail.
func check(text string, opt Options, scan func(*document, string, Options)) (report Report) {
	report = Report{Severity: None, Ruleset: ruleset}
	if len(text) > MaxRunes && utf8.RuneCountInString(text) > MaxRunes {
		report.Skipped = TooLong
		return report
	}
	d := documents.Get().(*document)
	defer func() {
		if recover() != nil {
			// B4: a bug here must not keep a guardian from writing. The panic value may quote the text, so it is not logged either.
			report = Report{Severity: None, Ruleset: ruleset, Skipped: Failed}
			return
		}
		if len(d.tokens) <= roomKept {
			d.reset()
			documents.Put(d)
		}
	}()
	scan(d, text, opt)
	telling := d.danger() // asked before anything is left out
	d.leave(opt.Off)
	report.Findings = d.findings(opt, telling)
	for i := range report.Findings {
		report.Severity = louder(report.Severity, report.Findings[i].Severity)
	}
	return report
}

// scan is the whole reading: words, their marks, what they mean, phrases, numbers, and what the learned weight says to all that.
func (d *document) scan(text string, opt Options) {
	d.cut(text)
	d.mark(frequentWords())
	d.phrases()
	d.words()
	d.weighPhrases()
	d.numbers(opt.Country)
	d.compare()
	if opt.EverydayIllness {
		d.everyday()
	}
	for _, h := range d.hits {
		if h.loud == warns {
			d.hits = append(d.hits, d.later...)
			break
		}
	}
}

// reset forgets the text; nothing of it outlives the call.
func (d *document) reset() {
	d.text = ""
	clear(d.letters)
	clear(d.tokens) // so there is nothing in those to come
	clear(d.entries)
	d.letters, d.symbols, d.tokens, d.entries = d.letters[:0], d.symbols[:0], d.tokens[:0], d.entries[:0]
	d.reader.forget()
	d.promised, d.kept = d.promised[:0], 0
	clear(d.present[:])
	clear(d.repeats[:])
	d.clauses, d.sentences = d.clauses[:0], d.sentences[:0]
	d.hits, d.later, d.order, d.digits = d.hits[:0], d.later[:0], d.order[:0], d.digits[:0]
	d.said, d.spans, d.rules = d.said[:0], d.spans[:0], d.rules[:0]
	d.traits, d.company, d.sums = d.traits[:0], d.company[:0], d.sums[:0]
	clear(d.readings[:cap(d.readings)])
	clear(d.matches)
	d.matches = d.matches[:0]
}

// ruleset is the version of the rules: rulesetYear names the generation of those in Go, the rest is made from the files.
const (
	rulesetYear = "2026.3"
	ruleset     = rulesetYear + "-" + tablesVersion + likenessVersion
)

// Ruleset is the version of the lexicon and the advice: it changes whenever one of the files does, so an acknowledgement never outlives what it
// acknowledged.
func Ruleset() string { return ruleset }

// Categories lists all categories in the order in which findings of the same severity are shown: what matters most to a child's safety first.
func Categories() []Category { return append([]Category(nil), categories[:]...) }
