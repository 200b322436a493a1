package walk_test

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/nationalid"
	"budstikke.example/notify/confirm"
)

func (w *town) startBankID(header map[string]string) reply {
	w.tb.Helper()
	return w.do(call{method: http.MethodPost, path: "/v1/signin/bankid", header: header, body: map[string]any{"municipalityId": w.here}}).want(w.tb, http.StatusCreated, "")
}

// H1: an order is its holder's alone. A secret that names another municipality, that was altered by a letter or is another order's is not found, for collecting
// as for cancelling, and the order goes on. BankID is told the address that the outermost proxy of ours saw, whatever a caller writes.
func TestAnOrderIsItsHoldersAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	began := w.startBankID(map[string]string{"X-Forwarded-For": "203.0.113.66, 10.0.0.1, 198.51.100.7"})
	holder := began.text(t, "holder")
	order, err := w.sandbox.OrderByQR(began.text(t, "qr"))
	must(t, err)
	if order.EndUserIP != "198.51.100.7" {
		t.Errorf("BankID was told that the device is at %s", order.EndUserIP)
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(holder, "bsh_"))
	must(t, err)
	elsewhere := append(append([]byte{}, w.there[:]...), raw[16:]...)
	altered := append([]byte{}, raw...)
	altered[len(altered)-1] ^= 1
	for _, path := range []string{"/v1/signin/bankid/collect", "/v1/signin/bankid/cancel"} {
		ask := func(holder string) reply {
			return w.do(call{method: http.MethodPost, path: path, body: map[string]any{"holder": holder}})
		}
		unknown, ill := ask("bsh_"+base64.RawURLEncoding.EncodeToString(append(append([]byte{}, w.here[:]...), raw[:32]...))), ask("no holder")
		for name, text := range map[string]string{"of another municipality": "bsh_" + base64.RawURLEncoding.EncodeToString(elsewhere), "altered": "bsh_" + base64.RawURLEncoding.EncodeToString(altered)} {
			if got := ask(text); got.wire() != unknown.wire() {
				t.Errorf("%s, %s: %s", path, name, got.wire())
			}
		}
		for name, text := range map[string]string{
			"as a session's": "bst_" + holder[4:], "cut": holder[:len(holder)-1], "longer": holder + "A", "in capitals": strings.ToUpper(holder),
			"BankID's own name of it": order.OrderRef, "what opens the app": order.AutoStartToken,
		} {
			if got := ask(text); got.wire() != ill.wire() {
				t.Errorf("%s, %s: %s", path, name, got.wire())
			}
		}
	}
	if got := w.do(collectOf(holder, "")).want(t, http.StatusOK, ""); got.text(t, "status") != "pending" {
		t.Errorf("the order was disturbed: %s", got.body)
	}
}

// P15: the secret of the animated code is in no answer, no line of the log and no table, pending or over; nor is what would open the app on this device.
func TestTheSecretOfTheCodeStaysInside(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	began, signed := w.startBankID(nil), w.signed(w.numbers["Gretchenia"].Digits())
	holder, code := began.text(t, "holder"), began.text(t, "qr")
	order, err := w.sandbox.OrderByQR(code)
	must(t, err)
	var seen strings.Builder
	seen.WriteString(began.wire())
	for range 3 {
		w.Clock.Advance(time.Second)
		got := w.do(collectOf(holder, "")).want(t, http.StatusOK, "")
		seen.WriteString(got.wire())
		if next := got.text(t, "qr"); next == code {
			t.Error("a second later the code is the same")
		}
	}
	tables := w.fingerprintText(t, "auth.bankid_orders")
	if n := one[int](w, "select count(*) from auth.bankid_orders where qr_secret <> '' or qr_sealed is null"); n != 0 {
		t.Error("the table holds a secret that can be read")
	}
	seen.WriteString(w.do(collectOf(signed, "")).want(t, http.StatusOK, "").wire())
	seen.WriteString(w.do(call{method: http.MethodPost, path: "/v1/signin/bankid/cancel", body: map[string]any{"holder": holder}}).want(t, http.StatusNoContent, "").wire())
	seen.WriteString(w.log.String() + tables + w.fingerprintText(t, "auth.bankid_orders"))
	for what, secret := range map[string]string{"what opens the app": order.AutoStartToken, "the identity number": w.numbers["Gretchenia"].Digits()} {
		if strings.Contains(seen.String(), secret) {
			t.Errorf("%s came out", what)
		}
	}
	if strings.Contains(w.log.String()+tables, holder[4:]) {
		t.Error("the secret of the holder came out")
	}
	if n := one[int](w, "select count(*) from auth.bankid_orders where qr_sealed is not null or qr_token <> ''"); n != 0 {
		t.Errorf("%d orders that are over keep the secret of their code", n)
	}
}

// fingerprintText is a table as a dump has it.
func (w *town) fingerprintText(tb testing.TB, table string) string {
	tb.Helper()
	rows, err := w.Admin.Query(context.Background(), "select r::text from "+table+" r")
	must(tb, err)
	defer rows.Close()
	var all strings.Builder
	for rows.Next() {
		var row string
		must(tb, rows.Scan(&row))
		all.WriteString(row + "\n")
	}
	must(tb, rows.Err())
	return all.String()
}

// H7, H11: a child of the register who signs, and somebody with a coordination number that nobody has, are turned away like somebody unknown.
func TestChildrenAndStrangersAreTurnedAwayAlike(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	unknown, err := nationalid.SyntheticBorn(nationalid.Sweden, 1976, 1998, 900)
	must(t, err)
	first := w.bankID(unknown.Digits())
	numbers := map[string]string{"a coordination number": "197010632391", "no number at all": "000000000000"}
	for given, number := range w.numbers {
		if one[bool](w, "select exists (select from app.enrolments where child_id = $1)", w.person(given)) && number.Country() == nationalid.Sweden {
			numbers["a child"] = number.Digits()
		}
	}
	if numbers["a child"] == "" {
		t.Fatal("no child has a number")
	}
	for name, number := range numbers {
		if got := w.bankID(number); got.wire() != first.wire() {
			t.Errorf("%s is answered\n%s\nand somebody unknown\n%s", name, got.wire(), first.wire())
		}
	}
}

// H3: what a mail program or a preview does with a link confirms nothing; posted many times at once it confirms once, and at its end it is over.
func TestALinkInAMailIsNotUsedByLooking(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.do(w.applicantAt()("kim@example.com")).want(t, http.StatusAccepted, "")
	key, err := hkdf.Key(sha256.New, w.base.SigningKey, nil, "budstikke e-mail confirmation", 32)
	must(t, err)
	signer, err := confirm.New(key)
	must(t, err)
	endpoint := one[uuid.UUID](w, "select id from notify.endpoints where address = 'kim@example.com'")
	end := w.Clock.Now().Add(time.Hour).Truncate(time.Second)
	token := signer.Token(w.here, endpoint, end)
	state := func() string { return one[string](w, "select state from notify.endpoints where id = $1", endpoint) }
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
		for _, path := range []string{"/confirm-email?token=" + token, "/v1/signin/email-confirmations?token=" + token, "/v1/signin/email-confirmations/" + token} {
			request, err := http.NewRequestWithContext(t.Context(), method, w.url+path, http.NoBody)
			must(t, err)
			answer, err := w.client.Do(request)
			must(t, err)
			must(t, answer.Body.Close())
			if policy := answer.Header.Get("Referrer-Policy"); policy != "no-referrer" {
				t.Errorf("%s %.30s: Referrer-Policy %q", method, path, policy)
			}
		}
	}
	if state() != "unverified" {
		t.Fatal("looking at a link has confirmed the address")
	}
	if strings.Contains(w.log.String(), token) {
		t.Error("the log holds the token")
	}
	post := call{method: http.MethodPost, path: "/v1/signin/email-confirmations", body: map[string]any{"token": token}}
	w.Clock.Advance(end.Sub(w.Clock.Now()))
	w.do(post).want(t, http.StatusUnprocessableEntity, "confirmation_expired")
	w.Clock.Advance(-time.Microsecond)
	for _, got := range w.atOnce(t, 16, func(int) call { return post }) {
		if got.status != http.StatusNoContent {
			t.Errorf("at once: %s", got.wire())
		}
	}
	if state() != "active" {
		t.Error("the address was not confirmed")
	}
	mute := w.do(call{method: http.MethodPost, path: post.path, body: map[string]any{"token": "bec_" + strings.Repeat("A", 96)}}).want(t, http.StatusNotFound, "not_found")
	for i := 4; i < len(token); i += 7 {
		letter := map[bool]string{true: "B", false: "A"}[token[i] == 'A']
		got := w.do(call{method: http.MethodPost, path: post.path, body: map[string]any{"token": fmt.Sprint(token[:i], letter, token[i+1:])}})
		if got.wire() != mute.wire() {
			t.Errorf("with letter %d altered: %s", i, got.wire())
		}
	}
}
