package bankid

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"time"
)

// AuthRequest is what an identification begins with.
type AuthRequest struct {
	// EndUserIP is the address of the person's device as we see it. Required.
	EndUserIP netip.Addr
	// VisibleText is shown in the app while the person signs in, in BankID's simple markup; optional, at most 1,100 bytes.
	VisibleText string
	// ReturnURL is where the app goes back to on the same device; optional, at most 512 characters.
	ReturnURL string
	// MostRisk is the highest risk at which BankID lets the order be signed; empty does not ask. The risk itself is always asked for.
	MostRisk Risk
	// App or Web is where the order begins, at most one of them: BankID judges the risk by it.
	App *App
	Web *Web
}

type authWire struct {
	EndUserIP             string       `json:"endUserIp"`
	UserVisibleData       string       `json:"userVisibleData,omitempty"`
	UserVisibleDataFormat string       `json:"userVisibleDataFormat,omitempty"`
	ReturnURL             string       `json:"returnUrl,omitempty"`
	ReturnRisk            bool         `json:"returnRisk"`
	App                   *App         `json:"app,omitempty"`
	Web                   *Web         `json:"web,omitempty"`
	Requirement           *requirement `json:"requirement,omitempty"`
}

type requirement struct {
	Risk Risk `json:"risk,omitempty"`
}

func (r AuthRequest) wire() authWire {
	w := authWire{EndUserIP: r.EndUserIP.Unmap().WithZone("").String(), ReturnURL: r.ReturnURL, ReturnRisk: true, App: r.App, Web: r.Web}
	if r.VisibleText != "" {
		w.UserVisibleData = base64.StdEncoding.EncodeToString([]byte(r.VisibleText))
		w.UserVisibleDataFormat = "simpleMarkdownV1"
	}
	if r.MostRisk != "" {
		w.Requirement = &requirement{Risk: r.MostRisk}
	}
	return w
}

// Order is an identification that has begun. QRStartSecret never leaves the server (see QR).
type Order struct {
	OrderRef       string `json:"orderRef"`
	AutoStartToken string `json:"autoStartToken"` // opens the app on the same device
	QRStartToken   string `json:"qrStartToken"`
	QRStartSecret  Hidden `json:"qrStartSecret"`
}

// Collected is how an order stands. Completion is set only when Status is Complete.
type Collected struct {
	OrderRef   string      `json:"orderRef"`
	Status     Status      `json:"status"`
	Hint       Hint        `json:"hintCode"`
	Completion *Completion `json:"completionData"`
}

// Completion is who signed in, and with what. The signature and the certificate status that BankID sends with it are not kept.
type Completion struct {
	User   User   `json:"user"`
	Device Device `json:"device"`
	// IssueDate is when the BankID was issued, the zero Date if BankID sent none that can be read.
	IssueDate Date `json:"bankIdIssueDate"`
	// StepUp tells whether an identity document was shown as well.
	StepUp StepUp `json:"stepUp"`
	// Risk is how risky BankID found it; empty when it could not be computed.
	Risk Risk `json:"risk"`
}

// User is who signed in.
type User struct {
	PersonalNumber Hidden `json:"personalNumber"` // 12 digits
	Name           Hidden `json:"name"`
	GivenName      Hidden `json:"givenName"`
	Surname        Hidden `json:"surname"`
}

// Device is what the BankID app runs on.
type Device struct {
	IPAddress string `json:"ipAddress"`
	UHI       Hidden `json:"uhi"` // unique hardware identifier
}

// Date is a day, which BankID writes with a zone: "2025-08-09Z".
type Date struct{ time.Time }

// UnmarshalJSON reads a day with or without a zone. What it cannot read becomes the zero Date: nobody is refused because of it.
func (d *Date) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return nil
	}
	for _, layout := range []string{"2006-01-02Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			d.Time = t
			return nil
		}
	}
	return nil
}

// StepUp tells whether an identity document was shown. BankID documents an object {"mrtd": true}; some clients have seen a plain true.
type StepUp bool

// UnmarshalJSON reads either form.
func (s *StepUp) UnmarshalJSON(data []byte) error {
	var object struct {
		MRTD bool `json:"mrtd"`
	}
	if json.Unmarshal(data, &object) == nil {
		*s = StepUp(object.MRTD)
		return nil
	}
	*s = StepUp(bytes.Equal(bytes.TrimSpace(data), []byte("true")))
	return nil
}
