// Package nationalid reads, checks and normalises the national identity numbers of the Nordic countries (H9, H11): Norwegian fødselsnummer,
// Swedish personnummer, Danish CPR, Finnish henkilötunnus and Icelandic kennitala.
//
// It is pure: no clock, no files, no network. The date on which a number is judged is always an argument, because a rule changes with it (the
// Icelandic check digit in 2026) and because the century of a ten-digit Swedish number depends on it. The Norwegian check digits of 2032 are taken
// on every day.
//
// A [Number] never shows itself: printing or logging one gives the country and nothing else. [Number.Digits] is the one way to the value, so that a
// search for that word finds every place where an identity number leaves memory. [Normalise] gives the same text, for the keyed blind index.
//
// Start reading in number.go, then parse.go; each country has its own file. synthetic.go makes numbers that belong to nobody.
package nationalid
