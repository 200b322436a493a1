package register

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"budstikke.example/app/nationalid"
)

// person reads one human being. child is the source id of the child when a guardian is read: an adult without an
// identity number is only known as somebody of that child.
func (r *listReader) person(row row, who, child string) (Person, bool) {
	var p Person
	id, idOK := r.value(row, of(who, partID))
	number, numberOK := r.identity(row, who)
	namesOK := r.names(row, who, &p)
	birth, birthOK := r.date(row, of(who, partBirthDate))
	mark, markOK := r.word(row, of(who, partProtected), wordsProtected)
	if !allOf(idOK, numberOK, namesOK, birthOK, markOK) {
		return p, false
	}
	p.NationalID, p.BirthDate, p.Protected = number, birth, protectionOf(mark)
	p.ProtectionStated = r.mapping.names(of(who, partProtected))
	if !r.birth(row, who, &p) || !r.sourceID(row, who, child, id, &p) {
		return p, false
	}
	return p, r.hints(row, who, &p)
}

func (r *listReader) identity(row row, who string) (nationalid.Number, bool) {
	head := r.mapping.Columns[of(who, partNationalID)]
	text, ok := r.value(row, of(who, partNationalID))
	if !ok || text == "" {
		return nationalid.Number{}, ok
	}
	number, reason := readIdentity(r.mapping.Country, text, r.reading.On)
	if reason != "" {
		row.fault(head, reason)
		return nationalid.Number{}, false
	}
	return number, true
}

func (r *listReader) names(row row, who string, p *Person) bool {
	given, givenOK := r.value(row, of(who, partGivenName))
	family, familyOK := r.value(row, of(who, partFamilyName))
	full, fullOK := r.value(row, of(who, partFullName))
	if !allOf(givenOK, familyOK, fullOK) {
		return false
	}
	if full != "" && given == "" && family == "" {
		before, after, comma := strings.Cut(full, ",")
		if !comma {
			row.fault(r.mapping.Columns[of(who, partFullName)], "The name has to be written “Family name, given name”.")
			return false
		}
		family, given = strings.TrimSpace(before), strings.TrimSpace(after)
	}
	if given == "" && family == "" {
		row.fault(firstOf(r.mapping.Columns[of(who, partGivenName)], r.mapping.Columns[of(who, partFullName)]), "The name is missing.")
		return false
	}
	p.GivenName, p.FamilyName = given, family
	return true
}

// birth takes the date of birth from the list, or else from the identity number. The two disagreeing means that
// somebody else's number stands in the row.
func (r *listReader) birth(row row, who string, p *Person) bool {
	switch {
	case p.NationalID.IsZero():
	case p.BirthDate.IsZero():
		p.BirthDate = p.NationalID.Birth()
	case p.NationalID.Confirmed() && p.NationalID.Kind() == nationalid.Ordinary && !p.BirthDate.Equal(p.NationalID.Birth()):
		row.fault(r.mapping.Columns[of(who, partBirthDate)], "The date of birth and the identity number do not belong together. Two rows have probably been mixed up.")
		return false
	}
	return true
}

func (r *listReader) sourceID(row row, who, child, id string, p *Person) bool {
	head := r.mapping.Columns[of(who, partID)]
	switch {
	case id != "":
		if number, err := nationalid.Parse(r.mapping.Country, id, r.reading.On); err == nil && (number.Confirmed() || number == p.NationalID) {
			row.fault(head, "The column for ids holds identity numbers. Map it as “"+string(of(who, partNationalID))+"” instead.")
			return false
		}
		p.SourceID = id
	case !p.NationalID.IsZero() && r.reading.Pseudonym == nil:
		row.fault("", "The list names people by identity number only, and no key for pseudonyms is configured.")
		return false
	case !p.NationalID.IsZero():
		p.SourceID = r.reading.Pseudonym(p.NationalID)
	case child != "":
		sum := sha256.Sum256([]byte(child + "\x00" + fold(p.GivenName) + "\x00" + fold(p.FamilyName)))
		p.SourceID = "n-" + hex.EncodeToString(sum[:12])
	default:
		row.fault(firstOf(r.mapping.Columns[of(who, partNationalID)], head), "The row has neither an identity number nor an id, so the person can not be recognised in the next import.")
		return false
	}
	return true
}

// hints reads e-mail, mobile and user name. They are hints only, so what can not be read is left out with a warning.
func (r *listReader) hints(row row, who string, p *Person) bool {
	email, emailOK := r.value(row, of(who, partEmail))
	mobile, mobileOK := r.value(row, of(who, partMobile))
	username, usernameOK := r.value(row, of(who, partUsername))
	if !allOf(emailOK, mobileOK, usernameOK) {
		return false
	}
	var ok bool
	if p.Email, ok = readEmail(email); !ok {
		row.warn(r.mapping.Columns[of(who, partEmail)], "This is not an e-mail address; it is left out.")
	}
	if p.Mobile, ok = readMobile(r.mapping.Country, mobile); !ok {
		row.warn(r.mapping.Columns[of(who, partMobile)], "This is not a telephone number; it is left out.")
	}
	if p.Username, ok = r.readUsername(username); !ok {
		row.warn(r.mapping.Columns[of(who, partUsername)], "This is not a user name; it is left out.")
	}
	return true
}

// readUsername takes any word in lower case but an identity number, which is never kept in clear (P15).
func (r *listReader) readUsername(text string) (username string, ok bool) {
	if text == "" {
		return "", true
	}
	if _, err := nationalid.Parse(r.mapping.Country, text, r.reading.On); err == nil || len(text) > 320 || strings.ContainsAny(text, " \t") {
		return "", false
	}
	return strings.ToLower(text), true
}
