// Package machine is the room of what other machines tell us: one method per operation tagged machine in openapi.yaml.
//
// Every call is signed by the machine that makes it, and the signature is checked against the address that we configured, never against what
// the request says of itself. It may open app and app/postgres. Start reading here.
package machine

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
)

// Flows carries the operations out. All fields are required.
type Flows struct {
	DB *postgres.DB
	// PublicURL is the address by which Twilio reaches us, without a slash at the end.
	PublicURL string
	// AuthToken is Twilio's primary token, which it signs with. Empty refuses every call.
	AuthToken string
}

var _ StrictServerInterface = (*Flows)(nil)

// ErrSignatureInvalid answers a call that the machine it claims to come from did not sign.
var ErrSignatureInvalid = &app.Fault{Kind: app.Unauthenticated, Code: "signature_invalid", Detail: "This call is not signed as it should be."}

type formKey struct{}

// WithForm returns a context that carries the whole form of a request. The rim puts it there, because a signature covers every parameter and
// not just those the contract names.
func WithForm(ctx context.Context, form url.Values) context.Context {
	return context.WithValue(ctx, formKey{}, form)
}

// ReceiveSMSReceipt keeps what became of an SMS. Late, repeated and disordered receipts change nothing for the worse.
func (f *Flows) ReceiveSMSReceipt(ctx context.Context, req ReceiveSMSReceiptRequestObject) (ReceiveSMSReceiptResponseObject, error) {
	path := ReceiptPath(req.MunicipalityID, req.DeliveryID)
	if err := f.check(ctx, path, req.Params.XTwilioSignature); err != nil {
		return nil, err
	}
	if err := f.DB.Callback(req.MunicipalityID).Receipt(ctx, req.DeliveryID, req.Body.MessageStatus); err != nil {
		return nil, err
	}
	return ReceiveSMSReceipt204Response{}, nil
}

// ReceiveSMS takes the one thing an SMS to us can mean: the code that proves a mobile number (H5). Anything else is dropped unread and
// answered alike, because SMS is no conversation (V19).
func (f *Flows) ReceiveSMS(ctx context.Context, req ReceiveSMSRequestObject) (ReceiveSMSResponseObject, error) {
	if err := f.check(ctx, InboundPath(req.MunicipalityID), req.Params.XTwilioSignature); err != nil {
		return nil, err
	}
	code := strings.ToUpper(strings.TrimSpace(req.Body.Body))
	if err := f.DB.Callback(req.MunicipalityID).VerifyMobile(ctx, req.Body.From, code); err != nil && !errors.Is(err, app.ErrNotFound) {
		return nil, err
	}
	return ReceiveSMS204Response{}, nil
}

// ReceiptPath is where Twilio reports what became of a delivery.
func ReceiptPath(municipality, delivery uuid.UUID) string {
	return "/v1/machine/twilio/receipts/" + municipality.String() + "/" + delivery.String()
}

// InboundPath is where Twilio hands in an SMS that somebody sent to a municipality's number.
func InboundPath(municipality uuid.UUID) string {
	return "/v1/machine/twilio/inbound/" + municipality.String()
}

func (f *Flows) check(ctx context.Context, path, signature string) error {
	form, _ := ctx.Value(formKey{}).(url.Values)
	given, err := base64.StdEncoding.DecodeString(signature)
	if f.AuthToken == "" || err != nil || !hmac.Equal(given, sign(f.AuthToken, f.PublicURL+path, form)) {
		return ErrSignatureInvalid
	}
	return nil
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
