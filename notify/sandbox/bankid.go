package sandbox

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// bankIDServer speaks the Swedish BankID relying party API v6.0 and holds the orders that the pretend app answers (bankid_orders.go).
type bankIDServer struct {
	s    *Sandbox
	gate gate

	mu      sync.Mutex
	orders  map[string]*bankIDOrder
	order   []string // order references, oldest first
	scripts map[string]Outcome
	risk    string        // of what is signed from now on; empty is low
	changed chan struct{} // closed and replaced when an order changes; nil while nobody listens
}

func (s *Sandbox) startBankID() error {
	l, err := s.listen(BankID, s.cfg.Ports.BankID)
	if err != nil {
		return err
	}
	b := &bankIDServer{s: s, orders: map[string]*bankIDOrder{}, scripts: map[string]Outcome{}}
	b.gate = gate{s: s, provider: BankID, refuse: func(w http.ResponseWriter, status int, reason string) {
		bankIDError(w, status, reason, "switched on in the sandbox")
	},
		wanted: func(f Fault) bool {
			return !slices.Contains([]string{ModeMaintenance, ModeUnauthorized, ModeAlreadyInProgress}, f.Mode)
		}}
	s.bankid = b
	s.addrs.BankID = "https://" + s.hostPort(l)
	conf := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{s.keys.bankIDServer}, NextProtos: []string{"h2", "http/1.1"},
		ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: poolOf(s.keys.bankIDCA.pem)} // a missing certificate gets an HTML page, a wrong one fails the handshake
	s.serveWeb(tls.NewListener(l, conf), nil, b)
	return nil
}

// ServeHTTP answers one call of a relying party.
func (b *bankIDServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		unauthorizedPage(w)
		return
	}
	method, ok := strings.CutPrefix(r.URL.Path, "/rp/v6.0/")
	calls := map[string]func(http.ResponseWriter, *http.Request, []byte){"auth": b.begin, "sign": b.begin, "collect": b.collect, "cancel": b.cancel}
	call, known := calls[method]
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case !ok || !known:
		bankIDError(w, http.StatusNotFound, "notFound", "An erroneous URL path was used.")
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		bankIDError(w, http.StatusMethodNotAllowed, "methodNotAllowed", "Only http method POST is allowed.")
		return
	case mediaType != "application/json":
		bankIDError(w, http.StatusUnsupportedMediaType, "unsupportedMediaType", "Content-Type has to be application/json.")
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 512<<10))
	if err != nil {
		bankIDError(w, http.StatusRequestTimeout, "requestTimeout", "It took too long to transmit the request.")
		return
	}
	call(w, r, body)
}

// bankIDRequest is the body of auth and sign.
type bankIDRequest struct {
	EndUserIP             string `json:"endUserIp"`
	UserVisibleData       string `json:"userVisibleData"`
	UserVisibleDataFormat string `json:"userVisibleDataFormat"`
	UserNonVisibleData    string `json:"userNonVisibleData"`
	ReturnURL             string `json:"returnUrl"`
	ReturnRisk            bool   `json:"returnRisk"`
	Requirement           struct {
		PinCode             bool     `json:"pinCode"`
		MRTD                bool     `json:"mrtd"`
		CardReader          string   `json:"cardReader"`
		CertificatePolicies []string `json:"certificatePolicies"`
		PersonalNumber      string   `json:"personalNumber"`
		Risk                string   `json:"risk"`
	} `json:"requirement"`
	App json.RawMessage `json:"app"`
	Web json.RawMessage `json:"web"`
}

var twelveDigits = regexp.MustCompile(`^\d{12}$`)

// check returns the decoded visible text, or what is wrong with the request.
func (q *bankIDRequest) check(sign bool) (text, problem string) {
	limit := 1500
	if sign {
		limit = 40_000
	}
	visible, err := base64.StdEncoding.DecodeString(q.UserVisibleData)
	_, hiddenErr := base64.StdEncoding.DecodeString(q.UserNonVisibleData)
	switch {
	case net.ParseIP(q.EndUserIP) == nil:
		return "", "Incorrect endUserIp"
	case sign && q.UserVisibleData == "":
		return "", "userVisibleData is required"
	case err != nil || len(q.UserVisibleData) > limit:
		return "", "Incorrect userVisibleData"
	case hiddenErr != nil || len(q.UserNonVisibleData) > 200_000:
		return "", "Incorrect userNonVisibleData"
	case q.UserVisibleDataFormat != "" && q.UserVisibleDataFormat != "simpleMarkdownV1" && q.UserVisibleDataFormat != "plaintext":
		return "", "Incorrect userVisibleDataFormat"
	case q.Requirement.PersonalNumber != "" && !twelveDigits.MatchString(q.Requirement.PersonalNumber):
		return "", "Incorrect personalNumber"
	case !slices.Contains([]string{"", "class1", "class2"}, q.Requirement.CardReader):
		return "", "Incorrect cardReader"
	case !slices.Contains([]string{"", "low", "moderate"}, q.Requirement.Risk):
		return "", "Incorrect risk"
	case len(q.ReturnURL) > 512:
		return "", "Incorrect returnUrl"
	case len(q.App) > 0 && len(q.Web) > 0:
		return "", "Incorrect app"
	}
	return string(visible), ""
}

// begin is auth and sign.
func (b *bankIDServer) begin(w http.ResponseWriter, r *http.Request, body []byte) {
	kind := strings.TrimPrefix(r.URL.Path, "/rp/v6.0/")
	var q bankIDRequest
	if err := json.Unmarshal(body, &q); err != nil {
		bankIDError(w, http.StatusBadRequest, "invalidParameters", "The request is not valid JSON of the expected shape")
		return
	}
	text, problem := q.check(kind == "sign")
	if problem != "" {
		bankIDError(w, http.StatusBadRequest, "invalidParameters", problem)
		return
	}
	person := q.Requirement.PersonalNumber
	if b.refused(w, person) {
		return
	}
	o := &bankIDOrder{ip: q.EndUserIP, returnRisk: q.ReturnRisk, visible: q.UserVisibleData, created: b.s.now(), secret: uuid.NewString(), Order: Order{
		OrderRef: uuid.NewString(), Kind: kind, AutoStartToken: uuid.NewString(), QRStartToken: uuid.NewString(), Status: "pending", HintCode: "outstandingTransaction",
		EndUserIP: q.EndUserIP, VisibleText: text, RequiredPerson: person,
		ReturnURL: q.ReturnURL, MostRisk: q.Requirement.Risk, ReturnsRisk: q.ReturnRisk, App: q.App, Web: q.Web}}
	o.CreatedAt = o.created
	kept := false
	b.gate.pass(w, r, person, func(bool) { kept = b.keep(o) }, func(w http.ResponseWriter) {
		if !kept {
			bankIDError(w, http.StatusBadRequest, "alreadyInProgress", "Order already in progress for pno")
			return
		}
		writeJSON(w, http.StatusOK, map[string]string{"orderRef": o.OrderRef, "autoStartToken": o.AutoStartToken, "qrStartToken": o.QRStartToken, "qrStartSecret": o.secret})
	})
}

// refused lets BankID's own faults answer.
func (b *bankIDServer) refused(w http.ResponseWriter, person string) bool {
	f, hit := b.s.faults.of(BankID).next(person, func(f Fault) bool { return !b.gate.wanted(f) })
	switch {
	case !hit:
		return false
	case f.Mode == ModeMaintenance:
		bankIDError(w, http.StatusServiceUnavailable, "maintenance", "The service is temporarily out of service.")
	case f.Mode == ModeUnauthorized:
		unauthorizedPage(w)
	default:
		bankIDError(w, http.StatusBadRequest, "alreadyInProgress", "Order already in progress for pno")
	}
	return true
}

// orderRef reads the body of collect and cancel.
func orderRef(body []byte) (string, bool) {
	var q struct {
		OrderRef string `json:"orderRef"`
	}
	err := json.Unmarshal(body, &q)
	return q.OrderRef, err == nil && q.OrderRef != ""
}

func (b *bankIDServer) collect(w http.ResponseWriter, r *http.Request, body []byte) {
	ref, ok := orderRef(body)
	if !ok {
		bankIDError(w, http.StatusBadRequest, "invalidParameters", "Incorrect orderRef")
		return
	}
	if b.refused(w, "") {
		return
	}
	answer, ok := b.result(ref)
	if !ok {
		bankIDError(w, http.StatusBadRequest, "invalidParameters", "No such order")
		return
	}
	b.gate.pass(w, r, "", func(bool) {}, func(w http.ResponseWriter) { writeJSON(w, http.StatusOK, answer) })
}

func (b *bankIDServer) cancel(w http.ResponseWriter, r *http.Request, body []byte) {
	ref, ok := orderRef(body)
	if !ok || b.fail(ref, "cancelled") != nil {
		bankIDError(w, http.StatusBadRequest, "invalidParameters", "No such order")
		return
	}
	b.forget(ref)
	b.gate.pass(w, r, "", func(bool) {}, func(w http.ResponseWriter) { writeJSON(w, http.StatusOK, struct{}{}) })
}

// bankIDError answers in BankID's error shape; an empty code takes the usual one of the status.
func bankIDError(w http.ResponseWriter, status int, code, details string) {
	if code == "" {
		code = map[int]string{400: "invalidParameters", 401: "unauthorized", 403: "unauthorized", 404: "notFound", 405: "methodNotAllowed", 408: "requestTimeout",
			415: "unsupportedMediaType", 503: "maintenance"}[status]
		if code == "" {
			code = "internalError"
		}
	}
	writeJSON(w, status, map[string]string{"errorCode": code, "details": details})
}

// unauthorizedPage is the HTML page that a relying party without access gets.
func unauthorizedPage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusForbidden)
	_, _ = io.WriteString(w, "<!DOCTYPE html><html><head><title>403 - Forbidden: Access is denied.</title></head><body><h1>403 - Forbidden</h1></body></html>\n")
}

// completion is the completionData of a finished order.
type completion struct {
	User struct {
		PersonalNumber string `json:"personalNumber"`
		Name           string `json:"name"`
		GivenName      string `json:"givenName"`
		Surname        string `json:"surname"`
	} `json:"user"`
	Device struct {
		IPAddress string `json:"ipAddress"`
		UHI       string `json:"uhi"`
	} `json:"device"`
	BankIDIssueDate string `json:"bankIdIssueDate"`
	Signature       string `json:"signature"`
	OCSPResponse    string `json:"ocspResponse"`
	Risk            string `json:"risk,omitempty"`
}

// completed makes the completion of an order by p. Signature and OCSP response have the outer form only: nothing in them can be verified.
func (o *bankIDOrder) completed(p Person, risk string, now time.Time) *completion {
	c := &completion{BankIDIssueDate: now.AddDate(-1, 0, 0).UTC().Format("2006-01-02Z07:00")}
	c.User.PersonalNumber, c.User.GivenName, c.User.Surname = p.PersonalNumber, p.GivenName, p.Surname
	c.User.Name = strings.TrimSpace(p.GivenName + " " + p.Surname)
	c.Device.IPAddress = o.ip
	c.Device.UHI = base64.RawURLEncoding.EncodeToString([]byte("sandbox-" + p.PersonalNumber))
	c.Signature = base64.StdEncoding.EncodeToString([]byte(`<?xml version="1.0" encoding="UTF-8" standalone="no"?><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><Object>` +
		`<bankIdSignedData xmlns="http://www.bankid.com/signature/v1.0.0/types" Id="bidSignedData"><usrVisibleData>` + o.visible + `</usrVisibleData></bankIdSignedData></Object></Signature>`))
	c.OCSPResponse = base64.StdEncoding.EncodeToString([]byte{0x30, 0x03, 0x0a, 0x01, 0x00})
	if o.returnRisk && risk != "none" {
		c.Risk = risk
	}
	return c
}
