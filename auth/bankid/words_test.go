package bankid_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"budstikke.example/auth/bankid"
)

// BankID's own example of an animated QR code, which its documentation gives for the first three seconds.
func TestQRVectors(t *testing.T) {
	t.Parallel()
	const token = "67df3917-fa0d-44e5-b327-edcc928297f8"
	secret := bankid.Hide("d28db9a7-4cde-429e-a983-359be676944c")
	for second, sum := range []string{
		"dc69358e712458a66a7525beef148ae8526b1c71610eff2c16cdffb4cdac9bf8",
		"949d559bf23403952a94d103e67743126381eda00f0b3cbddbf7c96b1adcbce2",
		"a9e5ec59cb4eee4ef4117150abc58fad7a85439a6a96ccbecc3668b41795b3f3",
	} {
		want := fmt.Sprintf("bankid.%s.%d.%s", token, second, sum)
		for _, within := range []time.Duration{0, time.Millisecond, 999 * time.Millisecond} {
			if got := bankid.QR(token, secret, time.Duration(second)*time.Second+within); got != want {
				t.Errorf("second %d: QR = %s, want %s", second, got, want)
			}
		}
	}
	if got := bankid.QR(token, secret, -time.Second); got != bankid.QR(token, secret, 0) {
		t.Errorf("a clock that went back gives %s", got)
	}
}

var locales = []string{"nb", "nn", "da", "sv", "en"}

var hints = map[bankid.Status][]bankid.Hint{
	bankid.Pending: {bankid.OutstandingTransaction, bankid.NoClient, bankid.Started, bankid.UserMRTD, bankid.UserCallConfirm, bankid.UserSign, bankid.Processing,
		bankid.ReturnExpected, "new", ""},
	bankid.Failed: {bankid.ExpiredTransaction, bankid.CertificateErr, bankid.UserCancel, bankid.Cancelled, bankid.StartFailed, bankid.UserDeclinedCall,
		bankid.NotSupportedByUserApp, bankid.TransactionRiskBlocked, bankid.WrongReturn, "new", ""},
}

func TestEveryHintHasWordsInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, locale := range locales {
		seen := map[string]bankid.Hint{}
		for status, list := range hints {
			for _, hint := range list {
				text := bankid.Guidance(locale, status, hint)
				check(t, locale, string(hint), text)
				if unknown := bankid.Guidance(locale, status, "new"); text == unknown && hint != "" && hint != "new" {
					t.Errorf("%s: %s has the words of a hint that nobody knows", locale, hint)
				}
				if other, twice := seen[text]; twice && hint != "" && hint != "new" {
					t.Errorf("%s: %s and %s have the same words", locale, hint, other)
				}
				seen[text] = hint
			}
		}
		if text := bankid.Guidance(locale, bankid.Complete, ""); text != "" {
			t.Errorf("%s: a completed order says %q", locale, text)
		}
	}
	if bankid.Guidance("en", bankid.Failed, bankid.UserSign) != bankid.Guidance("en", bankid.Failed, "new") {
		t.Error("a pending hint on a failed order is taken at its word")
	}
}

func TestEveryErrorHasWordsInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, locale := range locales {
		for _, code := range []bankid.ErrorCode{
			bankid.AlreadyInProgress, bankid.InvalidParameters, bankid.Unauthorized, bankid.NotFound, bankid.MethodNotAllowed, bankid.RequestTimeout,
			bankid.UnsupportedMediaType, bankid.InternalError, bankid.Maintenance, bankid.BadAnswer, "new",
		} {
			text := bankid.Trouble(locale, fmt.Errorf("wrapped: %w", &bankid.Error{Code: code}))
			check(t, locale, string(code), text)
			plain := slices.Contains([]bankid.ErrorCode{bankid.InternalError, bankid.BadAnswer, "new"}, code) // what has happened is not known
			if unknown := bankid.Trouble(locale, &bankid.Error{Code: "new"}); (text == unknown) != plain {
				t.Errorf("%s: %s says %q, and a code that nobody knows %q", locale, code, text, unknown)
			}
		}
		check(t, locale, "no answer", bankid.Trouble(locale, errors.New("connection refused")))
		if bankid.Trouble(locale, bankid.ErrNoAnswer) == bankid.Trouble(locale, &bankid.Error{Code: bankid.InternalError}) {
			t.Errorf("%s: no answer has the words of a wrong one", locale)
		}
	}
}

func check(t *testing.T, locale, what, text string) {
	t.Helper()
	if n := utf8.RuneCountInString(text); n < 10 || n > 160 || !strings.HasSuffix(text, ".") {
		t.Errorf("%s, %s: %q is not a short sentence", locale, what, text)
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	say := func(locale string) string { return bankid.Guidance(locale, bankid.Failed, bankid.UserCancel) }
	distinct := map[string]bool{}
	for _, locale := range locales {
		distinct[say(locale)] = true
	}
	if len(distinct) != len(locales) {
		t.Errorf("%d languages have %d texts", len(locales), len(distinct))
	}
	for locale, same := range map[string]string{"sv-SE": "sv", "no": "nb", "NB": "nb", "fi": "en", "": "en"} {
		if say(locale) != say(same) {
			t.Errorf("%q speaks %q, want the words of %s", locale, say(locale), same)
		}
	}
}

// P15: neither a personal number nor a name can be logged by printing what BankID answered.
func TestPeopleAreNeverPrinted(t *testing.T) {
	t.Parallel()
	var c bankid.Collected
	if err := json.Unmarshal([]byte(strings.Replace(completed, "STEPUP", "true", 1)), &c); err != nil {
		t.Fatal(err)
	}
	order := bankid.Order{OrderRef: "o", QRStartSecret: bankid.Hide("qr-secret-198501019809")}
	var out strings.Builder
	for _, v := range []any{c, &c, c.Completion, c.Completion.User, c.Completion.User.PersonalNumber, order} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb, v)
		}
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(encoded)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
	}
	for _, secret := range []string{"198501019809", fmt.Sprintf("%x", "198501019809"), "Astrid", "Ekdal", "qr-secret"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%s was printed", secret)
		}
	}
}
