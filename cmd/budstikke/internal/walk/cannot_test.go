package walk_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestWhatCannotBe asks for things that fit the contract and cannot be done: each gets its own word, and nothing is stored.
func TestWhatCannotBe(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	anna, boss, apply := w.is[right].token, w.is[head].token, w.is[applicant].token
	child := "/v1/guardian/children/" + w.real.Child.String() + "/absences"
	absence := "/v1/guardian/absences/" + w.real.Absence.String()
	thread := "/conversations/" + w.real.Conversation.String() + "/messages"
	alerts := "/v1/office/institutions/" + w.real.Institution.String() + "/alerts"
	guardianship := "/v1/office/guardianships/" + w.real.Guardianship.String()
	days := func(from, to string) any {
		return map[string]any{"startsOn": from, "endsOn": to, "reason": "illness"}
	}
	text := func(text string) any { return map[string]any{"text": text} }
	device := func(provider, token string) any {
		return map[string]any{"provider": provider, "token": token, "locale": "sv"}
	}
	signIn := func(municipality uuid.UUID, name string) any {
		return map[string]any{"municipalityId": municipality, "username": name, "password": "a wrong password", "code": "000000"}
	}
	version := one[string](w.town, `select '"' || version || '"' from app.guardianship_access where guardianship_id = $1`, w.real.Guardianship)
	post := func(path, token string, body any) call {
		return call{method: http.MethodPost, path: path, token: token, body: body}
	}
	put := func(path, token string, body any) call {
		return call{method: http.MethodPut, path: path, token: token, body: body}
	}
	change := call{method: http.MethodPatch, path: absence, token: anna, ifMatch: `"1"`, body: map[string]any{"startsOn": w.day(5), "endsOn": w.day(4)}}
	activate := call{method: http.MethodPost, path: guardianship + "/activation", token: boss, ifMatch: version}
	unsigned := func(path string, form url.Values) call {
		return call{method: http.MethodPost, path: path, body: form, noKey: true, header: map[string]string{"X-Twilio-Signature": w.sign(path, form)}}
	}
	receipt := url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"delivered"}}
	message := url.Values{"From": {"+46701740699"}, "Body": {"123456"}}

	mistakes := []spoiled{
		{"reversed days", post(child, anna, days(w.day(3), w.day(2))), 422, "absence_dates_reversed", "/endsOn"},
		{"days long gone", post(child, anna, days(w.day(-3), w.day(-2))), 422, "absence_in_the_past", "/endsOn"},
		{"days far ahead", post(child, anna, days(w.day(200), w.day(201))), 422, "absence_too_far_ahead", "/startsOn"},
		{"sixty-one days", post(child, anna, days(w.day(0), w.day(60))), 422, "absence_too_long", "/endsOn"},
		{"the beginning of time", post(child, anna, days("0001-01-01", "9999-12-31")), 422, "absence_too_long", "/endsOn"},
		{"the end of time", post(child, anna, days("9999-12-31", "9999-12-31")), 422, "absence_too_far_ahead", "/startsOn"},
		{"the year 0", post(child, anna, days("0000-01-01", "0000-01-01")), 400, "request_invalid", "/endsOn"},
		{"a change to reversed days", change, 422, "absence_dates_reversed", "/endsOn"},
		{"days that are reported already", post(child, anna, days(w.day(0), w.day(0))), 409, "absence_overlaps", "/startsOn"},
		{"a note with a made-up acknowledgement", post(child, anna, map[string]any{"startsOn": w.day(30), "endsOn": w.day(30), "reason": "illness",
			"note": confidential, "acknowledgement": "ack_" + strings.Repeat("A", 60)}), 422, "acknowledgement_invalid", "-"},
		{"an empty message", post("/v1/guardian/conversations", anna, map[string]any{"childId": w.real.Child, "text": " \n\t "}), 422, "text_empty", "/text"},
		{"an empty answer of the guardian", post("/v1/guardian"+thread, anna, text("   ")), 422, "text_empty", "/text"},
		{"an empty answer of the staff", post("/v1/staff"+thread, boss, text("\u00a0")), 422, "text_empty", "/text"},
		{"an empty alert", post(alerts, boss, map[string]any{"situation": "other", "text": " "}), 422, "text_empty", "/text"},
		{"a message by SMS", post("/v1/staff"+thread, boss, map[string]any{"text": "Hej", "announceBy": []string{"sms"}}), 400, "sms_only_for_critical", "/announceBy/0"},
		{"a message by SMS too", post("/v1/staff"+thread, boss, map[string]any{"text": "Hej", "announceBy": []string{"email", "sms"}}), 400, "sms_only_for_critical", "/announceBy/1"},
		{"access twice", activate, 409, "already_in_that_status", "-"},
		{"a subscription that is no JSON", put("/v1/guardian/devices", anna, device("webpush", "no-json-at-all-here")), 400, "request_invalid", "/token"},
		{"a token that is not Apple's", put("/v1/guardian/devices", anna, device("apns", strings.Repeat("z", 64))), 400, "request_invalid", "/token"},
		{"a token that is not Google's", put("/v1/staff/devices", boss, device("fcm", "two words of twenty letters")), 400, "request_invalid", "/token"},
		{"a message of nothing visible", post("/v1/guardian"+thread, anna, text("\u200b\u200f\ufeff\u00ad\u3164")), 422, "text_empty", "/text"},
		{"a message that turns around what follows", post("/v1/guardian"+thread, anna, text("Hej \u202egnp.exe")), 400, "request_invalid", "/text"},
		{"a message with a command for a terminal", post("/v1/guardian"+thread, anna, text("Hej \x1b]0;x\a")), 400, "request_invalid", "/text"},
		{"a note that turns around the rest of the list", post(child, anna, map[string]any{"startsOn": w.day(30), "endsOn": w.day(30), "reason": "illness",
			"note": "\u2067Hemma"}), 400, "request_invalid", "/note"},
		{"an alert of nothing visible", post(alerts, boss, map[string]any{"situation": "other", "text": "\u200b"}), 422, "text_empty", "/text"},
		{"a token of too many bytes", put("/v1/guardian/devices", anna, device("fcm", strings.Repeat("å", 4000))), 400, "request_invalid", "/token"},
		{"a number far away", post("/v1/guardian/mobile", anna, map[string]any{"number": "+15555550100", "locale": "sv"}), 422, "country_not_supported", "/number"},
		{"terms of yesterday", post("/v1/signin/application/terms", apply, map[string]any{"version": "1999-01"}), 409, "terms_outdated", "/version"},
		{"an application without an address", post("/v1/signin/application/submission", apply, nil), 409, "email_not_confirmed", "-"},
		{"a municipality that is none", post("/v1/signin/bankid", "", map[string]any{"municipalityId": newID()}), 404, "not_found", "-"},
		{"the municipality of all zeroes", post("/v1/signin/bankid", "", map[string]any{"municipalityId": uuid.Nil}), 404, "not_found", "-"},
		{"staff of no municipality", post("/v1/signin/staff", "", signIn(newID(), "nobody")), 404, "not_found", "-"},
		{"staff of the municipality of all zeroes", post("/v1/signin/staff", "", signIn(uuid.Nil, "nobody")), 404, "not_found", "-"},
		{"a wrong user name", post("/v1/signin/staff", "", signIn(w.here, "nobody")), 401, "sign_in_failed", "-"},
		{"a wrong password", post("/v1/signin/staff", "", signIn(w.here, mailOf("Heddavina"))), 401, "sign_in_failed", "-"},
		{"somebody else's holder", post("/v1/signin/bankid/collect", "", map[string]any{"holder": "bsh_" + strings.Repeat("A", 64)}), 404, "not_found", "-"},
		{"a holder that is none", post("/v1/signin/bankid/collect", "", map[string]any{"holder": "no holder"}), 404, "not_found", "-"},
		{"a made-up confirmation", post("/v1/signin/email-confirmations", "", map[string]any{"token": "bec_" + strings.Repeat("A", 96)}), 404, "not_found", "-"},
		{"a confirmation that is none", post("/v1/signin/email-confirmations", "", map[string]any{"token": strings.Repeat("z", 30)}), 404, "not_found", "-"},
		{"a made-up unsubscription", call{method: http.MethodPost, path: "/v1/machine/unsubscribe/" + nothing().token, noKey: true,
			body: url.Values{"List-Unsubscribe": {"One-Click"}}}, 404, "not_found", "-"},
		// A machine is answered alike whatever it names, and nothing comes of it.
		{"a receipt of the municipality of all zeroes", unsigned("/v1/machine/twilio/receipts/"+uuid.Nil.String()+"/"+newID().String(), receipt), 204, "", "-"},
		{"an SMS to the municipality of all zeroes", unsigned("/v1/machine/twilio/inbound/"+uuid.Nil.String(), message), 204, "", "-"},
	}
	for _, m := range mistakes {
		before := w.fingerprint()
		got := w.doIn(t, m.call)
		if got.status != m.status || got.code != m.code {
			t.Errorf("%s: answered %d %s, want %d %s: %s", m.what, got.status, got.code, m.status, m.code, got.body)
		}
		if m.pointer != "-" && !slices.ContainsFunc(got.fields, func(f field) bool { return f.Pointer == m.pointer }) {
			t.Errorf("%s: no field points at %s: %s", m.what, m.pointer, got.body)
		}
		w.unchanged(t, before, "by "+m.what)
	}
}

// Texts of any script and length that the contract allows are stored as they are; nothing is cut or counted otherwise than the contract counts.
func TestWhatMayBe(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	anna := w.is[right].token
	for name, text := range map[string]string{
		"two thousand letters": strings.Repeat("å", 2000), "two thousand pictures": strings.Repeat("🦊", 2000), "right to left": "שלום וברכה", "marks of direction": "\u200fשלום\u200f (\u2066Ærø\u2069)",
		"composed": "A\u030aterkommer", "tabs and line breaks": "a\tb\r\nc", "quotation": `"';--<script>alert(1)</script>{{.}}`, "byte order mark": "\ufeffHej",
	} {
		id, _ := w.absence(anna, w.real.Child, text)
		got := w.do(call{path: "/v1/guardian/absences/" + id.String(), token: anna}).text(t, "note")
		if got != strings.TrimSpace(text) {
			t.Errorf("%s: %d characters came back as %d", name, len(text), len(got))
		}
	}
	for _, day := range []string{"0001-01-01", "1999-12-31", "9999-12-31", "2024-02-29"} {
		path := "/v1/staff/institutions/" + w.real.Institution.String() + "/absences?date=" + day
		w.do(call{path: path, token: w.is[employee].token}).want(t, http.StatusOK, "")
	}
}
