package bankid

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Addresses of BankID.
const (
	ProductionURL = "https://appapi2.bankid.com/rp/v6.0/"
	TestURL       = "https://appapi2.test.bankid.com/rp/v6.0/"
)

// maxAnswer bounds an answer in bytes; a completed order carries a signature of some tens of kilobytes.
const maxAnswer = 1 << 20

// Config says where BankID is and who we are to it.
type Config struct {
	// BaseURL ends in /rp/v6.0/; ProductionURL when empty. It must be https.
	BaseURL string
	// Certificate is the relying party's client certificate, from CertificateFromPEM or CertificateFromPKCS12.
	Certificate tls.Certificate
	// Roots holds BankID's own root and nothing else; see RootsFromPEM. The web's certificate authorities are never trusted for this.
	Roots *x509.CertPool
	// Timeout is the longest a call may take, 10 s when 0.
	Timeout time.Duration
}

// Client speaks to BankID. It is safe for concurrent use.
type Client struct {
	base    string
	http    *http.Client
	timeout time.Duration
}

// New makes a client. It does not connect. The error says which part of the configuration is missing.
func New(c Config) (*Client, error) {
	if c.BaseURL == "" {
		c.BaseURL = ProductionURL
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("bankid: the address must begin with https://")
	}
	if len(c.Certificate.Certificate) == 0 {
		return nil, errors.New("bankid: the client certificate is missing; the bank issues it to the municipality")
	}
	if c.Roots == nil {
		return nil, errors.New("bankid: BankID's root certificate is missing; it is not one of the web's and must be given")
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{
			Certificates: []tls.Certificate{c.Certificate},
			RootCAs:      c.Roots,
			MinVersion:   tls.VersionTLS12,
		},
		TLSHandshakeTimeout: 5 * time.Second,
		IdleConnTimeout:     60 * time.Second,
		MaxIdleConnsPerHost: 16,
		MaxConnsPerHost:     128,
		ForceAttemptHTTP2:   true,
	}
	return &Client{
		base: strings.TrimSuffix(c.BaseURL, "/") + "/",
		http: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout: c.Timeout,
	}, nil
}

// Close closes the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Auth begins an identification. Errors: *Error, or ErrNoAnswer with what the connection gave.
func (c *Client) Auth(ctx context.Context, r AuthRequest) (Order, error) {
	if !r.EndUserIP.IsValid() {
		return Order{}, errors.New("bankid: the address of the person's device is needed")
	}
	var order Order
	if err := c.call(ctx, "auth", r.wire(), &order); err != nil {
		return Order{}, err
	}
	if order.OrderRef == "" || order.AutoStartToken == "" || order.QRStartToken == "" || order.QRStartSecret.Reveal() == "" {
		return Order{}, &Error{Status: http.StatusOK, Code: BadAnswer}
	}
	return order, nil
}

// Collect asks how an order stands. BankID wants it asked every two seconds, and no more once it has failed or is complete.
func (c *Client) Collect(ctx context.Context, orderRef string) (Collected, error) {
	var collected Collected
	if err := c.call(ctx, "collect", orderRequest{OrderRef: orderRef}, &collected); err != nil {
		return Collected{}, err
	}
	switch collected.Status {
	case Pending, Failed:
		collected.Completion = nil
	case Complete:
		if collected.Completion == nil || collected.Completion.User.PersonalNumber.Reveal() == "" {
			return Collected{}, &Error{Status: http.StatusOK, Code: BadAnswer}
		}
	default:
		return Collected{}, &Error{Status: http.StatusOK, Code: BadAnswer}
	}
	return collected, nil
}

// Cancel ends an order that is not wanted any more. An order that has already ended gives an *Error with InvalidParameters.
func (c *Client) Cancel(ctx context.Context, orderRef string) error {
	return c.call(ctx, "cancel", orderRequest{OrderRef: orderRef}, &struct{}{})
}

type orderRequest struct {
	OrderRef string `json:"orderRef"`
}

func (c *Client) call(ctx context.Context, method string, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	sent, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("bankid: %s: %w", method, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+method, bytes.NewReader(sent))
	if err != nil {
		return fmt.Errorf("bankid: %s: %w", method, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("bankid: %s: %w: %w", method, ErrNoAnswer, err)
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("bankid: %s: %w, it broke off: %w", method, ErrNoAnswer, err)
	}
	return decode(response, got, answer)
}

// decode goes by the content type: what stands in front of BankID answers with pages of HTML, such as a 403 for an unknown client.
func decode(response *http.Response, body []byte, answer any) error {
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	isJSON := err == nil && kind == "application/json" && len(body) <= maxAnswer
	if response.StatusCode == http.StatusOK && isJSON {
		if json.Unmarshal(body, answer) != nil { // its error could quote the answer
			return &Error{Status: response.StatusCode, Code: BadAnswer}
		}
		return nil
	}
	failure := &Error{Status: response.StatusCode, Code: codeOfStatus(response.StatusCode)}
	if isJSON {
		var told struct {
			ErrorCode ErrorCode `json:"errorCode"`
			Details   string    `json:"details"`
		}
		if json.Unmarshal(body, &told) == nil && told.ErrorCode != "" {
			failure.Code, failure.Details = told.ErrorCode, told.Details
		}
	}
	return failure
}
