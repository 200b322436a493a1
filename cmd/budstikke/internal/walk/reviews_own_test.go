package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify/sandbox"
)

// keepAll decides everything that somebody may decide.
func (w *town) keepAll(t *testing.T, token string, review uuid.UUID, but ...string) {
	t.Helper()
	w.doIn(t, call{method: http.MethodPost, path: "/v1/office/reviews/" + review.String() + "/keeps", token: token}).want(t, http.StatusOK, "")
	for _, row := range w.reviewRows(t, token, review, "?show=undecided&limit=100") {
		if !slices.ContainsFunc(but, func(given string) bool { return row.PersonID == w.person(given) }) {
			w.decideRow(t, token, review, row.ID, "keep", "", "").want(t, http.StatusOK, "")
		}
	}
}

func (w *town) outcomeOf(review uuid.UUID, given string) string {
	return one[string](w, "select coalesce(outcome, '') from app.review_rows where review_id = $1 and person_id = $2 and kind = 'staff'", review, w.person(given))
}

// V9, V10: nobody confirms their own access, one by one or in bulk; when nothing else is left, those for whom it waits are told, once, and decide.
func TestNobodyConfirmsTheirOwnAccess(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	id := w.openMonth(t)
	boss, own := is[head].token, is[owner].token
	mine := w.rowOf(t, boss, id, "Heddavina")
	for decision, note := range map[string]string{"keep": "", "change": "Mer.", "remove": ""} {
		w.decideRow(t, boss, id, mine, decision, "", note).want(t, http.StatusConflict, "review_row_not_yours")
	}
	told := func(given string) int {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = 'review_due' and e.subject_id = $1 and d.person_id = $2 and d.channel = 'in_app'`, id, w.person(given))
	}
	w.keepCalendar(t)
	if told("Oddvarina") != 0 {
		t.Error("the owner was asked while much else is left")
	}
	w.keepAll(t, boss, id, "Heddavina")
	if got := w.outcomeOf(id, "Heddavina"); got != "" {
		t.Errorf("kept in bulk by herself: %q", got)
	}
	w.complete(id, boss).want(t, http.StatusConflict, "review_undecided")
	heard := told("Heddavina")
	for range 2 {
		w.keepCalendar(t)
	}
	if told("Oddvarina") != 1 || told("Kommunalia") != 1 || told("Heddavina") != heard {
		t.Errorf("asked: the owners %d and %d times, the head %d times more", told("Oddvarina"), told("Kommunalia"), told("Heddavina")-heard)
	}
	if _, err := w.Admin.Exec(w.ctx, "update app.review_rows set decision = 'keep', decided_by = person_id, decided_at = now(), outcome = 'done' where id = $1", mine); err == nil {
		t.Error("the database takes somebody's word about themselves")
	}
	w.decideRow(t, own, id, mine, "keep", "", "").want(t, http.StatusOK, "")
	if got := w.outcomeOf(id, "Heddavina"); got != "done" {
		t.Errorf("confirmed by the owner: %q", got)
	}
	w.complete(id, boss).want(t, http.StatusOK, "")
}

// V9: where nobody else answers for the institution, the row and the report say so, and an owner is told as soon as there is one.
func TestWhoeverIsAloneSaysSo(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	id := w.openMonth(t)
	w.exec("update app.staff_roles set ended_at = $1 where role = 'owner'", w.Clock.Now().Add(-time.Second))
	boss := is[head].token
	w.keepAll(t, boss, id)
	if got := w.outcomeOf(id, "Heddavina"); got != "self_confirmed" {
		t.Errorf("confirmed by herself, alone: %q", got)
	}
	w.complete(id, boss).want(t, http.StatusOK, "")
	var report struct{ Report string }
	must(t, json.Unmarshal(w.do(call{path: "/v1/office/reviews/" + id.String() + "/report", token: boss}).want(t, http.StatusOK, "").body, &report))
	if strings.Count(report.Report, `"outcome":"self_confirmed"`) != 1 {
		t.Error("the report does not say that she confirmed her own access")
	}
	told := func() int {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = 'review_due' and e.subject_id = $1 and d.person_id = $2 and d.channel = 'in_app'`, id, w.person("Oddvarina"))
	}
	w.keepCalendar(t)
	if told() != 0 {
		t.Error("somebody who owns nothing was told")
	}
	w.exec("update app.staff_roles set ended_at = null where role = 'owner' and person_id = $1", w.person("Oddvarina"))
	for range 2 {
		w.keepCalendar(t)
	}
	if n := told(); n != 1 {
		t.Errorf("the owner who came was told %d times", n)
	}
}

// Rows of somebody else's review, of a closed one, of none, far too many, the same twice in one request and by two at once: nothing of it is stored
// but what one decides first.
func TestDecisionsThatDoNotFit(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	id := w.openMonth(t)
	theirs := one[uuid.UUID](w, "select id from app.reviews where institution_id = $1", w.institution(school))
	boss, rector := is[head].token, is[rektor].token
	row := w.rowOf(t, boss, id, "Leonorina")
	foreign := one[uuid.UUID](w, "select id from app.review_rows where review_id = $1 order by position limit 1", theirs)
	decide := func(review uuid.UUID, token string, rows ...uuid.UUID) reply {
		t.Helper()
		list := make([]any, len(rows))
		for i, r := range rows {
			list[i] = map[string]any{"rowId": r, "decision": "keep"}
		}
		return w.doIn(t, call{method: http.MethodPost, path: "/v1/office/reviews/" + review.String() + "/decisions", token: token, body: map[string]any{"decisions": list}})
	}
	before := w.fingerprint()
	unknown := decide(id, boss, newID()).want(t, http.StatusNotFound, "not_found").wire()
	for what, got := range map[string]reply{
		"a row of another institution":        decide(id, boss, foreign),
		"one's own, and one of another":       decide(id, boss, row, foreign),
		"a review of another institution":     decide(theirs, boss, foreign),
		"one's own row in another's review":   decide(theirs, rector, row),
		"an unknown review":                   decide(newID(), boss, row),
		"by somebody who answers for nothing": decide(id, is[employee].token, row),
		"all rows of another":                 w.do(call{method: http.MethodPost, path: "/v1/office/reviews/" + theirs.String() + "/keeps", token: boss}),
	} {
		if got.wire() != unknown {
			t.Errorf("%s: answered %d %s", what, got.status, got.body)
		}
	}
	many := make([]uuid.UUID, 101)
	for i := range many {
		many[i] = row
	}
	if got := decide(id, boss, many...); got.status != http.StatusBadRequest || got.code != "request_invalid" {
		t.Errorf("101 decisions: %d %s", got.status, got.code)
	}
	if got := decide(id, boss); got.status != http.StatusBadRequest {
		t.Errorf("no decision: %d %s", got.status, got.code)
	}
	decide(id, boss, row, row).want(t, http.StatusConflict, "review_row_decided")
	w.unchanged(t, before, "by decisions that do not fit")

	answers := w.atOnce(t, 4, func(i int) call {
		return call{method: http.MethodPost, path: "/v1/office/reviews/" + id.String() + "/keeps", token: []string{boss, is[owner].token}[i%2]}
	})
	for _, a := range answers {
		if a.status != http.StatusOK {
			t.Errorf("kept in bulk by several at once: %d %s", a.status, a.body)
		}
	}
	w.keepAll(t, boss, id, "Heddavina")
	w.keepAll(t, is[owner].token, id, "Oddvarina")
	w.keepAll(t, is[topOwner].token, id)
	w.complete(id, boss).want(t, http.StatusOK, "")
	before = w.fingerprint()
	decide(id, boss, row).want(t, http.StatusConflict, "review_completed")
	w.unchanged(t, before, "in a completed review")
}

// V10, V20: what the calendar tells goes by the real worker to real mail programs, in the receiver's language, and says nothing of what it is about: to the head
// when a review opens and before it is due, to the owner too when it is overdue.
func TestNoticesOfAReviewArrive(t *testing.T) {
	t.Parallel()
	w := &walk{town: newTown(t)}
	w.people()
	w.exec("update notify.deliveries set state = 'suppressed', reason = 'access_ended', settled_at = now() where state in ('pending', 'retry')")
	address := map[string]string{}
	for given, locale := range map[string]string{"Heddavina": "nn", "Oddvarina": "da"} {
		address[given] = "review-" + newID().String() + "@example.com"
		w.exec("delete from notify.endpoints where person_id = $1", w.person(given))
		w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
			values ($1, $2, $3, 'email', 'smtp', $4, $5, 'active', now(), now(), now())`, w.here, newID(), w.person(given), address[given], locale)
	}
	w.startWorker(t)
	// From the beginning of a month that opens no revision, so that the days below lie in it.
	now := w.Clock.Now()
	month := time.Date(now.Year(), now.Month()+1, 1, 9, 0, 0, 0, time.UTC)
	for month.Month() == time.January || month.Month() == time.June {
		month = month.AddDate(0, 1, 0)
	}
	w.Clock.Set(month)
	subjects := func(given string) (list []string) {
		for _, mail := range w.sandbox.Deliveries(sandbox.All(sandbox.To(address[given]), sandbox.On(sandbox.Email))) {
			list = append(list, mail.Title)
			if strings.Contains(mail.Body, "Heddavina") || strings.Contains(mail.Body, kindergarten) {
				t.Errorf("a mail tells more than that something waits: %s", mail.Body)
			}
		}
		return list
	}
	check := func(when string, head, owner []string) {
		t.Helper()
		w.drain(t)
		if got := subjects("Heddavina"); !slices.Equal(got, head) {
			t.Errorf("%s: the head has mails %q, want %q", when, got, head)
		}
		if got := subjects("Oddvarina"); !slices.Equal(got, owner) {
			t.Errorf("%s: the owner has mails %q, want %q", when, got, owner)
		}
	}
	const waits, late, forsinket = "Ein gjennomgang ventar", "Ein gjennomgang er forseinka", "En gennemgang er forsinket"
	w.openMonth(t)
	check("opened", []string{waits}, nil)
	day := 24 * time.Hour
	w.Clock.Advance(12 * day)
	w.keepCalendar(t)
	check("before it is due", []string{waits, waits}, nil)
	w.Clock.Advance(3 * day)
	w.keepCalendar(t)
	check("overdue", []string{waits, waits, late}, []string{forsinket})
}

// The page of a report is in the municipality's language, and verifies byte for byte as any other (V10).
func TestReportSpeaksTheLanguageOfTheMunicipality(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	id := w.openMonth(t)
	w.keepAll(t, is[owner].token, id, "Oddvarina")
	w.keepAll(t, is[topOwner].token, id)
	w.complete(id, w.session("Heddavina", scope.Staff, 0)).want(t, http.StatusOK, "")
	var got struct{ Page string }
	must(t, json.Unmarshal(w.do(call{path: "/v1/office/reviews/" + id.String() + "/report", token: is[head].token}).want(t, http.StatusOK, "").body, &got))
	if !strings.Contains(got.Page, `<html lang="sv">`) || !strings.Contains(got.Page, "Genomgång av behörigheter") || !strings.Contains(got.Page, "behålls (utfört)") || strings.Contains(got.Page, "keep (done)") {
		t.Errorf("the page: %.600s", got.Page)
	}
	kept, err := app.ReadReportPage([]byte(got.Page))
	must(t, err)
	reports, err := w.base.ReportSigner()
	must(t, err)
	must(t, kept.Verify(reports.PublicKey()))
}
