package sensitive

//go:generate go run ./internal/compile
//go:generate go run ./internal/learn

import "math/bits"

// The tables in tables.gen.go are made of these. They are read-only and lie in the program itself: nothing is built when it starts.

// node is a packed node of a trie: 32 bits for the letters that follow, 19 for where their nodes stand side by side, 13 for the list of what ends here.
type node uint64

// step follows a letter; 0 when no word goes on with it.
func (n node) step(letter byte) node {
	bit := uint32(1) << letter // 0 for a letter of another script
	if uint32(n)&bit == 0 {
		return 0
	}
	return nodes[int(n>>32&(1<<19-1))+bits.OnesCount32(uint32(n)&(bit-1))]
}

// goesOn reports whether a word goes on with a letter.
func (n node) goesOn(letter byte) bool { return uint32(n)>>letter&1 != 0 } //nolint:gosec // the letters that follow

// list is the number of the list of what ends here; 0 for nothing.
func (n node) list() uint32 { return uint32(n >> 51) }

// mode says where in a written word a lexicon word may stand. Nordic languages write compounds together, so most stems match inside words.
type mode uint8

const (
	whole    mode = iota // the word itself
	stem                 // the word and an ordinary ending
	first                // the beginning of a word
	anywhere             // any part of a compound; only for long stems that nothing ordinary contains
	last                 // the last part of a compound, with an ordinary ending
	tail                 // the last part of a compound, as it is
)

// An end is what a path through a trie stands for: a symbol and a mode. The last of a list has lastEnd set; activeEnd is set where the symbol finds or says
// something by itself, or begins the search for a phrase.
const (
	lastEnd   = 1 << 31
	activeEnd = 1 << 30
)

// endSymbol is the symbol of an end.
func endSymbol(end uint32) symbol { return symbol(end >> 3) }

// symbol is one word row, one class of words, or the words of one place in a phrase; a token carries those that it matches.
type symbol uint16

// The symbols that the guide itself gives out.
const (
	symbolNum      symbol = 1 // a run of digits
	symbolName     symbol = 2 // a capital on a word that no list knows, or a given name
	symbolOrdinary symbol = 3 // a word that carries a listed stem and means something ordinary
	symbolCode     symbol = 4 // 6 or 7, the codes of protected addresses in Norway
)

// cues are classes whose presence changes what other words mean, as bits.
type cues uint32

// frames are the cues that say: this is about a book, a job, a thing, a match, a joke.
const frames = cueTopic | cueJob | cueThing | cueSport | cueJoke | cuePlay

// strength says what a row means by itself.
type strength uint8

const (
	firm     strength = iota // warns whatever stands around it
	plain                    // warns, unless its clause is about something else than a person
	cued                     // warns beside a person in the same sentence
	hinted                   // hints
	hintCued                 // hints beside a person
	withWarn                 // warns when something else in the text warns
)

// row is what a word or a phrase stands for. A class of hintIf in the same sentence makes a warning a hint, one of unless makes it nothing, and one of
// needs has to be there.
type row struct {
	category              uint8 // index into categories
	rule                  uint16
	strength              strength
	hintIf, unless, needs [4]symbol
	frame                 cues // for noCategory: what the clause is about; 0 for an idiom, which takes back what is found inside it
}

// noCategory marks rows that find nothing themselves.
const noCategory = 0xFF

// pattern is a phrase: places with gaps between them inside one clause, found by its rarest place.
type pattern struct {
	row     uint16
	from    uint16
	length  uint8
	anchor  uint8
	partner symbol // of its next rarest place
	alike   uint8  // how many phrases share both places, this one and those that follow
	first   int8   // of all those: how many words after the rarest place the other may stand at least; before it, if less than 0
	last    int8   // and at most; anywhereNear where one of them may have its places in any order
}

// anywhereNear is no number of words.
const anywhereNear = 127

type element struct {
	symbol symbol
	gap    uint8 // how many words may stand before it
	stop   bool  // it has to stand before a stop
}

type symbolData struct {
	row      int16
	from, to uint16 // its patterns
	cue      cues
}

// categories in the order in which findings of the same severity are shown: what matters most to a child's safety first.
var categories = [...]Category{
	ViolenceAbuse, ChildProtection, MentalHealth, NationalID, ProtectedAddress, HealthDiagnosis, Medication, SpecialNeeds, CustodyFamily, PoliceCourt,
	SubstanceUse, ReligionBelief, EthnicityMigration, SexualityGender, PoliticsUnion, Finances, ThirdParty, HealthMinor,
}
