package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// What is committed is what the files say. Run `go generate ./app/sensitive` when this fails.
func TestTablesAreNotOlderThanTheFiles(t *testing.T) {
	t.Parallel()
	want, err := Generate(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile("../../tables.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Error("tables.gen.go is stale: run go generate ./app/sensitive and commit what it makes")
	}
}

func TestBrokenRowsAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string][2]string{
		"unknown category":       {"health", "no_category\tr\twarn\tany\tword"},
		"unknown strength":       {"health", "finances\tr\tloud\tany\tword"},
		"unknown mode":           {"health", "finances\tr\twarn\tsideways\tword"},
		"unknown class":          {"health", "finances\tr\twarn\tany\tword\thint-if:nobody"},
		"unknown option":         {"health", "finances\tr\twarn\tany\tword\tsometimes:person"},
		"too few columns":        {"health", "finances\tr\twarn"},
		"letter of no language":  {"health", "finances\tr\twarn\tany\tw0rd"},
		"empty pattern":          {"phrases_law", "finances\tr\twarn\t"},
		"gap at the beginning":   {"phrases_law", "finances\tr\twarn\t.. a"},
		"gap at the end":         {"phrases_law", "finances\tr\twarn\ta .."},
		"pattern of no class":    {"phrases_law", "finances\tr\twarn\t@nobody"},
		"empty alternative":      {"phrases_law", "finances\tr\twarn\ta||b"},
		"nothing but an option":  {"phrases_law", "finances\tr\twarn\t?a"},
		"frame of an odd name":   {"frames", "-\tr\tfirm\ta"},
		"class of an odd mode":   {"classes", "kin\tsideways\ta"},
		"class too many":         {"health", "finances\tr\twarn\tany\tword\tneeds:kin needs:adult needs:staff needs:person needs:neg"},
		"rule without an entry":  {"ordinary", "word"},
		"frequent words alone":   {"common", "frequent"},
		"words torn apart":       {"phrases_law", "finances\tr\twarn\twill .. hurt|take me|take us|burn"},
		"words too many":         {"phrases_law", "finances\tr\twarn\ta_b_c_d_e_f"},
		"a word of nothing":      {"phrases_law", "finances\tr\twarn\ta__b"},
		"a word too long":        {"health", "finances\tr\twarn\tany\t" + strings.Repeat("a", 61)},
		"class of no words":      {"phrases_law", "finances\tr\twarn\t@kin a"},
		"needed and forbidden":   {"health", "finances\tr\twarn\tany\tword\tneeds:kin unless:kin"},
		"concept of no letters":  {"concepts", "night\tnatt 3f"},
		"concept of one letter":  {"concepts", "night\tn*"},
		"concept too long":       {"concepts", "night\tmidnattstimerne"},
		"inside in two letters":  {"health", "finances\tr\twarn\tlast\tab"},
		"a word in 256 rows":     {"health", strings.Repeat("finances\tr\twarn\tword\tmoney\n", 256)},
		"letters beside a digit": {"phrases_law", "finances\tr\twarn\tkode 7"},
	}
	for name, row := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := fstest.MapFS{}
			for _, file := range files {
				dir["lexicon/"+file+".tsv"] = &fstest.MapFile{Data: []byte("# nothing\n")}
			}
			dir["lexicon/"+row[0]+".tsv"] = &fstest.MapFile{Data: []byte(row[1] + "\n")}
			if _, err := Generate(dir); err == nil {
				t.Errorf("accepted %q", row[1])
			}
		})
	}
}

func TestSpellings(t *testing.T) {
	t.Parallel()
	lex := &lexicon{classes: map[string]int{}, common: map[string]bool{"vald": true}, written: map[string]bool{}, symbolRow: []int{-1, -1}}
	for word, want := range map[string][]string{"våld": {"våld", "vaald"}, "slår": {"slår", "slaar", "slar"}, "får": {"får"}, "depressjon": {"depressjon"}} {
		lex.entries = nil
		if err := lex.addWord(word, whole, 1, true); err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, e := range lex.entries {
			have = append(have, e.form)
		}
		if len(have) != len(want) {
			t.Errorf("%s is entered as %q, want %q", word, have, want)
		}
	}
	if have := doubled("homofil"); len(have) != 2 || have[0] != "hommofil" {
		t.Errorf("homofil with a consonant doubled: %q", have)
	}
	if have := doubled("kreftt"); len(have) != 2 || have[1] != "kreft" {
		t.Errorf("kreftt with one of two left out: %q", have)
	}
}
