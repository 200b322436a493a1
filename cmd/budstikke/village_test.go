package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"budstikke.example/app/register/demodata"
	"budstikke.example/cmd/budstikke/internal/local"
	"budstikke.example/cmd/budstikke/internal/story"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/notify/sandbox"
)

// village is the whole system with a municipality in which the people of the play, their institution and everything they write are named
// after the canary.
type village struct {
	*system.Local
	log          *text
	demo         demodata.Demo
	municipality string
	logins       map[string]story.Login
	numbers      []string // every identity number in the register files, twelve digits
	addresses    []string // where the people of the play are reached, and the sessions they hold

	nobody                          client
	applicant, second, head, leader client
	institution, child              string
}

var registerNumber = regexp.MustCompile(`\b(\d{8})-(\d{4})\b`)

func newVillage(t *testing.T) *village {
	t.Helper()
	if os.Getenv("DATABASE_URL") == "" {
		needPostgres(t)
	}
	demo, err := demodata.Generate(demodata.Options{Seed: 20})
	if err != nil {
		t.Fatal(err)
	}
	folder := openFolder(t)
	v := &village{log: &text{}, demo: demo}
	v.Local, err = system.StartLocal(soon(t), system.LocalOptions{
		Purpose: local.Throwaway, Folder: filepath.Join(folder, ".data"), Address: "127.0.0.1:0",
		Log: slog.New(slog.NewJSONHandler(v.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close(soon(t)) })
	files := filepath.Join(folder, "registers")
	if err := os.Mkdir(files, 0o700); err != nil {
		t.Fatal(err)
	}
	municipality, err := story.Prepare(soon(t), v.Local, demo, files)
	if err != nil {
		t.Fatal(err)
	}
	v.municipality, v.logins, v.nobody = municipality.ID.String(), municipality.Logins, client{base: v.URL}
	for _, name := range []string{demodata.AdmissionFile, demodata.StaffFile} {
		for _, found := range registerNumber.FindAllStringSubmatch(string(demo.Files[name]), -1) {
			v.numbers = append(v.numbers, found[1]+found[2])
		}
	}
	if len(v.numbers) < 50 {
		t.Fatalf("the register files hold %d identity numbers only", len(v.numbers))
	}
	v.rename(t)
	return v
}

// rename gives the people of the play and their place the canary's name.
func (v *village) rename(t *testing.T) {
	t.Helper()
	cast := v.demo.Cast
	for i, name := range []string{
		cast.Applicant.Name(), cast.SecondGuardian.Name(), cast.Applicant.Children[0].Name(), cast.KindergartenHead.Name(), cast.KindergartenLeader.Name(),
	} {
		v.exec(t, `update app.persons set given_name = $1, family_name = $2 where given_name || ' ' || family_name = $3`,
			fmt.Sprintf("Qanariegiven%c", 'a'+i), fmt.Sprintf("Qanariefamily%c", 'a'+i), name)
	}
	v.exec(t, `update app.institutions set name = 'Förskolan Qanarienästet' where name = $1`, demodata.KindergartenName)
	v.exec(t, `update app.groups set name = 'Qanariegrenen' where name = $1`, cast.Applicant.Children[0].Group)
	v.exec(t, `update app.municipalities set name = 'Qanarie kommun'`)
}

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
	pending, err := v.Sandbox.OrderByAutoStart(order.text("autoStartToken"))
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

func (v *village) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	tag, err := v.Admin.Exec(soon(t), sql, args...)
	if err != nil || tag.RowsAffected() == 0 {
		t.Fatalf("%s: %d rows, %v", sql, tag.RowsAffected(), err)
	}
}

func (v *village) count(t *testing.T, sql string) int {
	t.Helper()
	var n int
	if err := v.Admin.QueryRow(soon(t), sql).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}
