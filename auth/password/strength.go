package password

import (
	"bufio"
	_ "embed"
	"errors"
	"strings"
	"sync"
	"unicode"

	"github.com/nbutton23/zxcvbn-go"
	"golang.org/x/text/unicode/norm"
)

// minScore is what zxcvbn must say of a new password, of 0 to 4: 3 is "safely unguessable", 10⁸ guesses at least.
const minScore = 3

// minDifferent is how many different characters a new password has.
const minDifferent = 5

// Errors of choosing a password.
var (
	// ErrCommon means that a new password stands in the list of those that everybody tries first.
	ErrCommon = errors.New("password: this one is among the first that anybody would try; choose another")
	// ErrGuessable means that a new password could be guessed, also by somebody who knows the names around its owner.
	ErrGuessable = errors.New("password: this one is too easy to guess; take some words that have nothing to do with each other, you or your work")
)

//go:embed common.txt
var commonText string

// common holds the passwords of the list in the form in which they are compared.
var common = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	lines := bufio.NewScanner(strings.NewReader(commonText))
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			known[bare(line)] = true
		}
	}
	return known
})

// product is what every attacker of this program thinks of first.
var product = []string{"budstikke", "budstikka", "budkavle"}

// CheckNew tells whether a password may be chosen by somebody about whom these words are known: their name and user name, their municipality
// and its institutions. Names of several words count as a whole and word by word. Errors: those of Check, ErrCommon, ErrGuessable.
func CheckNew(password string, about []string) error {
	if err := Check(password); err != nil {
		return err
	}
	normal := norm.NFC.String(password)
	if b := bare(normal); common()[b] || common()[strings.Trim(b, "0123456789")] {
		return ErrCommon
	}
	if different(normal) < minDifferent {
		return ErrGuessable // zxcvbn sees repeated letters, and not repeated groups of them
	}
	words := append([]string{}, product...)
	for _, name := range about {
		for _, word := range append(strings.FieldsFunc(name, notLetter), name) {
			if len([]rune(word)) >= 3 {
				words = append(words, strings.ToLower(word))
			}
		}
	}
	// Names written together or with what people put between them are as easy: what is left without them has to do.
	rest := strings.ToLower(normal)
	for _, word := range words {
		rest = strings.ReplaceAll(rest, word, "")
	}
	for _, candidate := range []string{first(normal), first(rest)} {
		if zxcvbn.PasswordStrength(candidate, words).Score < minScore {
			return ErrGuessable
		}
	}
	return nil
}

// first is as much of a password as its strength is reckoned from: the time that takes grows faster than the length, and a password of which
// the beginning is strong enough is strong enough.
func first(password string) string {
	const most = 48
	if runes := []rune(password); len(runes) > most {
		return string(runes[:most])
	}
	return password
}

// bare is a password in lower case without what people put between words and at the end.
func bare(password string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFC.String(password))
}

// different counts the characters that differ.
func different(password string) int {
	seen := map[rune]bool{}
	for _, r := range strings.ToLower(password) {
		seen[r] = true
	}
	return len(seen)
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
