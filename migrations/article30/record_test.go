package article30_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"budstikke.example/migrations"
	"budstikke.example/migrations/article30"
)

var controller = article30.Controller{Name: "Granby kommun", Country: "SE", Contact: "granby@example.com", Officer: "ombud@example.com"}

// The record has every field of Art. 30(1) for every activity, and everything that the classification calls personal is in one of them (V3).
func TestRecordIsComplete(t *testing.T) {
	t.Parallel()
	record, err := article30.Make(controller, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	columns, err := article30.Parse(migrations.Classification)
	if err != nil {
		t.Fatal(err)
	}
	want, got := 0, 0
	for _, c := range columns {
		if c.Class != article30.None {
			want++
		}
	}
	for _, a := range record.Activities {
		for _, n := range a.Classes {
			got += n
		}
		if a.Title == "" || a.Purposes == "" || len(a.Subjects) == 0 || a.Data == "" || len(a.Recipients) == 0 || a.Transfers == "" ||
			len(a.Retention) == 0 || len(a.Bases) == 0 {
			t.Errorf("%s lacks a field: %+v", a.Purpose, a)
		}
	}
	if got != want || want < 100 {
		t.Errorf("the record counts %d columns about persons, the classification has %d", got, want)
	}
	if len(record.Measures) == 0 || record.MadeOn != "2026-11-22" {
		t.Errorf("measures %v, made on %s", record.Measures, record.MadeOn)
	}
}

// V3: each table with a column about a person stands in the record, with as many columns as the classification has of it and in the activities that
// they belong to; nothing stands in it that the classification has not, and no word is kept that no column uses.
func TestRecordHoldsEveryTableAndNothingElse(t *testing.T) {
	t.Parallel()
	record, err := article30.Make(controller, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	columns, err := article30.Parse(migrations.Classification)
	if err != nil {
		t.Fatal(err)
	}
	type place struct{ purpose, table string }
	want, got := map[place]uint{}, map[place]uint{}
	for _, c := range columns {
		if c.Class != article30.None {
			want[place{c.Purpose, c.Table}]++
		}
	}
	for _, a := range record.Activities {
		for table, n := range a.Tables {
			got[place{a.Purpose, table}] += n
		}
	}
	if !maps.Equal(want, got) || len(want) < 50 {
		t.Errorf("the record holds %d tables by purpose, the classification %d: %v and %v", len(got), len(want), got, want)
	}
	var text bytes.Buffer
	if err := record.WriteMarkdown(&text); err != nil {
		t.Fatal(err)
	}
	for p, n := range want {
		if !strings.Contains(text.String(), fmt.Sprintf("%s (%d columns)", p.table, n)) {
			t.Errorf("%s is not written down with its %d columns", p.table, n)
		}
	}
}

func TestRecordWithoutItsControllerIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*article30.Controller){
		"name":    func(c *article30.Controller) { c.Name = "" },
		"country": func(c *article30.Controller) { c.Country = " " },
		"contact": func(c *article30.Controller) { c.Contact = "" },
		"officer": func(c *article30.Controller) { c.Officer = "\t" },
	} {
		c := controller
		spoil(&c)
		if _, err := article30.Make(c, time.Now()); !errors.Is(err, article30.ErrIncomplete) {
			t.Errorf("without the %s: %v, want ErrIncomplete", name, err)
		}
	}
}

// The three forms say the same, and a name cannot become markup.
func TestRecordIsWritten(t *testing.T) {
	t.Parallel()
	c := controller
	c.Joint = "<script>Solgläntan</script>"
	record, err := article30.Make(c, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var text, html, document bytes.Buffer
	for _, err := range []error{record.WriteMarkdown(&text), record.WriteHTML(&html), record.WriteJSON(&document)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range record.Activities {
		if !strings.Contains(text.String(), "## "+a.Title) || !strings.Contains(html.String(), "<h2>"+a.Title) {
			t.Errorf("%s is not in both", a.Title)
		}
	}
	if strings.Contains(html.String(), "<script>") {
		t.Error("a name became markup")
	}
	var back article30.Record
	if err := json.Unmarshal(document.Bytes(), &back); err != nil || len(back.Activities) != len(record.Activities) {
		t.Errorf("read back: %d activities, %v", len(back.Activities), err)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const head = "table\tcolumn\tclass\tsubject\tpurpose\tbasis\tretention\n"
	for text, want := range map[string]string{
		"table\tcolumn\n":                          "first line",
		head + "app.x\ty\tnone\t-\tplacement\t-\n": "6 fields",
		head + "app.x\ty\tpublic\tchildren\tplacement\tpublic_task\tenrolment\n":                        `class "public"`,
		head + "app.x\ty\tpersonal\tdogs\tplacement\tpublic_task\tenrolment\n":                          `subject "dogs"`,
		head + "app.x\ty\tpersonal\tchildren\tfun\tpublic_task\tenrolment\n":                            `purpose "fun"`,
		head + "app.x\ty\tpersonal\tchildren\tplacement\tbecause\tenrolment\n":                          `basis "because"`,
		head + "app.x\ty\tpersonal\tchildren\tplacement\tpublic_task\tforever\n":                        `retention "forever"`,
		head + "app.x\ty\tnone\tchildren\tplacement\t-\tstanding\n":                                     "yet has a subject",
		head + "app.x\ty\tnone\t-\tplacement\t-\tstanding\napp.x\ty\tnone\t-\tplacement\t-\tstanding\n": "named twice",
	} {
		if _, err := article30.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want something of %s", text, err, want)
		}
	}
}
