package app

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// MaxClearanceDays is how long a clearance may last before somebody has to give it anew (B12).
const MaxClearanceDays = 366

// shortest is the length, in letters, from which on a piece of a name is looked for inside words. Shorter ones are compared as they are.
const shortest = 3

// ProtectedPerson is somebody whose name is kept from everybody without a clearance (B8), as those see them who answer for the place.
type ProtectedPerson struct {
	ID         uuid.UUID
	Alias      string
	Drawn      bool     // nobody has chosen the alias
	Level      string   // protected or strict
	As         []string // child, guardian, staff
	Clearances []Clearance
	Version    int // of the alias; counts from 1; the ETag
}

// ProtectedName is what the alias stands for. Only those with a clearance have it in their hands.
type ProtectedName struct {
	Person                  uuid.UUID
	GivenName, FamilyName   string
	AliasGiven, AliasFamily string
	Level                   string
	Email, Mobile           string // where the register gives them; never of somebody who is strictly protected
	Version                 int
}

// Name is what those with a clearance read.
func (p ProtectedName) Name() string { return strings.TrimSpace(p.GivenName + " " + p.FamilyName) }

// Alias is what everybody without a clearance reads.
func (p ProtectedName) Alias() string { return strings.TrimSpace(p.AliasGiven + " " + p.AliasFamily) }

// Clearance lets one member of staff read the name of one protected person, until it ends or is taken away (B8, B12).
type Clearance struct {
	ID, Person, Staff, GrantedBy uuid.UUID
	StaffName                    string
	GrantedAt, Until             time.Time
	Reason                       string
}

// Taken tells whether somebody who answers for the place gave it to themselves.
func (c Clearance) Taken() bool { return c.Staff == c.GrantedBy }

// Clear makes a clearance. Faults: text_empty, end_in_the_past, days_out_of_reach.
func Clear(c Clearance, now time.Time) (Clearance, error) {
	switch {
	case !visible(c.Reason):
		return c, &Fault{Kind: Unprocessable, Code: ErrTextEmpty.Code, Detail: "Say why.", Fields: []Field{{Pointer: "/reason", Detail: "holds nothing that can be seen"}}}
	case !c.Until.After(now):
		return c, &Fault{Kind: Unprocessable, Code: "end_in_the_past", Detail: "Choose an end that is still to come.",
			Fields: []Field{{Pointer: "/until", Detail: "has passed"}}}
	case c.Until.After(now.Add(MaxClearanceDays * oneDay)):
		return c, outOfReach("/until")
	}
	c.GrantedAt = now
	return c, nil
}

// Rename gives the person another alias. Faults: text_empty, alias_names_person for one that holds a piece of the name or is a piece of it.
func (p ProtectedName) Rename(given, family string) (ProtectedName, error) {
	given, family = strings.TrimSpace(given), strings.TrimSpace(family)
	if !visible(given) {
		return p, &Fault{Kind: Unprocessable, Code: ErrTextEmpty.Code, Detail: "Give an alias.", Fields: []Field{{Pointer: "/givenName", Detail: "holds nothing that can be seen"}}}
	}
	for _, word := range nameWords(p.GivenName + " " + p.FamilyName) {
		for _, alias := range nameWords(given + " " + family) {
			if alias == word || long(word) && strings.Contains(alias, word) || long(alias) && strings.Contains(word, alias) {
				return p, &Fault{Kind: Unprocessable, Code: "alias_names_person", Detail: "Choose an alias that says nothing of the name."}
			}
		}
	}
	p.AliasGiven, p.AliasFamily, p.Version = given, family, p.Version+1
	return p, nil
}

func nameWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
}

func long(word string) bool { return utf8.RuneCountInString(word) >= shortest }
