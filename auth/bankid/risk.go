package bankid

import "budstikke.example/auth"

// Risk is how likely BankID finds it that somebody else than the owner is behind an order.
type Risk string

// The risks. BankID answers none when it was not asked or cannot tell.
const (
	RiskLow      Risk = "low"
	RiskModerate Risk = "moderate"
	RiskHigh     Risk = "high"
)

// Known tells whether a risk may stand as a limit: RiskLow, RiskModerate, or empty for none.
func (r Risk) Known() bool { return r == "" || r == RiskLow || r == RiskModerate }

// Above tells whether a risk is higher than what is accepted at most; nothing is above an empty most. A word that is not known here is above
// every limit; a risk that BankID could not tell is above none, or nobody could sign in whenever it cannot.
func (r Risk) Above(most Risk) bool {
	order := map[Risk]int{"": 0, RiskLow: 0, RiskModerate: 1, RiskHigh: 2}
	level, known := order[r]
	return most != "" && (!known || level > order[most])
}

// App is the app that an order begins in, as BankID judges the risk by it.
type App struct {
	Identifier string `json:"appIdentifier"` // package name or bundle identifier
	OS         string `json:"deviceOS"`
	Model      string `json:"deviceModelName"`
	Device     string `json:"deviceIdentifier,omitempty"` // from DeviceIdentifier
}

// Web is the browser that an order begins in, as BankID judges the risk by it.
type Web struct {
	Domain    string `json:"referringDomain"` // registrable domain of the page
	UserAgent string `json:"userAgent"`
	Device    string `json:"deviceIdentifier,omitempty"`
}

// DeviceIdentifier is what BankID may know a device by: the same for every order from it, and of no use to find out its secret or who holds it.
// It is empty for a device that keeps no secret.
func DeviceIdentifier(d auth.Device) string { return d.Alias("bankid") }
