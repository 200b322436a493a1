package walk_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// parent makes somebody a legal guardian of a child, as a register would, and returns the guardianship.
func (w *town) parent(given, child string) uuid.UUID {
	w.tb.Helper()
	id := newID()
	w.exec(`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select municipality_id, $1, child_id, $2, true, basis, created_at from app.guardianships where child_id = $3 limit 1`,
		id, w.person(given), w.person(child))
	return id
}

// H1, I18, V6: an application of a head, or of the other guardian of their child, is for another head or the owner, who are told; to themselves it is
// one that never existed, with all that was found about it.
func TestAHeadDoesNotDecideTheirFamilysApplication(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.manual()
	w.parent("Heddavina", "Caspianus")
	boss, owner := w.session("Heddavina", scope.Staff, 0), w.session("Oddvarina", scope.Staff, 0)
	for _, given := range []string{"Heddavina", "Ceciliana"} {
		w.exec("delete from notify.deliveries")
		w.exec("delete from notify.events")
		w.handIn(given).want(t, http.StatusAccepted, "")
		if h, o := w.told("applications_waiting", "Heddavina"), w.told("applications_waiting", "Oddvarina"); h != 0 || o != 1 {
			t.Errorf("%s: the head was told %d times, the owner %d; want the owner only", given, h, o)
		}
		id := one[uuid.UUID](w, "select id from app.applications where person_id = $1 and state = 'queued'", w.person(given))
		if list, _ := w.queue(boss, kindergarten, ""); len(list) != 0 {
			t.Errorf("%s: the head sees %+v", given, list)
		}
		never := w.do(w.decision(boss, newID(), "approved", "")).want(t, http.StatusNotFound, "not_found")
		for _, to := range []string{"approved", "declined"} {
			if got := w.do(w.decision(boss, id, to, "x")).want(t, http.StatusNotFound, "not_found"); got.wire() != never.wire() {
				t.Errorf("%s, %s: answered\n%s\nand one that never existed\n%s", given, to, got.wire(), never.wire())
			}
		}
		w.exec("update app.applications set submitted_at = submitted_at - interval '8 days' where id = $1", id)
		w.passOn()
		if h, o := w.told("applications_waiting", "Heddavina"), w.told("applications_waiting", "Oddvarina"); h != 0 || o != 2 {
			t.Errorf("%s, waiting for long: the head was told %d times, the owner %d; want the owner only", given, h, o)
		}
		if list, _ := w.queue(owner, kindergarten, ""); len(list) != 1 {
			t.Fatalf("%s: the owner sees %+v", given, list)
		}
		w.do(w.decision(owner, id, "approved", "")).want(t, http.StatusOK, "")
	}
}

// V6, V10, V13: a head opens no access within their own family, does not open their own again that somebody else has suspended, and closes nothing but
// what is open to themselves. Another one does all of it. The database refuses it by itself.
func TestAHeadDoesNotDecideAboutTheirOwnFamily(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	own, others := w.parent("Heddavina", "Caspianus"), w.guardianship("Ceciliana", "Caspianus")
	boss, owner := w.session("Heddavina", scope.Staff, 0), w.session("Oddvarina", scope.Staff, 0)
	decide := func(token string, id uuid.UUID, how string) reply {
		path := "/v1/office/guardianships/" + id.String()
		c := call{method: http.MethodPost, path: path + "/" + how, token: token, ifMatch: w.do(call{path: path, token: token}).header.Get("ETag")}
		if how != "activation" {
			c.body = map[string]any{"reason": deactivationReason}
		}
		return w.do(c)
	}
	for _, id := range []uuid.UUID{own, others} {
		for _, how := range []string{"activation", "suspension", "deactivation"} {
			decide(boss, id, how).want(t, http.StatusConflict, "guardianship_not_yours")
		}
		decide(owner, id, "activation").want(t, http.StatusOK, "")
		decide(owner, id, "suspension").want(t, http.StatusOK, "")
		for _, how := range []string{"activation", "deactivation"} {
			decide(boss, id, how).want(t, http.StatusConflict, "guardianship_not_yours")
		}
		etag := w.do(call{path: "/v1/office/guardianships/" + id.String(), token: boss}).header.Get("ETag")
		batch := w.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/activations", token: boss,
			body: map[string]any{"items": []any{map[string]any{"guardianshipId": id, "etag": etag}}}}).want(t, http.StatusOK, "")
		var out struct{ Items []struct{ Outcome string } }
		must(t, json.Unmarshal(batch.body, &out))
		if len(out.Items) != 1 || out.Items[0].Outcome != "guardianship_not_yours" {
			t.Errorf("in a batch: %s", batch.body)
		}
		decide(owner, id, "activation").want(t, http.StatusOK, "")
	}
	decide(boss, others, "deactivation").want(t, http.StatusConflict, "guardianship_not_yours")
	end := call{method: http.MethodPost, path: "/v1/office/guardianships/" + others.String() + "/account-end", token: boss, body: map[string]any{"reason": deactivationReason}}
	w.do(end).want(t, http.StatusConflict, "guardianship_not_yours")
	clarify := call{method: http.MethodPost, path: "/v1/office/children/" + w.person("Caspianus").String() + "/clarification", token: boss,
		body: map[string]any{"answer": "only_this_one", "reason": "x"}}
	w.do(clarify).want(t, http.StatusConflict, "guardianship_not_yours")
	clarify.token = owner
	w.do(clarify).want(t, http.StatusOK, "")

	write := func(guardianship uuid.UUID, status string) error {
		return w.API.WithScope(w.ctx, scope.Of(w.here, scope.Staff), func(tx *scope.Tx) error {
			if _, err := tx.Exec(w.ctx, "select scope.open($1, $2, 'staff')", w.here, w.person("Heddavina")); err != nil {
				return err
			}
			_, err := tx.Exec(w.ctx, `insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, reason, decided_by, decided_at)
				values (scope.municipality(), $1, $2, $3, $4, 'x', scope.person(), now())`, newID(), guardianship, w.institution(kindergarten), status)
			return err
		})
	}
	for _, c := range []struct {
		guardianship uuid.UUID
		status       string
		refused      bool
	}{{own, "active", true}, {others, "inactive", true}, {others, "active", true}, {own, "inactive", false}, {w.guardianship("Annelore", "Alfhildis"), "active", false}} {
		if err := write(c.guardianship, c.status); (err != nil) != c.refused {
			t.Errorf("the database about %s of %s: %v", c.status, c.guardianship, err)
		}
	}
	decide(boss, own, "deactivation").want(t, http.StatusOK, "") // what is open to oneself
}
