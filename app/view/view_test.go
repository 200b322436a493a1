package view_test

import (
	"encoding/json"
	"testing"

	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

func TestFieldsThatMayBeAbsent(t *testing.T) {
	t.Parallel()
	word, size := "word", 7
	if view.Value[string](nil) != "" || view.Value(&word) != "word" {
		t.Error("Value is not the value")
	}
	if view.Optional("") != nil || *view.Optional("word") != "word" {
		t.Error("Optional does not leave an empty text out")
	}
	if got := view.Page(nil, nil); got != (postgres.Page{}) {
		t.Errorf("the first page is %+v", got)
	}
	if got := view.Page(&word, &size); got != (postgres.Page{Cursor: "word", Size: 7}) {
		t.Errorf("another page is %+v", got)
	}
}

// A client reads a list without asking whether there is one.
func TestAnEmptyListIsAList(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(view.Each([]int(nil), func(n int) int { return n }))
	if err != nil || string(text) != "[]" {
		t.Errorf("an empty list is %s, %v", text, err)
	}
}
