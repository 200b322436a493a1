package walk_test

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/letter"
	"budstikke.example/auth/totp"
	"budstikke.example/migrations/scope"
)

func (w *town) activation(municipality uuid.UUID, code string) call {
	return call{method: http.MethodPost, path: "/v1/signin/activation", body: map[string]any{"municipalityId": municipality, "code": code, "password": newPassword}}
}

func (w *town) staffSignIn(username, password, code string) call {
	body := map[string]any{"municipalityId": w.here, "username": username, "password": password}
	if code != "" {
		body["code"] = code
	}
	return call{method: http.MethodPost, path: "/v1/signin/staff", body: body}
}

// ready is somebody of the staff who was invited and has a password and an authenticator app.
type ready struct {
	person   uuid.UUID
	username string
	token    string
	secret   []byte
	codes    []string
}

func (w *town) getReady(boss string, person uuid.UUID) ready {
	w.tb.Helper()
	r := ready{person: person, username: usernameOf(person)}
	limited := w.do(w.activation(w.here, w.letter(boss, person, ""))).want(w.tb, http.StatusCreated, "").text(w.tb, "token")
	r.secret = w.beginApp(limited, newPassword)
	got := w.do(call{method: http.MethodPost, path: "/v1/signin/authenticator/confirmation", token: limited,
		body: map[string]any{"code": w.appCode(r.secret, -1)}}).want(w.tb, http.StatusCreated, "")
	r.token, _ = got.session(w.tb)
	var document struct{ RecoveryCodes []string }
	must(w.tb, json.Unmarshal(got.body, &document))
	r.codes = document.RecoveryCodes
	return r
}

// From the letter to the work of the day: password, second factor, session (U5, V5).
func TestSomebodyIsInvitedAndComesIn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss := w.session("Heddavina", scope.Staff, 0)
	person := w.hire(kindergarten, "employee")
	code := w.letter(boss, person, "")
	first := w.do(w.activation(w.here, strings.ToLower(strings.ReplaceAll(code, "-", " ")))).want(t, http.StatusCreated, "")
	limited := first.text(t, "token")
	if first.text(t, "kind") != "second_factor" {
		t.Fatalf("somebody who reaches the whole institution has no second factor yet: %s", first.body)
	}
	// A session that leads to a second factor leads nowhere else.
	for _, path := range []string{"/v1/staff/institutions", "/v1/guardian/me", "/v1/signin/application", "/v1/office/institutions/" + w.institution(kindergarten).String() + "/guardianships"} {
		w.do(call{path: path, token: limited}).want(t, http.StatusNotFound, "not_found")
	}
	// Nor does the password alone lead any further than there.
	if again := w.do(w.staffSignIn(usernameOf(person), newPassword, "")).want(t, http.StatusCreated, ""); again.text(t, "kind") != "second_factor" {
		t.Errorf("signing in without a second factor: %s", again.body)
	}
	confirm := func(token, code string) call {
		return call{method: http.MethodPost, path: "/v1/signin/authenticator/confirmation", token: token, body: map[string]any{"code": code}}
	}
	w.do(confirm(limited, "000000")).want(t, http.StatusConflict, "authenticator_not_begun")
	w.do(call{method: http.MethodPost, path: "/v1/signin/authenticator", token: limited, body: map[string]any{"password": "ett fel lösenord"}}).
		want(t, http.StatusUnprocessableEntity, "password_wrong")
	secret := w.beginApp(limited, newPassword)
	w.do(confirm(limited, w.appCode(secret, 5))).want(t, http.StatusUnprocessableEntity, "code_wrong")
	done := w.do(confirm(limited, w.appCode(secret, -1))).want(t, http.StatusCreated, "")
	token, kind := done.session(t)
	if kind != "staff" {
		t.Fatalf("after the second factor: %s", done.body)
	}
	w.do(call{path: "/v1/staff/institutions", token: token}).want(t, http.StatusOK, "")
	w.do(call{path: "/v1/staff/institutions", token: limited}).want(t, http.StatusUnauthorized, "sign_in_required")
	w.do(w.staffSignIn(usernameOf(person), newPassword, "")).want(t, http.StatusUnauthorized, "sign_in_failed")
	w.do(w.staffSignIn(usernameOf(person), newPassword, w.appCode(secret, -1))).want(t, http.StatusUnauthorized, "sign_in_failed")
	in := w.do(w.staffSignIn(usernameOf(person), newPassword, w.appCode(secret, 0))).want(t, http.StatusCreated, "")
	w.do(call{path: "/v1/staff/institutions", token: in.text(t, "token")}).want(t, http.StatusOK, "")
}

// Whoever reaches one group only may do without, unless the municipality says otherwise.
func TestOneGroupDoesWithoutASecondFactor(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss := w.session("Heddavina", scope.Staff, 0)
	kind := func() string {
		person := w.hire(kindergarten, "employee")
		w.exec("update app.staff_roles set group_id = (select id from app.groups where institution_id = staff_roles.institution_id order by id limit 1) where person_id = $1", person)
		return w.do(w.activation(w.here, w.letter(boss, person, ""))).want(t, http.StatusCreated, "").text(t, "kind")
	}
	if got := kind(); got != "staff" {
		t.Errorf("an employee of one group: %s", got)
	}
	w.exec("update app.municipalities set second_factor_for_all = true where municipality_id = $1", w.here)
	if got := kind(); got != "second_factor" {
		t.Errorf("the same where everybody needs one: %s", got)
	}
}

// Whatever is wrong with a code, the answer is the same to the byte, and nothing is stored.
func TestLettersThatDoNotCountAreAlike(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss := w.session("Heddavina", scope.Staff, 0)
	used := w.letter(boss, w.hire(kindergarten, "substitute"), "")
	w.do(w.activation(w.here, used)).want(t, http.StatusCreated, "")
	replaced := w.hire(kindergarten, "substitute")
	earlier := w.letter(boss, replaced, "")
	later := w.letter(boss, replaced, "")
	gone := w.hire(kindergarten, "substitute")
	withdrawn := w.letter(boss, gone, "")
	w.do(call{method: http.MethodDelete, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/staff-accounts/" + gone.String(), token: boss}).
		want(t, http.StatusNoContent, "")
	old := w.letter(boss, w.hire(kindergarten, "substitute"), "")
	elsewhere := w.letter(w.session("Utrikine", scope.Staff, 0), w.hire(abroad, "substitute"), "")
	w.exec("update auth.letters set expires_at = $1 where code_hash = $2", w.Clock.Now(), digestOf(t, w.here, old))
	before := w.fingerprint()
	var first reply
	for name, code := range map[string]string{
		"used": used, "replaced": earlier, "withdrawn": withdrawn, "expired": old, "of another municipality": elsewhere,
		"never given": letter.New().Print(), "one letter off": later[:len(later)-1] + other2(later[len(later)-1]), "malformed": "hej", "huge": strings.Repeat("A", 100),
	} {
		got := w.do(w.activation(w.here, code)).want(t, http.StatusUnauthorized, "activation_failed")
		if first.status == 0 {
			first = got
		}
		if got.wire() != first.wire() {
			t.Errorf("%s is answered otherwise:\n%s", name, got.wire())
		}
	}
	w.unchanged(t, before, "by codes that do not count")
	w.do(w.activation(w.here, later)).want(t, http.StatusCreated, "")
	w.do(w.activation(w.there, elsewhere)).want(t, http.StatusCreated, "")
}

func digestOf(tb testing.TB, municipality uuid.UUID, printed string) []byte {
	tb.Helper()
	code, err := letter.Parse(printed)
	must(tb, err)
	digest := code.Digest(municipality)
	return digest[:]
}

func other2(symbol byte) string {
	if symbol == '7' {
		return "8"
	}
	return "7"
}

// Of many who use a letter at the same time, one gets in.
func TestALetterActivatesOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	code := w.letter(w.session("Heddavina", scope.Staff, 0), w.hire(kindergarten, "substitute"), "")
	in := 0
	for _, r := range w.atOnce(t, 6, func(int) call { return w.activation(w.here, code) }) {
		switch r.status {
		case http.StatusCreated:
			in++
		case http.StatusUnauthorized:
		default:
			t.Errorf("answered %d %s", r.status, r.code)
		}
	}
	if in != 1 {
		t.Errorf("%d activated one letter, want 1", in)
	}
	if n := one[int](w, "select count(*) from auth.sessions where kind = 'second_factor'"); n != 1 {
		t.Errorf("%d sessions began", n)
	}
}

// Guessing at a letter waits like guessing at a password, and a weak password is refused without saying anything about the letter.
func TestLettersAreNotGuessed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	person := w.hire(kindergarten, "substitute")
	code := w.letter(w.session("Heddavina", scope.Staff, 0), person, "")
	weak := func(code, password string) reply {
		c := w.activation(w.here, code)
		c.body.(map[string]any)["password"] = password
		return w.do(c)
	}
	real, never := weak(code, "Lösenord12345"), weak(letter.New().Print(), "Lösenord12345")
	if real.want(t, http.StatusUnprocessableEntity, "password_weak").wire() != never.wire() {
		t.Errorf("a weak password tells whether the letter counts:\n%s\n%s", real.wire(), never.wire())
	}
	weak(code, "Nykomling-Testsson").want(t, http.StatusUnprocessableEntity, "password_weak")
	weak(code, "kort").want(t, http.StatusBadRequest, "request_invalid")
	wrong := code[:len(code)-4] + "0000"
	if wrong == code {
		wrong = code[:len(code)-4] + "1111"
	}
	for n := range 10 {
		c := w.activation(w.here, wrong)
		c.header = map[string]string{"X-Forwarded-For": netip.AddrFrom4([4]byte{203, 0, 113, byte(n)}).String()}
		w.do(c).want(t, http.StatusUnauthorized, "activation_failed")
	}
	w.do(w.activation(w.here, wrong)).want(t, http.StatusTooManyRequests, "too_many_attempts")
	w.Clock.Advance(time.Minute)
	w.do(w.activation(w.here, code)).want(t, http.StatusCreated, "")
}

// A head decides about those who are neither head nor owner, at their own institution, and about nobody whose roles lead further (V2, V5, V9).
func TestWhoMayInviteWhom(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for _, place := range []string{kindergarten, school} {
		w.exec("update app.institutions set ownership = 'municipal' where name = $1", place)
	}
	here, there := w.institution(kindergarten), w.institution(school)
	worksTwice := w.hire(kindergarten, "employee")
	w.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at) values ($1, $2, $3, $4, 'employee', now())`,
		w.here, newID(), worksTwice, there)
	left := w.hire(kindergarten, "employee")
	w.exec("update app.staff_roles set ended_at = now() - interval '1 day' where person_id = $1", left)
	soon := w.hire(kindergarten, "employee")
	w.exec("update app.staff_roles set starts_at = now() + interval '5 days' where person_id = $1", soon)
	secondHead := w.hire(kindergarten, "head")
	for _, c := range []struct {
		by          string
		institution uuid.UUID
		person      uuid.UUID
		may         bool
	}{
		{"Heddavina", here, w.hire(kindergarten, "employee"), true},
		{"Heddavina", here, soon, true},
		{"Heddavina", here, w.person("Heddavina"), false},
		{"Heddavina", here, w.person("Oddvarina"), false},
		{"Heddavina", here, w.person("Kommunalia"), false},
		{"Heddavina", here, secondHead, false},
		{"Heddavina", here, worksTwice, false},
		{"Heddavina", here, left, false},
		{"Heddavina", here, w.person("Annelore"), false},
		{"Heddavina", here, w.person("Alfhildis"), false},
		{"Heddavina", here, w.person("Torunnara"), false},
		{"Heddavina", there, w.person("Torunnara"), false},
		{"Heddavina", here, w.person("Utrikine"), false},
		{"Heddavina", here, newID(), false},
		{"Oddvarina", here, secondHead, true},
		{"Oddvarina", here, w.person("Oddvarina"), false},
		{"Oddvarina", here, w.person("Kommunalia"), false},
		{"Kommunalia", here, worksTwice, true},
		{"Kommunalia", there, w.person("Rektorina"), true},
		{"Kommunalia", here, w.person("Oddvarina"), false},
		{"Leonorina", here, worksTwice, false},
		{"Utrikine", here, worksTwice, false},
	} {
		path := "/v1/office/institutions/" + c.institution.String() + "/staff-accounts/" + c.person.String()
		invite := call{method: http.MethodPost, path: path + "/letter", token: w.session(c.by, scope.Staff, 0), body: map[string]any{"username": usernameOf(c.person)}}
		got := w.do(invite)
		if c.may != (got.status == http.StatusCreated) || !c.may && got.code != "not_found" {
			t.Errorf("%s inviting %s: answered %d %s, want it to be %t", c.by, c.person, got.status, got.code, c.may)
		}
	}
}

// What ends an account ends everything that opens it, at once; being a guardian stays (H4, V9, V11).
func TestEndingAStaffAccount(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss := w.session("Heddavina", scope.Staff, 0)
	r := w.getReady(boss, w.hire(kindergarten, "employee"))
	path := "/v1/office/institutions/" + w.institution(kindergarten).String() + "/staff-accounts/"
	end := func(person uuid.UUID) reply {
		return w.do(call{method: http.MethodDelete, path: path + person.String(), token: boss})
	}
	w.do(call{path: "/v1/staff/institutions", token: r.token}).want(t, http.StatusOK, "")
	end(r.person).want(t, http.StatusNoContent, "")
	w.do(call{path: "/v1/staff/institutions", token: r.token}).want(t, http.StatusUnauthorized, "sign_in_required")
	for name, code := range map[string]string{"the app's code": w.appCode(r.secret, 0), "a recovery code": r.codes[0], "none": ""} {
		if got := w.do(w.staffSignIn(r.username, newPassword, code)); got.code != "sign_in_failed" {
			t.Errorf("signing in with %s afterwards: %d %s", name, got.status, got.code)
		}
	}
	end(r.person).want(t, http.StatusNoContent, "")
	end(w.person("Heddavina")).want(t, http.StatusNotFound, "not_found")
	end(w.person("Oddvarina")).want(t, http.StatusNotFound, "not_found")
	// They may come back, by another letter.
	w.do(w.activation(w.here, w.letter(boss, r.person, ""))).want(t, http.StatusCreated, "")

	// A parent who works here goes on being a parent.
	parent := w.session("Leonorina", scope.Guardian, 0)
	w.exec(`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select municipality_id, $1, child_id, $2, true, basis, created_at from app.guardianships where child_id = $3 limit 1`,
		newID(), w.person("Leonorina"), w.person("Alfhildis"))
	atWork := w.session("Leonorina", scope.Staff, 0)
	end(w.person("Leonorina")).want(t, http.StatusNoContent, "")
	w.do(call{path: "/v1/staff/institutions", token: atWork}).want(t, http.StatusUnauthorized, "sign_in_required")
	w.do(call{path: "/v1/guardian/me", token: parent}).want(t, http.StatusOK, "")
}

// Ten recovery codes, each good once, for the day on which the app is lost (P10).
func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.getReady(w.session("Heddavina", scope.Staff, 0), w.hire(kindergarten, "employee"))
	stranger := w.getReady(w.session("Heddavina", scope.Staff, 0), w.hire(kindergarten, "employee"))
	if len(r.codes) != 10 {
		t.Fatalf("%d recovery codes", len(r.codes))
	}
	w.do(w.staffSignIn(r.username, newPassword, strings.ToUpper(strings.ReplaceAll(r.codes[0], "-", "")))).want(t, http.StatusCreated, "")
	for name, code := range map[string]string{"a used one": r.codes[0], "somebody else's": stranger.codes[1], "never given": "aaaa-aaaa-aaaa"} {
		if got := w.do(w.staffSignIn(r.username, newPassword, code)); got.code != "sign_in_failed" {
			t.Errorf("%s: answered %d %s", name, got.status, got.code)
		}
	}
	in := 0
	for _, got := range w.atOnce(t, 6, func(int) call { return w.staffSignIn(r.username, newPassword, r.codes[2]) }) {
		if got.status == http.StatusCreated {
			in++
		}
	}
	if in != 1 {
		t.Errorf("%d signed in with one recovery code, want 1", in)
	}
	w.Clock.Advance(totp.Period * time.Second)
	w.do(w.staffSignIn(r.username, newPassword, w.appCode(r.secret, 0))).want(t, http.StatusCreated, "")
}
