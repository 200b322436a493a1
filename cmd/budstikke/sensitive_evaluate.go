package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"budstikke.example/app/sensitive"
	"budstikke.example/app/sensitive/score"
)

type sensitiveEvaluate struct {
	File        string `arg:"" type:"existingfile" help:"JSON lines: id, lang, context, text, label, categories."`
	Country     string `help:"Country of the municipality, as two letters: IS takes a bare kennitala for one."`
	Predictions bool   `help:"Print what was found instead of the figures, as JSON lines: id, label, categories."`
}

// Run prints the figures or the predictions.
func (c sensitiveEvaluate) Run(t terminal) error {
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	lines, err := score.Read(file)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	found := predict(lines, strings.ToUpper(c.Country))
	if !c.Predictions {
		figures, err := score.Of(lines, found)
		if err != nil {
			return err
		}
		return figures.Print(t.out)
	}
	out := json.NewEncoder(t.out)
	for _, p := range found {
		if err := out.Encode(p); err != nil {
			return err
		}
	}
	return nil
}

// predict asks the guide about every line, as the app of a municipality of that country would while it is written.
func predict(lines []score.Line, country string) []score.Prediction {
	found := make([]score.Prediction, 0, len(lines))
	for _, l := range lines {
		report := sensitive.Check(l.Text, sensitive.Options{Locale: l.Lang, Context: sensitive.Context(l.Context), Country: country})
		p := score.Prediction{ID: l.ID, Label: string(report.Severity), Categories: []string{}}
		for _, f := range report.Findings {
			p.Categories = append(p.Categories, string(f.Category))
		}
		found = append(found, p)
	}
	return found
}
