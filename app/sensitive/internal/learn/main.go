// Command learn makes the weights of the sensitive-text guide (likeness.bin, with likeness.gen.go saying how they are read) of the labelled training
// lines: testdata/seen.jsonl, testdata/lines/*.jsonl, testdata/lines.tsv and half of testdata/notes.tsv. The lines that the guide is measured with (held*.jsonl,
// dev.jsonl) are never read. `go generate ./app/sensitive` runs it, after internal/compile, whose tables the traits depend on; a test beside it fails when the
// weights are older than the lines.
//
// The same lines give the same bytes on every machine: no random numbers but from a fixed seed, no map in whose order anything is done, no function of
// math but the square root, and every product rounded by a conversion before it is added.
//
// It also lists the words that stand most often in those lines (frequent.txt), which the guide reads once and not in every text.
//
// Start reading at weights.go; lines.go reads, train.go learns, pack.go packs, frequent.go counts words.
package main

import (
	"fmt"
	"os"
)

func main() {
	packed, source, err := Weights(os.DirFS("testdata"))
	var words []byte
	if err == nil {
		words, err = Frequent(os.DirFS("testdata"))
	}
	if err == nil {
		err = os.WriteFile("frequent.txt", words, 0o644) //nolint:gosec // part of the program, for everybody to read
	}
	if err == nil {
		err = os.WriteFile("likeness.bin", packed, 0o644) //nolint:gosec // part of the program, for everybody to read
	}
	if err == nil {
		err = os.WriteFile("likeness.gen.go", source, 0o644) //nolint:gosec // source code, for everybody to read
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "learn:", err)
		os.Exit(1)
	}
}
