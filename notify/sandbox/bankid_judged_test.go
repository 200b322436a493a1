package sandbox_test

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"testing"

	"budstikke.example/notify/sandbox"
	"budstikke.example/notify/sandbox/npm"
)

// A client of BankID that nobody here wrote finds in the sandbox what it knows BankID to be: its certificates, its answers and its error codes, and
// its animated QR code, which the client computes by itself.
func TestAForeignClientTakesTheSandboxForBankID(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Start(t.Context(), sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	signer, refuser := sandbox.TestPersons()[0], sandbox.TestPersons()[1]
	for number, outcome := range map[string]sandbox.Outcome{
		"":                     {Pending: []string{"started", "userSign"}, Person: signer},
		refuser.PersonalNumber: {Fail: "userCancel"},
	} {
		if err := s.ScriptBankID(number, outcome); err != nil {
			t.Fatal(err)
		}
	}
	c := s.Credentials().BankID
	asked, err := json.Marshal(map[string]string{
		"base": s.Addresses().BankID + "/rp/v6.0/", "pfx": base64.StdEncoding.EncodeToString(c.PKCS12), "passphrase": c.Passphrase, "ca": c.ServerCAPEM,
		"refuser": refuser.PersonalNumber,
	})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Hints    []string
		Complete struct {
			OrderRef, Status string
			CompletionData   struct {
				User                    struct{ PersonalNumber, Name string }
				Device                  struct{ IPAddress string }
				Signature, OCSPResponse string
			}
		}
		Signed, Order, QR  string
		CollectedAgain     string `json:"collected again"`
		CancelledAgain     string `json:"cancelled again"`
		Refused            string `json:"refused by the person"`
		Twice              string
		NoOrder            string `json:"no order"`
		TenDigits          string `json:"ten digits"`
		AnotherCertificate string `json:"another certificate"`
	}
	said := npm.Run(t, "bankid.mjs", string(asked))
	if err := json.Unmarshal([]byte(said), &got); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	data := got.Complete.CompletionData
	if !slices.Equal(got.Hints, []string{"started", "userSign"}) || got.Complete.Status != "complete" || data.User.PersonalNumber != signer.PersonalNumber ||
		data.User.Name != signer.GivenName+" "+signer.Surname || data.Device.IPAddress != "192.0.2.7" || data.Signature == "" || data.OCSPResponse == "" ||
		got.Signed != data.User.Name {
		t.Errorf("signing in came to %s", said)
	}
	for step, codes := range map[string][2]string{
		"collected again": {got.CollectedAgain, "invalidParameters"}, "cancelled again": {got.CancelledAgain, "invalidParameters"},
		"refused by the person": {got.Refused, "userCancel"}, "twice": {got.Twice, "alreadyInProgress"},
		"no order": {got.NoOrder, "invalidParameters"}, "ten digits": {got.TenDigits, "invalidParameters"},
	} {
		if codes[0] != codes[1] {
			t.Errorf("%s: %q, want %s", step, codes[0], codes[1])
		}
	}
	if got.AnotherCertificate == "accepted" {
		t.Error("a certificate of another authority was accepted")
	}
	if order, err := s.OrderByQR(got.QR); err != nil || order.OrderRef != got.Order {
		t.Errorf("the client's QR code %s: %+v, %v", got.QR, order, err)
	}
}
