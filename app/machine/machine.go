// Package machine is the room of what other machines tell us: one method per operation tagged machine in openapi.yaml.
//
// Every call is signed by the machine that makes it, and the signature is checked against the address that we configured, never against what
// the request says of itself. It may open app and app/postgres. Start reading here.
package machine

//go:generate oapi-codegen -config gen.yaml ../../openapi.yaml

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the provider's scheme; HMAC-SHA1 is not broken by collisions of SHA-1
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/notify/confirm"
)

// Flows carries the operations out. The rim calls it only for requests that Signed has accepted.
type Flows struct {
	DB      *postgres.DB
	Confirm *confirm.Signer // reads the tokens of unsubscribe links
}

var _ StrictServerInterface = (*Flows)(nil)

// ReceiveSMSReceipt keeps what became of an SMS. Late, repeated and disordered receipts change nothing for the worse.
func (f *Flows) ReceiveSMSReceipt(ctx context.Context, req ReceiveSMSReceiptRequestObject) (ReceiveSMSReceiptResponseObject, error) {
	if err := f.DB.Callback(req.MunicipalityID).Receipt(ctx, req.DeliveryID, req.Body.MessageStatus); err != nil {
		return nil, err
	}
	return ReceiveSMSReceipt204Response{}, nil
}

// ReceiveSMS takes the one thing an SMS to us can mean: the code that proves a mobile number (H5). Anything else is dropped unread and
// answered alike, because SMS is no conversation (V19).
func (f *Flows) ReceiveSMS(ctx context.Context, req ReceiveSMSRequestObject) (ReceiveSMSResponseObject, error) {
	code := strings.ToUpper(strings.TrimSpace(req.Body.Body))
	if err := f.DB.Callback(req.MunicipalityID).VerifyMobile(ctx, req.Body.From, code); err != nil && !errors.Is(err, app.ErrNotFound) {
		return nil, err
	}
	return ReceiveSMS204Response{}, nil
}

// UnsubscribeEmail stops routine mail to the address that the token's mail went to, or lets it come again; critical notices still come (B1).
func (f *Flows) UnsubscribeEmail(ctx context.Context, req UnsubscribeEmailRequestObject) (UnsubscribeEmailResponseObject, error) {
	municipality, endpoint, err := f.Confirm.ReadUnsubscribe(req.Token)
	if err != nil {
		return nil, app.ErrNotFound
	}
	if err := f.DB.Callback(municipality).RoutineMail(ctx, endpoint, req.Body.ListUnsubscribe == OneClickListUnsubscribeAgain); err != nil {
		return nil, err
	}
	return UnsubscribeEmail204Response{}, nil
}

// UnsubscribePath is where the links of List-Unsubscribe lead, without the token.
const UnsubscribePath = "/v1/machine/unsubscribe"

// ReceiptPath is where Twilio reports what became of a delivery.
func ReceiptPath(municipality, delivery uuid.UUID) string {
	return "/v1/machine/twilio/receipts/" + municipality.String() + "/" + delivery.String()
}

// InboundPath is where Twilio hands in an SMS that somebody sent to a municipality's number.
func InboundPath(municipality uuid.UUID) string {
	return "/v1/machine/twilio/inbound/" + municipality.String()
}

// Signed returns the check of Twilio's signature (P19 of the security notes): publicURL is the address by which Twilio reaches us, without a
// slash at the end; token is the primary token that Twilio signs with, and an empty one accepts nothing. The check compares with the address
// that is configured and never with what a request says of itself.
func Signed(publicURL, token string) func(path string, form url.Values, signature string) bool {
	return func(path string, form url.Values, signature string) bool {
		given, err := base64.StdEncoding.DecodeString(signature)
		return token != "" && err == nil && hmac.Equal(given, sign(token, publicURL+path, form))
	}
}

// sign computes the signature as the provider documents it: the address, then each parameter's name and value, sorted by name.
func sign(token, address string, form url.Values) []byte {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	for _, name := range names {
		values := slices.Clone(form[name])
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			mac.Write([]byte(name + v))
		}
	}
	return mac.Sum(nil)
}
