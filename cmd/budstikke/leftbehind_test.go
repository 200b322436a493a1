package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"budstikke.example/cmd/budstikke/internal/scan"
	"budstikke.example/cmd/budstikke/internal/system"
)

// planted is the identity number of nobody, which the second half of the test leaves where none may be.
const planted = "16822548834"

// TestNothingSecretIsLeftBehind plays the whole story on servers of its own and then reads everything that a thief could: a dump of every table
// and of what Postgres has gathered about them, the write-ahead log, Redis with all that was ever written to it, and all logs (P8, P15). No identity
// number that its check digits confirm is in it, none of the register files in any spelling, nothing that has the form of a token, no password, code
// or recovery code that somebody was given, no word of a note, and no reason of a restriction. Then one of each is left everywhere, and found.
func TestNothingSecretIsLeftBehind(t *testing.T) {
	t.Parallel()
	v := newVillage(t, func(o *system.LocalOptions) {
		o.Lookup = func(string) (string, bool) { return "", false } // whoever shares a server leaves things of their own
	})
	v.appendForEver(t)
	v.live(t)
	words := v.confideInEverybody(t)
	v.complain(t, words["note"][0])
	eventually(t, "everything has been sent", func() bool {
		return v.count(t, `select count(*) from notify.deliveries where state in ('pending', 'retry')`) == 0
	})
	for _, n := range v.numbers {
		words["identity number of the register"] = append(words["identity number of the register"], n, n[:8]+"-"+n[8:], n[2:8]+"-"+n[8:])
	}
	for _, login := range v.logins {
		words["password"] = append(words["password"], login.Password)
	}
	scanner, err := scan.New(time.Now(), words)
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]int{}
	v.everyPlace(t, func(p place) {
		found, err := scanner.Scan(p.name, p.from)
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
		read[p.sort]++
		for _, f := range found {
			t.Error(f)
		}
	})
	for sort, least := range map[string]int{"table": 60, "statistics": 1, "write-ahead log": 1, "Redis": 2, "log": 2} {
		if read[sort] < least {
			t.Errorf("of the sort %q only %d were read: %v", sort, read[sort], read)
		}
	}

	v.plant(t, words["note"][0])
	seen := map[string][]string{}
	v.everyPlace(t, func(p place) {
		found, err := scanner.Scan(p.name, p.from)
		if err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
		for _, f := range found {
			if !slices.Contains(seen[p.sort], f.Kind) {
				seen[p.sort] = append(seen[p.sort], f.Kind)
			}
		}
	})
	for _, sort := range []string{"table", "statistics", "large object", "write-ahead log", "Redis", "log"} {
		for _, kind := range []string{"identity number", "note", "secret by its form"} {
			if !slices.Contains(seen[sort], kind) && read[sort] > 0 {
				t.Errorf("a planted %s was not found in the %s: %v", kind, sort, seen[sort])
			}
		}
	}
}

// confideInEverybody has everything written and given out that must not be readable afterwards, and returns it by kind.
func (v *village) confideInEverybody(t *testing.T) map[string][]string {
	t.Helper()
	words := map[string][]string{}
	secret := func(kind string, texts ...string) {
		for _, text := range texts {
			if len(text) < 6 {
				t.Errorf("no %s was given out: %q", kind, text)
				continue
			}
			words[kind] = append(words[kind], text)
		}
	}
	for _, c := range []client{v.applicant, v.second, v.head, v.leader} {
		secret("token", c.token)
	}

	// Notes of absences: one that stays, one that is taken out of its absence again (V17).
	for i, note := range []string{"Hemlighetsfullaste", "Borttagenheten"} {
		day := time.Now().AddDate(0, 0, 40+i).Format(time.DateOnly)
		made := v.applicant.do(t, http.MethodPost, "/v1/guardian/children/"+v.child+"/absences", map[string]any{
			"startsOn": day, "endsOn": day, "reason": "family", "note": "Vi åker bort. " + note, "locale": "sv",
		})
		if i == 1 {
			if a := v.applicant.call(t, http.MethodDelete, "/v1/guardian/absences/"+made.text("id")+"/note", made.header.Get("ETag"), nil); a.status >= 300 {
				t.Fatalf("the note was not deleted: %d %v", a.status, a.body)
			}
		}
		secret("note", note)
	}

	// The reason of a restriction is sealed (B8).
	second := one[string](t, v, "select id::text from app.persons where given_name = 'Qanariegivenb'")
	v.head.do(t, http.MethodPost, "/v1/office/children/"+v.child+"/restrictions", map[string]any{
		"personId": second, "kind": "no_photo", "reason": "Beslut om Förseglingsgrund.",
	})
	secret("sealed reason", "Förseglingsgrund")

	// Ways in: a letter, a password, an authenticator app, recovery codes, a device, a tablet and work on it.
	worker := one[string](t, v, "select id::text from app.persons where given_name = 'Qanariegivene'")
	letter := v.head.do(t, http.MethodPost, "/v1/office/institutions/"+v.institution+"/staff-accounts/"+worker+"/letter", map[string]any{"username": "ny.leder@example.com"})
	secret("code", letter.text("code"), strings.ReplaceAll(letter.text("code"), "-", ""))
	const password = "sjutton lömska lamadjur dansar"
	limited := v.nobody.do(t, http.MethodPost, "/v1/signin/activation", map[string]any{"municipalityId": v.municipality, "code": letter.text("code"), "password": password})
	secret("password", password)
	secret("token", limited.text("token"))
	app := client{v.URL, limited.text("token")}.do(t, http.MethodPost, "/v1/signin/authenticator", map[string]any{"password": password})
	secret("authenticator", app.text("secret"))
	ready := client{v.URL, limited.text("token")}.do(t, http.MethodPost, "/v1/signin/authenticator/confirmation", map[string]any{"code": codeOf(t, app.text("secret"))})
	codes, _ := ready.body["recoveryCodes"].([]any)
	for _, code := range codes {
		secret("recovery code", fmt.Sprint(code))
	}
	secret("recovery code", fmt.Sprint(codes[0]))
	session, _ := ready.body["session"].(map[string]any)
	if session != nil { // of who had a second factor before it goes on
		secret("token", fmt.Sprint(session["token"]))
	}
	v.workOnATablet(t, worker, v.ownDevice(t, "ny.leder@example.com", password, fmt.Sprint(codes[1]), secret), secret)
	link := v.head.do(t, http.MethodPost, "/v1/office/institutions/"+v.institution+"/wheel-link", map[string]any{"locale": "sv"}).text("path")
	secret("token", link[strings.LastIndex(link, "/")+1:])
	return words
}

// ownDevice signs somebody in on a device of their own, prolongs the session, and tells what was given out.
func (v *village) ownDevice(t *testing.T, username, password, code string, secret func(kind string, texts ...string)) client {
	t.Helper()
	device := random(t)
	began := v.nobody.do(t, http.MethodPost, "/v1/signin/staff", map[string]any{
		"municipalityId": v.municipality, "username": username, "password": password, "code": code,
		"device": map[string]any{"secret": device, "name": "Arbetstelefonen"},
	})
	secret("recovery code", code)
	secret("secret of a device", device)
	secret("token", began.text("token"), began.text("refreshToken"))
	on := v.nobody.do(t, http.MethodPost, "/v1/signin/session/refresh", map[string]any{"refreshToken": began.text("refreshToken"), "deviceSecret": device})
	secret("token", on.text("token"), on.text("refreshToken"))
	return client{v.URL, on.text("token")}
}

// workOnATablet has a tablet enrolled for the child's group and somebody work on it, and tells what was given out. Six digits stand everywhere by
// chance, so the PIN itself cannot be looked for: what it opened is.
func (v *village) workOnATablet(t *testing.T, worker string, own client, secret func(kind string, texts ...string)) {
	t.Helper()
	group := one[string](t, v, "select group_id::text from app.enrolments where child_id::text = $1 and group_id is not null", v.child)
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	code := v.head.do(t, http.MethodPost, "/v1/office/groups/"+group+"/tablet-codes", nil).text("code")
	secret("code", code)
	enrolled := v.nobody.do(t, http.MethodPost, "/v1/signin/tablets", map[string]any{
		"municipalityId": v.municipality, "code": code, "name": "Surfplattan", "publicKey": base64.RawURLEncoding.EncodeToString(public),
	})
	secret("secret of a tablet", enrolled.text("secret"))
	session, _ := enrolled.body["session"].(map[string]any)
	tablet := client{v.URL, fmt.Sprint(session["token"])}
	secret("token", tablet.token)
	const pin = "493827"
	own.do(t, http.MethodPut, "/v1/staff/pin", map[string]any{"pin": pin})
	work := tablet.do(t, http.MethodPost, "/v1/staff/tablet/work", map[string]any{"personId": worker, "pin": pin})
	secret("token", work.text("token"))
	client{v.URL, work.text("token")}.do(t, http.MethodGet, "/v1/staff/institutions/"+v.institution+"/children", nil)
}

// random is a secret that a device makes for itself.
func random(t *testing.T) string {
	t.Helper()
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}
