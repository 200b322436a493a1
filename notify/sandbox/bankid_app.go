package sandbox

import (
	"encoding/json"
	"time"
)

// Person is somebody who can sign with the pretend BankID app.
type Person struct {
	PersonalNumber string `json:"personalNumber"` // 12 digits
	GivenName      string `json:"givenName"`
	Surname        string `json:"surname"`
}

// TestPersons returns invented people with numbers from the Swedish tax agency's test series (serials 980 to 999, which no real person gets).
func TestPersons() []Person {
	return []Person{
		{"198501019809", "Astrid", "Ekdal"},
		{"198703129810", "Nils", "Fagerlund"},
		{"199005209805", "Samira", "Holm"},
		{"198211309805", "Björn", "Åkesson"},
	}
}

// Order is a BankID order as the app's side sees it.
type Order struct {
	OrderRef       string    `json:"orderRef"`
	Kind           string    `json:"kind"` // "auth" or "sign"
	AutoStartToken string    `json:"autoStartToken"`
	QRStartToken   string    `json:"qrStartToken"`
	Status         string    `json:"status"` // pending, complete, failed
	HintCode       string    `json:"hintCode,omitempty"`
	CreatedAt      time.Time `json:"createdAt"`
	EndUserIP      string    `json:"endUserIp"`
	// VisibleText is the decoded userVisibleData.
	VisibleText string `json:"visibleText,omitempty"`
	// RequiredPerson is requirement.personalNumber; only that person can complete the order.
	RequiredPerson string `json:"requiredPerson,omitempty"`
	// ReturnURL is where the app goes back to when it was opened on the same device.
	ReturnURL string `json:"returnUrl,omitempty"`
	// MostRisk is requirement.risk, and ReturnsRisk whether the risk is told.
	MostRisk    string `json:"mostRisk,omitempty"`
	ReturnsRisk bool   `json:"returnsRisk,omitempty"`
	// App and Web are what the relying party tells about where the order began.
	App json.RawMessage `json:"app,omitempty"`
	Web json.RawMessage `json:"web,omitempty"`
	// CompletedBy is the personal number of who signed.
	CompletedBy string `json:"completedBy,omitempty"`
}

// Outcome scripts what happens to an order without anybody touching the app.
type Outcome struct {
	// Pending are hint codes answered one per collect before the end.
	Pending []string `json:"pending,omitempty"`
	// Fail is the hint code to fail with; empty means that Person completes the order.
	Fail string `json:"fail,omitempty"`
	// Risk is how risky BankID finds it, low when empty: "low", "moderate", "high", or "none" when it cannot tell. Above what the order accepts it
	// ends with transactionRiskBlocked.
	Risk string `json:"risk,omitempty"`
	// Person completes the order. Empty takes the person whose number the script is for from [BankIDConfig.Persons].
	Person Person `json:"person,omitzero"`
}

// Orders lists the BankID orders that are still known, oldest first.
func (s *Sandbox) Orders() []Order { return s.bankid.list() }

// OrderByQR finds the pending order whose animated QR code is shown, after checking the code's signature and age; the order counts as started then.
// The error says what is wrong with the code.
func (s *Sandbox) OrderByQR(qr string) (Order, error) { return s.bankid.scan(qr) }

// OrderByAutoStart finds the pending order of an autostart link's token; the order counts as started then.
func (s *Sandbox) OrderByAutoStart(token string) (Order, error) { return s.bankid.autostart(token) }

// CompleteOrder signs a pending order as p. It fails when the order is not pending or asks for another person.
func (s *Sandbox) CompleteOrder(orderRef string, p Person) error {
	return s.bankid.complete(orderRef, p)
}

// FailOrder ends a pending order with a hint code such as "userCancel", "expiredTransaction" or "startFailed".
func (s *Sandbox) FailOrder(orderRef, hintCode string) error {
	return s.bankid.fail(orderRef, hintCode)
}

// HintOrder sets a pending order's hint code, such as "started", "userSign" or "userCallConfirm".
func (s *Sandbox) HintOrder(orderRef, hintCode string) error {
	return s.bankid.hint(orderRef, hintCode)
}

// ScriptBankID decides in advance what happens to orders that require this personal number; "" is for orders that require nobody.
// A zero Outcome for "" needs a Person. Clear with [Sandbox.ClearBankIDScripts].
func (s *Sandbox) ScriptBankID(personalNumber string, o Outcome) error {
	return s.bankid.script(personalNumber, o)
}

// RiskOfBankID decides how risky BankID finds the orders that are signed from now on, as Outcome.Risk does for a script.
func (s *Sandbox) RiskOfBankID(risk string) error { return s.bankid.riskFrom(risk) }

// ClearBankIDScripts forgets all scripts.
func (s *Sandbox) ClearBankIDScripts() { s.bankid.clearScripts() }
