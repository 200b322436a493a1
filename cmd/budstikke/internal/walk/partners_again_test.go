package walk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// invite asks for a partner by user name, at an institution and by its head.
func (p *partnered) invite(place, token, username, given string, sponsor, child uuid.UUID) reply {
	body := p.invitation(child, 30*24*time.Hour)
	body["username"], body["givenName"], body["sponsorId"] = username, given, sponsor
	return p.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + p.institution(place).String() + "/external-partners", token: token, body: body})
}

// letterCode is the code of the letter of an access to named children.
func (r reply) letterCode(tb testing.TB) string {
	tb.Helper()
	var answer struct{ Letter struct{ Code string } }
	must(tb, json.Unmarshal(r.body, &answer))
	return answer.Letter.Code
}

// H2, U8: whoever is invited once more stays one person with one account: while a letter waits, with an account, elsewhere, after the end and in
// other letters of the address; and nobody gets into what another institution gave.
func TestAPartnerIsInvitedAgain(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	rektor, teacher, pupil := p.session("Rektorina", scope.Staff, 0), p.person("Torunnara"), p.person("Hjalmarine")
	sponsor := p.person("Emelinda")
	const address = "liaison@polisen.example"
	people := func() int {
		return one[int](p.town, "select count(*) from app.persons where given_name = 'Sambandine'")
	}
	first := p.invite(kindergarten, p.boss, address, "Sambandine", sponsor, p.child).want(t, http.StatusCreated, "")
	letter := first.letterCode(t)
	p.invite(kindergarten, p.boss, strings.ToUpper(address), "Sambandine", sponsor, p.child).want(t, http.StatusConflict, "partner_exists")
	p.invite(kindergarten, p.boss, address, "Någonannan", sponsor, p.child).want(t, http.StatusConflict, "username_taken")
	elsewhere := p.invite(school, rektor, " Liaison@Polisen.Example ", "sambandine", teacher, pupil).want(t, http.StatusCreated, "")
	if strings.Contains(string(elsewhere.body), "letter") {
		t.Errorf("another head gets a letter that opens the first one's children: %s", elsewhere.body)
	}
	p.do(p.activation(p.town.here, letter)).want(t, http.StatusCreated, "") // the first letter still counts
	if people() != 1 {
		t.Fatalf("%d people where there is one", people())
	}
	token := p.session("Sambandine", scope.Staff, 0)
	sees := func(what string, want ...uuid.UUID) {
		t.Helper()
		got := string(p.do(call{path: "/v1/staff/partner-children", token: token}).want(t, http.StatusOK, "").body)
		for _, child := range want {
			if !strings.Contains(got, child.String()) {
				t.Errorf("%s: %s is not shown: %s", what, child, got)
			}
		}
		if n := strings.Count(got, `"until"`); n != len(want) {
			t.Errorf("%s: %d children are shown, want %d", what, n, len(want))
		}
	}
	sees("at two institutions", p.child, pupil)

	p.do(call{method: http.MethodDelete, path: p.here + "/external-partners/" + first.text(t, "partnershipId"), token: p.boss}).want(t, http.StatusNoContent, "")
	token = p.session("Sambandine", scope.Staff, 0)
	sees("after the end at one of them", pupil)
	again := p.invite(kindergarten, p.boss, address, "Sambandine", sponsor, p.other).want(t, http.StatusCreated, "")
	if strings.Contains(string(again.body), "letter") {
		t.Errorf("somebody with an account gets a letter: %s", again.body)
	}
	sees("invited after the end", p.other, pupil)
	if people() != 1 {
		t.Errorf("%d people where there is one", people())
	}
	p.exec("update app.staff_roles set ended_at = now() where person_id = $1", p.person("Sambandine"))
	p.do(call{method: http.MethodDelete, path: fmt.Sprintf("%s/staff-accounts/%s", p.here, p.person("Sambandine")), token: p.boss}).want(t, http.StatusNoContent, "")
	anew := p.invite(kindergarten, p.boss, address, "Sambandine", sponsor, p.child).want(t, http.StatusCreated, "").letterCode(t)
	if people() != 1 {
		t.Errorf("%d people after the account was ended, where there is one", people())
	}
	p.do(p.activation(p.town.here, anew)).want(t, http.StatusCreated, "")
	for n, other := range p.atOnce(t, 4, func(int) call {
		body := p.invitation(p.child, time.Hour)
		body["username"], body["givenName"] = "samtidig@polisen.example", "Samtidine"
		return call{method: http.MethodPost, path: p.here + "/external-partners", token: p.boss, body: body}
	}) {
		if other.status != http.StatusCreated && other.code != "partner_exists" {
			t.Errorf("the invitation %d of four at once: %d %s", n, other.status, other.code)
		}
	}
	if n := one[int](p.town, "select count(*) from app.staff_roles r join app.persons p on p.id = r.person_id where p.given_name = 'Samtidine'"); n != 1 {
		t.Errorf("four invitations at once made %d accesses", n)
	}
}

// V10, U8: what a review suspended is confirmed by whoever invites the partner anew after its end.
func TestAnInvitationEndsTheSuspension(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	const address = "liaison@polisen.example"
	made := p.invite(kindergarten, p.boss, address, "Sambandine", p.person("Emelinda"), p.child).want(t, http.StatusCreated, "")
	person := one[uuid.UUID](p.town, "select person_id from app.staff_roles where id = $1", uuid.MustParse(made.text(t, "partnershipId")))
	p.exec(`insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
		values ($1, $2, $3, $4, now() - interval '1 minute', $5, now())`, p.town.here, newID(), person, p.institution(kindergarten), p.person("Heddavina"))
	p.do(call{method: http.MethodDelete, path: p.here + "/external-partners/" + made.text(t, "partnershipId"), token: p.boss}).want(t, http.StatusNoContent, "")
	anew := p.invite(kindergarten, p.boss, address, "Sambandine", p.person("Emelinda"), p.child).want(t, http.StatusCreated, "")
	if anew.letterCode(t) == "" {
		t.Error("somebody without an account gets no letter")
	}
	got := p.do(call{path: "/v1/staff/partner-children", token: p.session("Sambandine", scope.Staff, 0)}).want(t, http.StatusOK, "")
	if !strings.Contains(string(got.body), p.child.String()) {
		t.Errorf("the access rests after the invitation: %s", got.body)
	}
	if n := one[int](p.town, "select count(*) from auth.letters where person_id = $1 and used_at is null and withdrawn_at is null", person); n != 1 {
		t.Errorf("%d letters count", n)
	}
}
