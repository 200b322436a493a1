package migrations

import _ "embed"

// Classification says of every column what kind of data it holds, about whom, what for, on which legal basis and for how long: one line per
// column, separated by tabs. migrations/article30 reads it and makes the record of processing activities out of it (V3); a test fails on a
// column without a line, so that no table comes into being without that decision.
//
//go:embed classification.tsv
var Classification string
