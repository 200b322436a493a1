package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"budstikke.example/migrations/scope"
)

// ahead lets the municipality decide ahead about what is beyond doubt (auto_on_custody).
func (w *town) ahead() {
	w.tb.Helper()
	w.do(call{method: http.MethodPut, path: "/v1/office/application-policy", token: w.session("Kommunalia", scope.Staff, 0),
		body: map[string]any{"policy": "auto_on_custody"}}).want(w.tb, http.StatusOK, "")
}

// handIn applies for somebody with everything that is asked for.
func (w *town) handIn(given string) reply {
	w.tb.Helper()
	token, _ := w.bankID(w.numbers[given].Digits()).session(w.tb.(*testing.T))
	w.fillIn(token, mailOf(given))
	return w.do(submission(token))
}

// open are the children to whom somebody has access.
func (w *town) open(given string) (children []string) {
	w.tb.Helper()
	must(w.tb, json.Unmarshal(one[[]byte](w, `select coalesce(json_agg(c.given_name order by c.given_name), '[]') from app.guardian_access a
		join app.persons c on c.id = a.child_id where a.guardian_id = $1`, w.person(given)), &children))
	return children
}

// H11, V6, V13: where the municipality has decided ahead, a legal guardian's access opens with the account to the children about whom nothing is
// unclear; the decision and the trail name the rule, the head is told, and nothing else is opened.
func TestCustodyOpensWhatIsClear(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.ahead()
	token := w.handIn("Fridabella").want(t, http.StatusCreated, "").text(t, "token")
	if got := w.open("Fridabella"); !slices.Equal(got, []string{"Alfhildis"}) {
		t.Fatalf("open to %v, want the child with other guardians and not the one of whom nobody knows whether there is another", got)
	}
	children := w.do(call{path: "/v1/guardian/children", token: token}).want(t, http.StatusOK, "")
	if !strings.Contains(string(children.body), "Alfhildis") || strings.Contains(string(children.body), "Fjalarine") {
		t.Errorf("the first page after the application: %s", children.body)
	}
	if n := one[int](w, "select count(*) from app.guardianship_access where status = 'active' and guardian_id <> $1", w.person("Fridabella")); n != 0 {
		t.Errorf("%d doors of others were opened", n)
	}
	if n := one[int](w, `select count(*) from app.guardianship_decisions where rule = 'auto_on_custody' and decided_by is null and status = 'active'
		and guardianship_id = $1`, w.guardianship("Fridabella", "Alfhildis")); n != 1 || one[int](w, "select count(*) from app.guardianship_decisions") != 1 {
		t.Errorf("%d decisions name the rule, want the only one", n)
	}
	if n := one[int](w, `select count(*) from audit.entries where operation = 'auto_on_custody' and class = 'access_decision' and children = array[$1::uuid]
		and person_id = $2 and institution_id = $3 and outcome = 'done'`, w.person("Alfhildis"), w.person("Fridabella"), w.institution(kindergarten)); n != 1 {
		t.Errorf("%d entries of the trail name the rule, want one", n)
	}
	if w.told("access_opened", "Heddavina") != 1 || w.told("access_opened", "Rektorina")+w.told("access_opened", "Emelinda")+w.told("access_opened", "Oddvarina") != 0 {
		t.Error("who is told that access was opened: want the head of the kindergarten and nobody else")
	}
	// What a head decides about it afterwards holds, as ever (V15).
	w.decide(w.session("Heddavina", scope.Staff, 0), "Fridabella", "Alfhildis", "inactive")
	if got := w.open("Fridabella"); len(got) != 0 {
		t.Errorf("closed by the head, still open to %v", got)
	}
}

// V13: where something is unclear about every child, a head looks first; what the head clarified opens the next one's access, once.
func TestCustodyThatIsUnclearWaitsForAHead(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.ahead()
	boss := w.session("Heddavina", scope.Staff, 0)
	w.handIn("Gretchenia").want(t, http.StatusAccepted, "")
	list, _ := w.queue(boss, kindergarten, "")
	if len(list) != 1 || !slices.Equal(list[0].Reasons, []string{"unclarified"}) || w.accounts("Gretchenia") != 0 {
		t.Fatalf("the queue: %+v", list)
	}
	w.do(w.decision(boss, list[0].ID, "declined", "ask again")).want(t, http.StatusOK, "")
	w.do(call{method: http.MethodPost, path: "/v1/office/children/" + w.person("Gudrunette").String() + "/clarification", token: boss,
		body: map[string]any{"answer": "only_this_one", "reason": deactivationReason}}).want(t, http.StatusOK, "")
	token, _ := w.bankID(w.numbers["Gretchenia"].Digits()).session(t)
	w.fillIn(token, mailOf("Gretchenia"))
	opened := 0
	for _, r := range w.atOnce(t, 8, func(int) call { return submission(token) }) {
		if r.status == http.StatusCreated {
			opened++
		}
	}
	if got := w.open("Gretchenia"); opened != 1 || !slices.Equal(got, []string{"Gudrunette"}) {
		t.Errorf("handed in %d times, open to %v", opened, got)
	}
	if n := one[int](w, "select count(*) from app.guardianship_decisions"); n != 1 || w.told("access_opened", "Heddavina") != 1 {
		t.Errorf("%d decisions, the head was told %d times", n, w.told("access_opened", "Heddavina"))
	}
}

// V13, B8, B12, H7: whatever speaks against a door keeps it for a head.
func TestWhatKeepsADoorForTheHead(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	me, child, door := w.person("Ceciliana"), w.person("Caspianus"), w.guardianship("Ceciliana", "Caspianus")
	clear := func(arrange string, args ...any) (n int) {
		tx, err := w.Admin.Begin(w.ctx)
		must(t, err)
		defer func() { must(t, tx.Rollback(w.ctx)) }()
		if arrange != "" {
			tag, err := tx.Exec(w.ctx, arrange, args...)
			must(t, err)
			if tag.RowsAffected() == 0 {
				t.Errorf("%s: changes nothing", arrange)
			}
		}
		_, err = tx.Exec(w.ctx, "select scope.open($1, $2, 'applicant')", w.here, me)
		must(t, err)
		must(t, tx.QueryRow(w.ctx, "select count(*) from app.clear_custody()").Scan(&n))
		return n
	}
	if n := clear(""); n != 1 {
		t.Fatalf("nothing speaks against it: %d doors are clear", n)
	}
	for name, c := range map[string]struct {
		arrange string
		args    []any
	}{
		"not a legal guardian":              {"update app.guardianships set legal = false where id = $1", []any{door}},
		"an end of its own":                 {"update app.guardianships set time_boxed = true where id = $1", []any{door}},
		"the guardianship is over":          {"update app.guardianships set ended_at = now() - interval '1 hour' where id = $1", []any{door}},
		"the child has left":                {"update app.enrolments set ended_at = now() - interval '1 hour' where child_id = $1", []any{child}},
		"suspended":                         {"update app.guardianship_access set status = 'suspended' where guardianship_id = $1", []any{door}},
		"a protected identity":              {"update app.persons set protected_identity = 'strict' where id = $1", []any{me}},
		"a protected identity of the child": {"update app.persons set protected_identity = 'protected' where id = $1", []any{child}},
		"a protected identity of the other": {"update app.persons set protected_identity = 'strict' where given_name = 'Stenulvar'", nil},
		"a block, of whatever kind": {`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
			values ($1, $2, $3, $4, 'no_photo', now() - interval '1 day', '\x01', 1, $3, now())`, []any{w.here, newID(), child, me}},
		"a block that is still to begin": {`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
			values ($1, $2, $3, $4, 'no_access', now() + interval '9 days', '\x01', 1, $3, now())`, []any{w.here, newID(), child, me}},
		"a head has decided before": {`insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, decided_by, decided_at)
			values ($1, $2, $3, $4, 'inactive', $5, now())`, []any{w.here, newID(), door, w.institution(kindergarten), w.person("Heddavina")}},
		"the guardian wishes none":    {"insert into app.access_wishes (municipality_id, guardianship_id, wished, stated_by, stated_at) values ($1, $2, false, $3, now())", []any{w.here, door, me}},
		"the register has it no more": {"update app.register_records set missing_since = now() where noun = 'guardianship' and row_id = $1", []any{door}},
		"a change is held": {`insert into app.held_changes (municipality_id, id, kind, row_id, person_id, child_id, source, file_name, was, wants, since, seen_at, two_people)
			values ($1, $2, 'custody_rises', $3, $4, $5, 's', 'f', 'a', 'b', now(), now(), true)`, []any{w.here, newID(), w.guardianship("Stenulvar", "Caspianus"), w.person("Stenulvar"), child}},
		"the only guardian": {"update app.guardianships set ended_at = now() - interval '1 hour' where guardian_id = (select id from app.persons where given_name = 'Stenulvar')", nil},
		"whoever came after another was said to be the only one": {`insert into app.guardian_clarifications (municipality_id, id, child_id, answer, reason, clarified_by, clarified_at)
			select municipality_id, $1, child_id, 'only_this_one', 'x', $2, created_at - interval '1 hour' from app.guardianships where id = $3`, []any{newID(), w.person("Heddavina"), door}},
	} {
		if n := clear(c.arrange, c.args...); n != 0 {
			t.Errorf("%s: %d doors are clear", name, n)
		}
	}
}
