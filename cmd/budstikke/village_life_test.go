package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"budstikke.example/app/register/demodata"
	"budstikke.example/notify/sandbox"
)

// live is the play: everything that makes the gateway send something, and some of what makes API and worker log.
func (v *village) live(t *testing.T) {
	t.Helper()
	cast := v.demo.Cast
	v.applicant = v.openAccount(t, cast.Applicant, "postbox-1@example.com") // email_registered
	v.second = v.openAccount(t, cast.SecondGuardian, "postbox-2@example.com")
	v.equip(t)
	v.head, v.leader = v.staff(t, cast.KindergartenHead), v.staff(t, cast.KindergartenLeader)
	institutions := v.head.do(t, http.MethodGet, "/v1/staff/institutions", nil).items()
	v.institution = fmt.Sprint(institutions[0]["id"])
	v.activate(t) // guardian_activated

	zone, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	today := time.Now().In(zone).Format(time.DateOnly)
	v.applicant.do(t, http.MethodPost, "/v1/guardian/children/"+v.child+"/absences", map[string]any{ // absence_reported
		"startsOn": today, "endsOn": today, "reason": "family", "note": "Qanarienot: vi hälsar på mormor.", "locale": "sv",
	})
	asked := v.applicant.do(t, http.MethodPost, "/v1/guardian/conversations", // message_posted to the staff
		map[string]any{"childId": v.child, "text": "Qanariefråga: kan hon ta med cykeln?", "locale": "sv"})
	thread := "/v1/staff/conversations/" + asked.text("conversationId") + "/messages"
	v.leader.do(t, http.MethodPost, thread, map[string]any{"text": "Qanariesvar: ja, det kan hon.", "locale": "sv"}) // and to the guardian
	v.confide(t, "/v1/guardian/conversations/"+asked.text("conversationId")+"/messages")
	v.blunder(t)

	// Providers that fail at first, and quote what they should not.
	for p, f := range map[sandbox.Provider]sandbox.Fault{
		sandbox.SMTP:   {Mode: "451", Count: 1, Reason: "the mailbox of Qanarie, postbox-1@example.com, is busy"},
		sandbox.Twilio: {Mode: "503", Count: 1},
		sandbox.FCM:    {Mode: "503", Count: 1, Reason: "the device of Qanarie"},
		sandbox.APNs:   {Mode: "503", Count: 1, Reason: "the device of Qanarie"},
	} {
		if err := v.Sandbox.AddFault(p, f); err != nil {
			t.Fatal(err)
		}
	}
	v.head.do(t, http.MethodPost, "/v1/office/institutions/"+v.institution+"/alerts", // alert_raised
		map[string]any{"situation": "evacuation", "text": "Qanarielarm: alla barn är ute och oskadda."})
}

var confirmation = regexp.MustCompile(`bec_[A-Za-z0-9_-]+`)

// openAccount takes a guardian through the application (H1, H3, H12).
func (v *village) openAccount(t *testing.T, who demodata.Member, mailbox string) client {
	t.Helper()
	order := v.nobody.do(t, http.MethodPost, "/v1/signin/bankid", map[string]any{"municipalityId": v.municipality})
	pending, err := v.Sandbox.OrderByQR(order.text("qr"))
	if err != nil {
		t.Fatal(err)
	}
	person := sandbox.Person{PersonalNumber: who.Number.Digits(), GivenName: "Qanariegiven", Surname: "Qanariefamily"}
	if err := v.Sandbox.CompleteOrder(pending.OrderRef, person); err != nil {
		t.Fatal(err)
	}
	signedIn := v.nobody.do(t, http.MethodPost, "/v1/signin/bankid/collect", map[string]any{"holder": order.text("holder"), "locale": "sv"})
	session, _ := signedIn.body["session"].(map[string]any)
	applicant := client{v.URL, fmt.Sprint(session["token"])}
	application := applicant.do(t, http.MethodPut, "/v1/signin/application/email", map[string]any{"email": mailbox, "locale": "sv"})
	mails, err := v.Sandbox.Wait(soon(t), 1, sandbox.To(mailbox))
	if err != nil {
		t.Fatal(err)
	}
	v.nobody.do(t, http.MethodPost, "/v1/signin/email-confirmations", map[string]any{"token": confirmation.FindString(mails[0].Body)})
	applicant.do(t, http.MethodPost, "/v1/signin/application/terms", map[string]any{"version": application.text("termsVersion")})
	opened := applicant.do(t, http.MethodPost, "/v1/signin/application/submission", nil)
	guardian := client{v.URL, opened.text("token")}
	v.addresses = append(v.addresses, mailbox, applicant.token, guardian.token)
	return guardian
}

// equip gives the guardians phones, a browser and mobile numbers, and the leader a mailbox and a browser.
func (v *village) equip(t *testing.T) {
	t.Helper()
	subscription := func() string {
		s, err := v.Sandbox.NewSubscription(v.Sandbox.Credentials().WebPush.VAPIDPublicKey)
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		v.addresses = append(v.addresses, s.Endpoint)
		return string(asJSON)
	}
	apns, fcm := strings.Repeat("c0ffee42", 8), "fcm-device-of-the-second-guardian"
	for _, device := range []struct {
		owner           client
		provider, token string
	}{{v.applicant, "apns", apns}, {v.applicant, "webpush", subscription()}, {v.second, "fcm", fcm}} {
		device.owner.do(t, http.MethodPut, "/v1/guardian/devices", map[string]any{"provider": device.provider, "token": device.token, "locale": "sv"})
	}
	for number, owner := range map[string]client{"+46701740698": v.applicant, "+46701740699": v.second} {
		proof := owner.do(t, http.MethodPost, "/v1/guardian/mobile", map[string]any{"number": number, "locale": "sv"})
		v.textIn(t, number, proof.text("sendTo"), proof.text("code"))
		v.addresses = append(v.addresses, number)
	}
	v.addresses = append(v.addresses, apns, fcm, "postbox-3@example.com")
	for _, e := range [][3]string{{"email", "smtp", "postbox-3@example.com"}, {"push", "webpush", subscription()}} {
		v.exec(t, `insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
			select municipality_id, gen_random_uuid(), id, $1, $2, $3, 'sv', 'active', now(), now(), now() from app.persons where given_name = 'Qanariegivene'`,
			e[0], e[1], e[2])
	}
}

// textIn plays Twilio handing in an SMS that somebody sent from their phone (H5).
func (v *village) textIn(t *testing.T, from, to, code string) {
	t.Helper()
	form := url.Values{"From": {from}, "To": {to}, "Body": {code}, "MessageSid": {"SM" + strings.Repeat("0", 32)}}
	address := v.URL + "/v1/machine/twilio/inbound/" + v.municipality
	req, err := http.NewRequestWithContext(soon(t), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", sandbox.TwilioSignature(v.Sandbox.Credentials().Twilio.AuthToken, address, form))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		t.Fatalf("the SMS that came in: %d", res.StatusCode)
	}
}

func (v *village) staff(t *testing.T, who demodata.Member) client {
	t.Helper()
	login := v.logins[who.Email]
	c := v.nobody.signInStaff(t, v.municipality, login.Username, login.Password, login.Code(time.Now()))
	v.addresses = append(v.addresses, c.token, login.Password)
	return c
}

// activate opens the guardianships of both guardians (V6).
func (v *village) activate(t *testing.T) {
	t.Helper()
	list := v.head.do(t, http.MethodGet, "/v1/office/institutions/"+v.institution+"/guardianships?limit=100&status=inactive", nil)
	opened := 0
	for _, row := range list.items() {
		if !strings.HasPrefix(fmt.Sprint(row["guardianName"]), "Qanarie") {
			continue
		}
		v.child = fmt.Sprint(row["childId"])
		path := "/v1/office/guardianships/" + fmt.Sprint(row["id"])
		tag := v.head.do(t, http.MethodGet, path, nil).header.Get("ETag")
		if a := v.head.call(t, http.MethodPost, path+"/activation", tag, nil); a.status >= 300 {
			t.Fatalf("activation: %d %v", a.status, a.body)
		}
		opened++
	}
	if opened != 2 {
		t.Fatalf("%d guardianships were opened, want 2", opened)
	}
}

// confide sends a sensitive text in spite of the warning (V18).
func (v *village) confide(t *testing.T, thread string) {
	t.Helper()
	draft := map[string]any{"text": "Qanariehemlighet: hon har fått diagnosen epilepsi.", "locale": "sv"}
	warned := v.applicant.call(t, http.MethodPost, thread, "", draft)
	review, _ := warned.body["review"].(map[string]any)
	if warned.text("code") != "sensitivity_confirmation_required" || review["acknowledgement"] == nil {
		t.Fatalf("no warning: %d %v", warned.status, warned.body)
	}
	draft["acknowledgement"] = review["acknowledgement"]
	v.applicant.do(t, http.MethodPost, thread, draft)
}

// blunder makes requests that are refused, each with something in it that the log must not repeat.
func (v *village) blunder(t *testing.T) {
	t.Helper()
	for _, r := range []struct {
		who          client
		method, path string
		body         any
		status       int
	}{
		{v.applicant, http.MethodGet, "/v1/guardian/qanarie", nil, http.StatusNotFound},
		{v.applicant, http.MethodGet, "/v1/guardian/children/qanarie", nil, http.StatusBadRequest},
		{v.applicant, http.MethodPost, "/v1/guardian/children/" + v.child + "/absences", map[string]any{"qanarie": "qanarie"}, http.StatusBadRequest},
		{v.leader, http.MethodPost, "/v1/office/institutions/" + v.institution + "/alerts", map[string]any{"situation": "qanarie", "text": "Qanarie"}, http.StatusBadRequest},
		{v.nobody, http.MethodPost, "/v1/signin/staff", map[string]any{
			"municipalityId": v.municipality, "username": "qanarie@example.com", "password": "Qanarie", "code": "000000",
		}, http.StatusUnauthorized},
	} {
		if a := r.who.call(t, r.method, r.path, "", r.body); a.status != r.status {
			t.Errorf("%s %s answered %d %v, want %d", r.method, r.path, a.status, a.body, r.status)
		}
	}
}
