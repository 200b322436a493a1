package walk_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"budstikke.example/migrations/scope"
)

// What an application comes to.
const (
	anAccount   = "account"            // opened in the transaction that handed it in; a head opens access
	withAccess  = "account and access" // the same, and what is clear about the child opens with it
	asNobody    = "as nobody"          // answered as somebody whom no register knows
	ledTo       = "led to the account" // signed in (H2)
	waitsFor    = "waits: "            // and the reasons, for heads only
	refusedWith = "refused: "          // and the code
)

// cases is the rule of applications, case by case: what is so of a legal guardian ($1) of an enrolled child ($2) who has another guardian ($3), before they
// sign in or while they fill in, and what comes of it by the three policies. docs/applications.md lists it for a reader (H1, H2, H7, H11, H12, B8, V13).
var cases = []struct {
	name          string
	before, while string
	without       string // the step that is left out
	manual        string // head_manual
	self          string // self_service_eid
	auto          string // auto_on_custody
}{
	{name: "nothing stands against it", manual: waitsFor + "head_decides", self: anAccount, auto: withAccess},
	{name: "the register denies custody", before: "update app.guardianships set legal = false where guardian_id = $1", manual: asNobody, self: asNobody, auto: asNobody},
	{name: "custody is denied meanwhile", while: "update app.guardianships set legal = false where guardian_id = $1",
		manual: waitsFor + "head_decides no_legal_guardianship", self: waitsFor + "no_legal_guardianship", auto: waitsFor + "no_legal_guardianship unclarified"},
	{name: "the child has left", before: "update app.enrolments set ended_at = now() - interval '1 hour' where child_id = $2", manual: asNobody, self: asNobody, auto: asNobody},
	{name: "the child leaves meanwhile", while: "update app.enrolments set ended_at = now() - interval '1 hour' where child_id = $2",
		manual: waitsFor + "head_decides no_legal_guardianship", self: waitsFor + "no_legal_guardianship", auto: waitsFor + "no_legal_guardianship unclarified"},
	{name: "the place begins later", before: "update app.enrolments set starts_at = now() + interval '9 days' where child_id = $2", manual: waitsFor + "head_decides", self: anAccount, auto: withAccess},
	{name: "the relation has ended", before: "update app.guardianships set ended_at = now() - interval '1 hour' where guardian_id = $1", manual: asNobody, self: asNobody, auto: asNobody},
	{name: "the child is protected", before: "update app.persons set protected_identity = 'protected' where id = $2", manual: asNobody, self: asNobody, auto: asNobody},
	{name: "the child is protected meanwhile", while: "update app.persons set protected_identity = 'marked' where id = $2",
		manual: waitsFor + "head_decides protected_identity", self: waitsFor + "protected_identity", auto: waitsFor + "protected_identity unclarified"},
	{name: "the guardian is protected", before: "update app.persons set protected_identity = 'marked' where id = $1", manual: asNobody, self: asNobody, auto: asNobody},
	{name: "the guardian is protected meanwhile", while: "update app.persons set protected_identity = 'strict' where id = $1",
		manual: waitsFor + "head_decides protected_identity", self: waitsFor + "protected_identity", auto: waitsFor + "protected_identity unclarified"},
	{name: "the other guardian is protected", before: "update app.persons set protected_identity = 'protected' where id = $3", manual: waitsFor + "head_decides", self: anAccount, auto: waitsFor + "unclarified"},
	{name: "kept from the child", before: restriction("no_access", "-1 hour", "null"), manual: asNobody, self: asNobody, auto: asNobody},
	{name: "kept from the child meanwhile", while: restriction("no_access", "-1 hour", "null"),
		manual: waitsFor + "head_decides restricted", self: waitsFor + "restricted", auto: waitsFor + "restricted unclarified"},
	{name: "to be kept from the child", before: restriction("no_access", "9 days", "null"), manual: waitsFor + "head_decides", self: anAccount, auto: waitsFor + "unclarified"},
	{name: "kept from the child until yesterday", before: restriction("no_access", "-9 days", "now() - interval '1 day'"), manual: waitsFor + "head_decides", self: anAccount, auto: withAccess},
	{name: "may not write", before: restriction("no_contact", "-1 hour", "null"), manual: waitsFor + "head_decides", self: anAccount, auto: waitsFor + "unclarified"},
	{name: "has an account", before: `insert into auth.accounts (municipality_id, id, person_id, kind, created_at)
		select municipality_id, gen_random_uuid(), id, 'guardian', now() from app.persons where id = $1`, manual: ledTo, self: ledTo, auto: ledTo},
	{name: "had an account", before: `insert into auth.accounts (municipality_id, id, person_id, kind, created_at, ended_at)
		select municipality_id, gen_random_uuid(), id, 'guardian', now() - interval '2 days', now() - interval '1 day' from app.persons where id = $1`, manual: waitsFor + "head_decides", self: anAccount, auto: withAccess},
	{name: "no register knows the number", before: "update app.persons set national_id_sealed = null, national_id_key = null, national_id_index = null, national_id_index_key = null where id = $1",
		manual: asNobody, self: asNobody, auto: asNobody},
	{name: "the only guardian, and nobody asked", before: "update app.guardianships set ended_at = now() - interval '1 hour' where guardian_id = $3", manual: waitsFor + "head_decides", self: anAccount, auto: waitsFor + "unclarified"},
	{name: "a foster parent", before: "update app.guardianships set time_boxed = true where guardian_id = $1", manual: waitsFor + "head_decides", self: anAccount, auto: waitsFor + "unclarified"},
	{name: "a head has decided before", before: `insert into app.guardianship_decisions (municipality_id, id, guardianship_id, status, reason, decided_by, decided_at)
		select municipality_id, gen_random_uuid(), id, 'inactive', 'x', $3, now() from app.guardianships where guardian_id = $1`, manual: waitsFor + "head_decides", self: anAccount, auto: waitsFor + "unclarified"},
	{name: "the address is not confirmed", without: "email", manual: refusedWith + "email_not_confirmed", self: refusedWith + "email_not_confirmed", auto: refusedWith + "email_not_confirmed"},
	{name: "the terms are not accepted", without: "terms", manual: refusedWith + "terms_not_accepted", self: refusedWith + "terms_not_accepted", auto: refusedWith + "terms_not_accepted"},
}

func restriction(kind, starts, until string) string {
	return `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, until, reason_sealed, reason_key, set_by, set_at)
		select municipality_id, gen_random_uuid(), $2, $1, '` + kind + `', now() + interval '` + starts + `', ` + until + `, '\x01', 1, $3, now() - interval '10 days' from app.persons where id = $1`
}

// H1, H2, H7, H11, H12, B8, V13: the table above, by each policy in a town of its own.
func TestWhatAnApplicationComesTo(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"head_manual", "self_service_eid", "auto_on_custody"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			w.do(call{method: http.MethodPut, path: "/v1/office/application-policy", token: w.session("Kommunalia", scope.Staff, 0),
				body: map[string]any{"policy": policy}}).want(t, http.StatusOK, "")
			more := slices.Clone(admissions)
			for i := range cases {
				more = append(more, admission{child: fmt.Sprintf("Barnet%d", i), place: kindergarten, guardians: []string{fmt.Sprintf("Sökande%d", i), fmt.Sprintf("Annan%d", i)}})
			}
			w.importLists(w.here, more, employments)
			unknown := w.bankID(w.number("Ingen", false).Digits())
			for i, c := range cases {
				want := map[string]string{"head_manual": c.manual, "self_service_eid": c.self, "auto_on_custody": c.auto}[policy]
				if got := w.comesTo(t, i, unknown); got != want {
					t.Errorf("%s: %s, want %s", c.name, got, want)
				}
			}
			abroad := w.bankID(w.numbers["Monsinora"].Digits()) // a guardian in another municipality only
			if abroad.wire() != unknown.wire() {
				t.Errorf("a guardian of another municipality is answered\n%s\nand somebody unknown\n%s", abroad.wire(), unknown.wire())
			}
		})
	}
}

// comesTo applies in the case's situation and says what comes of it.
func (w *town) comesTo(t *testing.T, i int, unknown reply) string {
	t.Helper()
	c, given := cases[i], fmt.Sprintf("Sökande%d", i)
	me, child, another := w.person(given), w.person(fmt.Sprintf("Barnet%d", i)), w.person(fmt.Sprintf("Annan%d", i))
	arrange := func(sql string) {
		for n, id := range []any{me, child, another} { // only what a statement names is given to it
			sql = strings.ReplaceAll(sql, fmt.Sprintf("$%d", n+1), fmt.Sprintf("'%s'::uuid", id))
		}
		if sql != "" {
			w.exec(sql)
		}
	}
	arrange(c.before)
	got := w.bankID(w.numbers[given].Digits())
	if got.wire() == unknown.wire() {
		return asNobody
	}
	token, kind := got.session(t)
	if kind == "guardian" {
		return ledTo
	}
	if c.without == "" {
		w.fillIn(token, mailOf(given))
	} else {
		a := w.do(call{method: http.MethodPut, path: "/v1/signin/application/email", token: token, body: map[string]any{"email": mailOf(given), "locale": "sv"}}).want(t, http.StatusAccepted, "")
		if c.without == "email" {
			w.do(call{method: http.MethodPost, path: "/v1/signin/application/terms", token: token, body: map[string]any{"version": a.text(t, "termsVersion")}}).want(t, http.StatusOK, "")
		} else {
			w.exec("update notify.endpoints set state = 'active', verified_at = now() where person_id = $1", me)
		}
	}
	arrange(c.while)
	before := w.accountsOf(me.String())
	done := w.do(submission(token))
	accounts := w.accountsOf(me.String()) - before
	access := one[int](w, "select count(*) from app.guardianship_access where guardian_id = $1 and status = 'active'", me)
	reasons := one[[]string](w, `select coalesce(array_agg(c.name order by array_position('{head_decides,no_legal_guardianship,protected_identity,restricted,unclarified}'::text[], c.name)), '{}')
		from app.application_checks c join app.applications a on a.municipality_id = c.municipality_id and a.id = c.application_id
		where a.person_id = $1 and c.found and c.name <> 'has_account'`, me)
	switch {
	case done.status == http.StatusCreated && accounts == 1 && access == 0 && len(reasons) == 0:
		return anAccount
	case done.status == http.StatusCreated && accounts == 1 && access == 1 && len(reasons) == 0:
		return withAccess
	case done.status == http.StatusAccepted && accounts == 0 && access == 0:
		return waitsFor + strings.Join(reasons, " ")
	case done.status >= 400 && accounts == 0 && access == 0 && len(reasons) == 0:
		return refusedWith + done.code
	}
	return fmt.Sprintf("%d %s, %d accounts, %d accesses, %v", done.status, done.body, accounts, access, reasons)
}

func (w *town) accountsOf(person string) int {
	w.tb.Helper()
	return one[int](w, "select count(*) from auth.accounts where person_id = $1 and ended_at is null", person)
}

// The page for readers lists the table as it is tested.
func TestThePageListsWhatApplicationsComeTo(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../../docs/applications.md")
	must(t, err)
	for _, c := range cases {
		row := fmt.Sprintf("| %s | %s | %s | %s |", c.name, c.manual, c.self, c.auto)
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/applications.md lacks the line\n%s", row)
		}
	}
}
