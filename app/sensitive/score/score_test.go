package score_test

import (
	"strings"
	"testing"

	"budstikke.example/app/sensitive/score"
)

const gold = `{"id":"a","lang":"nb","context":"absence","text":"x","label":"warn","categories":["finances","third_party"]}
{"id":"b","lang":"nb","context":"message","text":"x","label":"warn","categories":["medication"]}
{"id":"c","lang":"sv","context":"message","text":"x","label":"hint","categories":["health_minor"]}
{"id":"d","lang":"en","context":"message","text":"x","label":"none","categories":[]}
{"id":"e","lang":"en","context":"message","text":"x","label":"none","categories":[]}
`

func TestFigures(t *testing.T) {
	t.Parallel()
	lines, err := score.Read(strings.NewReader("\uFEFF" + strings.ReplaceAll(gold, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	f, err := score.Of(lines, []score.Prediction{
		{ID: "a", Label: "warn", Categories: []string{"finances"}}, {ID: "b", Label: "hint", Categories: []string{"health_minor"}},
		{ID: "c", Label: "warn", Categories: []string{"medication"}}, {ID: "d", Label: "warn"}, {ID: "e", Label: "none"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][2]score.Share{
		"recall": {f.All.Recall, {K: 1, N: 2}}, "precision": {f.All.Precision, {K: 1, N: 3}}, "false": {f.All.False, {K: 1, N: 2}},
		"recall nb": {f.Parts["nb"].Recall, {K: 1, N: 2}}, "precision sv": {f.Parts["sv"].Precision, {K: 0, N: 1}}, "escalated": {f.Escalated, {K: 1, N: 1}},
		"hint found": {f.HintFound, {K: 1, N: 1}}, "hit": {f.Hit, {K: 1, N: 1}}, "finances": {f.Categories["finances"].Recall, {K: 1, N: 1}},
		"medication named": {f.Categories["medication"].Precision, {K: 0, N: 1}}, "medication warned": {f.Categories["medication"].Warned, {K: 0, N: 1}},
	} {
		if got[0] != got[1] {
			t.Errorf("%s is %+v, want %+v", name, got[0], got[1])
		}
	}
	if got := f.All.Recall.String(); got != "0.500 [0.09-0.91] (1/2)" { // as score.py says it
		t.Errorf("recall is printed as %s", got)
	}
	var b strings.Builder
	if err := f.Print(&b); err != nil || !strings.Contains(b.String(), "none->warn 1") || !strings.Contains(b.String(), "finances") {
		t.Errorf("printed %q, %v", b.String(), err)
	}
}

func TestBrokenLinesAreNamed(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"id":`, `{"id":"a","label":"loud"}`, `[]`} {
		if _, err := score.Read(strings.NewReader(body)); err == nil {
			t.Errorf("read %s", body)
		}
	}
	lines, err := score.Read(strings.NewReader(gold))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := score.Of(lines, nil); err == nil || !strings.Contains(err.Error(), "a") {
		t.Errorf("no prediction at all: %v", err)
	}
}
