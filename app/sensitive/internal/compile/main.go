// Command compile turns the readable files of the sensitive-text guide (lexicon/*.tsv) into the static tables that the guide runs on
// (tables.gen.go): tries over a folded alphabet, rows, and patterns that begin at their rarest word. `go generate ./app/sensitive` runs it; a test
// beside it fails when the tables are older than the files.
//
// Start reading at lexicon.go, which says what a row of each file means; tries.go packs, emit.go writes.
package main

import (
	"fmt"
	"os"
)

func main() {
	source, err := Generate(os.DirFS("."))
	if err == nil {
		err = os.WriteFile("tables.gen.go", source, 0o644) //nolint:gosec // source code, for everybody to read
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compile:", err)
		os.Exit(1)
	}
}
