package main

import (
	"fmt"
	"io/fs"
	"strings"

	"budstikke.example/app/sensitive/score"
)

// The labels of lines to warn about, and of lines to say nothing about.
const (
	warn = "warn"
	none = "none"
)

// read reads all training lines, in the order of the files' names.
func read(dir fs.FS) ([]score.Line, error) {
	var all []score.Line
	more, err := fs.Glob(dir, "lines/*.jsonl")
	if err != nil {
		return nil, err
	}
	for _, name := range append([]string{"seen.jsonl"}, more...) {
		file, err := dir.Open(name)
		if err != nil {
			return nil, err
		}
		lines, err := score.Read(file)
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, lines...)
	}
	labelled, err := columns(dir, "lines.tsv", 2)
	if err != nil {
		return nil, err
	}
	for _, f := range labelled {
		all = append(all, score.Line{Label: f[0], Text: f[1]}) // which category it is of is not said
	}
	notes, err := columns(dir, "notes.tsv", 3)
	if err != nil {
		return nil, err
	}
	for i, f := range notes {
		if i%2 == 0 { // the other half is only measured with
			all = append(all, score.Line{Label: none, Text: f[2], Slice: "practical"})
		}
	}
	return all, nil
}

// columns reads a file of columns with remarks.
func columns(dir fs.FS, name string, count int) ([][]string, error) {
	body, err := fs.ReadFile(dir, name)
	if err != nil {
		return nil, err
	}
	var all [][]string
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != count {
			return nil, fmt.Errorf("%s: want %d columns in %q", name, count, line)
		}
		all = append(all, f)
	}
	return all, nil
}
