package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"budstikke.example/app/sensitive"
)

// sensitiveCommand lets people try the sensitive-text guide (B4) on texts of their own. It needs no database and keeps nothing.
type sensitiveCommand struct {
	Check    sensitiveCheck    `cmd:"" help:"Read texts, one a line, and print what the guide finds in each."`
	Evaluate sensitiveEvaluate `cmd:"" help:"Compare the guide with labelled texts and print how often it is right, by language and category."`
}

type sensitiveCheck struct {
	File    string `arg:"" optional:"" help:"The texts; standard input without it."`
	Locale  string `default:"en" enum:"nb,nn,da,sv,en" help:"Language of reasons and advice: nb, nn, da, sv or en."`
	Country string `help:"Country of the municipality, as two letters: IS takes a bare kennitala for one."`
}

// longestLine is more bytes than any text that is read has.
const longestLine = 4*sensitive.MaxRunes + 2

// Run prints severity and text, and below every finding: category, rules, the words marked, the reason. A text that is too long to be read is said to be so.
func (c sensitiveCheck) Run(t terminal) error {
	in := io.Reader(os.Stdin)
	if c.File != "" && c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	read := 0
	for ; lines.Scan(); read++ {
		report := sensitive.Check(lines.Text(), sensitive.Options{Locale: c.Locale, Country: strings.ToUpper(c.Country)})
		verdict := string(report.Severity)
		if report.Skipped != "" {
			verdict = "not read, " + string(report.Skipped)
		}
		fmt.Fprintf(t.out, "%s\t%s\n", verdict, lines.Text())
		letters := []rune(lines.Text())
		for _, f := range report.Findings {
			var words []string
			for _, s := range f.Spans {
				words = append(words, string(letters[s.StartRune:s.EndRune]))
			}
			fmt.Fprintf(t.out, "\t%s %s [%s] %s: %q\n\t\t%s %s\n", f.Severity, f.Category, f.Action, strings.Join(f.Rules, " "), words, f.Reason, f.Advice)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("line %d is longer than the %d characters that are read: cut it, or put each text on a line of its own", read+1, sensitive.MaxRunes)
	}
	return lines.Err()
}
