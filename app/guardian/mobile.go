package guardian

import (
	"strings"

	"budstikke.example/app"
)

// nordicPrefixes are the countries that SMS is sent to; the gateway refuses every other (reference: tenant's country allow-list, V20).
var nordicPrefixes = []string{"+45", "+46", "+47", "+354", "+358", "+298"}

// checkNumber refuses a number that no alert could be sent to. Fault: country_not_supported.
func checkNumber(number string) error {
	for _, p := range nordicPrefixes {
		if strings.HasPrefix(number, p) {
			return nil
		}
	}
	return &app.Fault{Kind: app.Unprocessable, Code: "country_not_supported",
		Detail: "We can send SMS to Nordic numbers only. Register a Nordic number, or rely on push and e-mail.",
		Fields: []app.Field{{Pointer: "/number", Detail: "is not a Nordic number"}}}
}
