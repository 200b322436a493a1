package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// What is committed was learned from the lines that are committed. Run `go generate ./app/sensitive` when this fails.
func TestWeightsAreThoseOfTheLines(t *testing.T) {
	t.Parallel()
	packed, source, err := Weights(os.DirFS("../../testdata"))
	if err != nil {
		t.Fatal(err)
	}
	words, err := Frequent(os.DirFS("../../testdata"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"likeness.bin": packed, "likeness.gen.go": source, "frequent.txt": words} {
		have, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, want) {
			t.Errorf("%s is stale: run go generate ./app/sensitive and commit what it makes", name)
		}
	}
}

// few are lines enough to learn something from.
func few() fstest.MapFS {
	var lines strings.Builder
	for range 5 {
		lines.WriteString(`{"id":"a","lang":"en","context":"message","text":"He hides when his father shouts. Nobody asks why.","label":"warn","categories":["violence_abuse"]}
{"id":"b","lang":"en","context":"message","text":"The bus was late again. Sorry!","label":"none","categories":[]}
`)
	}
	return fstest.MapFS{
		"seen.jsonl":       {Data: []byte(lines.String())},
		"lines/en.jsonl":   {Data: []byte(`{"id":"c","lang":"en","context":"message","text":"We can pay in March","label":"hint","categories":["finances"]}`)},
		"lines.tsv":        {Data: []byte("# label\ttext\nwarn\tHe owes money to everybody\n")},
		"notes.tsv":        {Data: []byte("en\topening\tGood morning\nen\tclosing\tnever read\n")},
		"held.jsonl":       {Data: []byte("broken, since nobody may learn from it")},
		"dev.jsonl":        {Data: []byte("broken, too")},
		"lines/notes.txt":  {Data: []byte("no lines")},
		"lines/more.jsonl": {Data: []byte("")},
	}
}

func TestTheSameLinesGiveTheSameWeights(t *testing.T) {
	t.Parallel()
	packed, source, err := Weights(few())
	if err != nil {
		t.Fatal(err)
	}
	again, sourceAgain, err := Weights(few())
	if err != nil || !bytes.Equal(packed, again) || !bytes.Equal(source, sourceAgain) {
		t.Errorf("other weights of the same lines, %v", err)
	}
	other := few()
	other["lines.tsv"] = &fstest.MapFile{Data: []byte("none\tHe owes money to everybody\n")}
	if changed, _, err := Weights(other); err != nil || bytes.Equal(packed, changed) {
		t.Errorf("the same weights of other lines, %v", err)
	}
}

func TestWhatIsLearnedTellsLinesApart(t *testing.T) {
	t.Parallel()
	const bits = 10
	about, other := []uint32{1 << 22, 2 << 22, 3 << 22}, []uint32{3 << 22, 4 << 22, 5 << 22}
	examples := []example{of(about, bits, true, 1), of(other, bits, false, 1)}
	weights, bias := learn(examples, rarity(examples, bits))
	for _, e := range examples {
		margin := bias
		for _, p := range e.places {
			margin += weights[p] / e.norm
		}
		if margin > 0 != e.yes {
			t.Errorf("margin %.2f of a line that is %v", margin, e.yes)
		}
	}
	if numbers, step := quantised(weights, halfMost); step <= 0 || numbers[1] <= 0 || numbers[4] >= 0 || numbers[1] > halfMost {
		t.Errorf("weights %v, each %g", numbers[:6], step)
	}
}

func TestBrokenLinesAreNotLearnedFrom(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"seen.jsonl": `{"id":`, "lines/en.jsonl": `{"id":"c","label":"loud"}`, "lines.tsv": "warn", "notes.tsv": "en\topening"} {
		dir := few()
		dir[name] = &fstest.MapFile{Data: []byte(body)}
		if _, _, err := Weights(dir); err == nil {
			t.Errorf("learned from a broken %s", name)
		}
		delete(dir, name)
		if _, _, err := Weights(dir); err == nil && name != "lines/en.jsonl" {
			t.Errorf("learned without %s", name)
		}
	}
}
