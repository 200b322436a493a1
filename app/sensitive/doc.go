// Package sensitive is the sensitive-text guide (B4, V17, V18): it reads what a guardian is about to send and says, in their language, which
// words are better said on the phone, and why.
//
// It never blocks. A warning asks for one more tap, proved by an acknowledgement token; a failure, a very long text or a bug gives an empty
// report, and the text goes through. For violence, child protection and self-harm the advice is always to tell: send it, or call.
//
// The package is pure: it opens nothing, keeps no text, and is safe for concurrent use. Log a report's categories, severity and ruleset at
// most; never the text, its spans or its hash.
//
// It has two parts. The rules know words, phrases and what both mean where they stand; each is a reviewed line in lexicon/*.tsv. The learned weight knows what
// lines to warn about look like as a whole, and what the rules say of such: it was learned from the labelled lines in testdata (internal/learn, go generate), lies
// in likeness.bin, and finds what no rule foresaw. What a checked number says is never taken back, and a secret address, self-harm, violence or a child at risk only in
// a text that is very unlike; a warning of another rule becomes a hint in a text that is unlike any line to warn about; and a text that is like one is warned
// about, or hinted at, without a rule. Such a finding is called "<category>.likeness", and marks the few words that weigh most.
//
// Start reading in report.go, then check.go. internal/compile makes tables.gen.go of the words and advice (go generate). read.go and word.go cut a text into words
// (contraction.go: "he's" is two of them), entry.go says what a word stands for and weighs wherever it stands (mistyped.go with one slip of the finger; frequent.go
// knows frequent words beforehand), match.go gives the words of the text their entries (express.go where several make one expression), phrase.go finds phrases, weigh.go decides what both mean where they stand: a person raises, a book, a job, a thing or a joke lowers. traits.go,
// concepts.go, sums.go, likeness.go and lift.go are the learned weight: what it looks at, what it adds up, and how it and the rules agree. All languages run on every text, because
// parents mix them.
package sensitive
