package contract

import (
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// format is a format validator of kin-openapi. It says yes or no; words.go says what to correct.
type format func(text string) bool

var errFormat = errors.New("not of this format")

// Validate implements openapi3.StringFormatValidator.
func (f format) Validate(text string) error {
	if !f(text) {
		return errFormat
	}
	return nil
}

// formats are those that the contract uses. kin-openapi on its own checks no UUID and takes February 30th for a date.
var formats = map[string]openapi3.StringFormatValidator{
	"uuid": format(isUUID), "date": format(isDate), "date-time": format(isMoment), "email": format(isEmail), "line": format(isLine),
}

// One spelling only: the parser behind us would also take braces, a URN, or no dashes at all.
var uuidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func isUUID(text string) bool { return uuidPattern.MatchString(text) }

// The year 0 is a date to Go and none to Postgres.
func isDate(text string) bool {
	day, err := time.Parse(time.DateOnly, text)
	return err == nil && day.Year() > 0
}

func isMoment(text string) bool {
	moment, err := time.Parse(time.RFC3339, text)
	return err == nil && moment.UTC().Year() > 0
}

// localPart and domain are the dot-atom of RFC 5322 and host names with at least two labels: what every mail server on the way takes.
// Quoted local parts, comments and address literals are syntax of mail headers, not addresses that people have.
var (
	localPart = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
	domain    = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
)

func isEmail(text string) bool {
	at := strings.LastIndexByte(text, '@')
	if at < 1 || at > 64 || len(text) > 254 {
		return false
	}
	return localPart.MatchString(text[:at]) && domain.MatchString(text[at+1:])
}

// storable says that Postgres can keep the text: it takes no NUL and no invalid UTF-8.
func storable(text string) bool {
	return strings.IndexByte(text, 0) < 0 && utf8.ValidString(text)
}
