// Package sensitive is the sensitive-text guide (B4, V17, V18): it reads what a guardian is about to send and says, in their language, which
// words are better said on the phone, and why.
//
// It never blocks. A warning asks for one more tap, proved by an acknowledgement token; a failure, a very long text or a bug gives an empty
// report, and the text goes through. For violence, child protection and self-harm the advice is always to tell: send it, or call.
//
// The package is pure: it opens nothing, keeps no text, and is safe for concurrent use. Log a report's categories, severity and ruleset at
// most; never the text, its spans or its hash.
//
// Start reading in report.go, then check.go. The words live in lexicon/*.tsv and texts/*.tsv, one reviewed line per rule; internal/compile makes tables.gen.go
// of them (go generate). read.go cuts a text into words, match.go gives words their marks, phrase.go finds phrases, weigh.go decides what both mean where
// they stand: a person raises, a book, a job, a thing or a joke lowers. All languages run on every text, because parents mix them.
package sensitive
