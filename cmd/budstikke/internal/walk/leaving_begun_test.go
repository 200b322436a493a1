package walk_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// secondHead appoints somebody beside the head of the kindergarten and returns who, and their session.
func (w *town) secondHead(given string) (person uuid.UUID, token string) {
	w.tb.Helper()
	w.office(http.MethodPost, kindergarten, "/heads", w.session("Oddvarina", scope.Staff, 0), map[string]any{"newcomer": newcomer(given)}).want(w.tb, http.StatusCreated, "")
	return w.person(given), w.session(given, scope.Staff, 0)
}

// leaves lets somebody leave, or go on leave, at the kindergarten.
var leaves = map[string]string{
	"left": "update app.staff_roles set ended_at = now() where person_id = $1",
	"is on leave": `insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
		select municipality_id, gen_random_uuid(), person_id, institution_id, now(), person_id, now() from app.staff_roles where person_id = $1`,
}

// V9, V11, U5, H7: a letter opens nothing when whoever wrote it does not answer for its receiver any more: they may have kept its code. The
// successor writes another.
func TestLettersOfWhoHasLeft(t *testing.T) {
	t.Parallel()
	for how, sql := range leaves {
		w := newTown(t)
		w.people()
		former, token := w.secondHead("Fordomia")
		code := w.letter(token, w.person("Emelinda"), "")
		guardianship := one[uuid.UUID](w, "select id from app.guardianships where guardian_id = $1", w.person("Gretchenia"))
		opened := w.do(w.assist(w.session("Leonorina", scope.Staff, 0), kindergarten, guardianship, "gast@example.com")).want(t, http.StatusCreated, "")
		var done struct{ Letter struct{ Code string } }
		unmarshal(t, w.do(w.second(token, kindergarten, opened.id(t), "confirmed")).want(t, http.StatusOK, ""), &done)
		if one[int](w, "select count(*) from auth.letters where issued_by = $1 and used_at is null and withdrawn_at is null", former) != 2 {
			t.Fatal("there are not two letters")
		}
		w.exec(sql, former)
		for what, c := range map[string]string{"staff": code, "a guardian": done.Letter.Code} {
			if got := w.do(w.activation(w.here, c)); got.status != http.StatusUnauthorized || got.code != "activation_failed" {
				t.Errorf("whoever wrote it %s: a letter for %s is answered %d %s", how, what, got.status, got.code)
			}
		}
		w.do(w.activation(w.here, w.letter(w.session("Heddavina", scope.Staff, 0), w.person("Emelinda"), ""))).want(t, http.StatusCreated, "")
	}
}

// H7, V14: a guardian's letter is for the guardianship that two members of the staff have looked at, and ends with it, whatever other children there are.
func TestLetterOfAGuardianshipThatEnded(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	guardianship := one[uuid.UUID](w, "select id from app.guardianships where guardian_id = $1", w.person("Gretchenia"))
	code := w.handOver(guardianship, "gast@example.com")
	w.parent("Gretchenia", "Hjalmarine") // at the school
	w.exec("update app.guardianships set ended_at = now() where id = $1", guardianship)
	w.do(w.activation(w.here, code)).want(t, http.StatusUnauthorized, "activation_failed")
}

// B8, H7, V9: of two people who lift a restriction, widen an access or open an account, the first must still be there when the second confirms. Whoever
// is there can begin anew.
func TestWhoHasLeftIsNotOneOfTwo(t *testing.T) {
	t.Parallel()
	for how, sql := range leaves {
		w := newTown(t)
		is := w.people()
		former, token := w.secondHead("Fordomia")
		set := w.restrict(is[head].token, "Alfhildis", "Annelore", "no_photo")
		restriction := set.id(t).String()
		proposed := w.do(liftOf(restriction, "lifting-proposal", token, set.header.Get("ETag"))).want(t, http.StatusOK, "").header.Get("ETag")
		change := w.waits(kindergarten, "guardianship_returns", "Stenulvar", "Caspianus", true)
		held := w.decideHeld(token, change, `"1"`, "accept").want(t, http.StatusOK, "").header.Get("ETag")
		guardianship := one[uuid.UUID](w, "select id from app.guardianships where guardian_id = $1", w.person("Gretchenia"))
		opened := w.do(w.assist(token, kindergarten, guardianship, "gast@example.com")).want(t, http.StatusCreated, "").id(t)
		w.exec(sql, former)

		w.do(liftOf(restriction, "lifting", is[head].token, proposed)).want(t, http.StatusConflict, "lifting_not_proposed")
		if _, err := w.Admin.Exec(w.ctx, `do $$ begin perform scope.open('`+w.here.String()+`', '`+w.person("Heddavina").String()+`', 'staff');
			update app.restrictions set lifted_by = '`+w.person("Heddavina").String()+`', lifted_at = now() where id = '`+restriction+`'; end $$`); err == nil {
			t.Errorf("who proposed it %s: the database lets it be lifted", how)
		}
		if got := w.decideHeld(is[head].token, change, held, "accept").want(t, http.StatusOK, ""); got.text(t, "state") != "proposed" {
			t.Errorf("who proposed it %s: the register's change is %s", how, got.text(t, "state"))
		}
		w.do(w.second(is[head].token, kindergarten, opened, "confirmed")).want(t, http.StatusConflict, "assisted_case_closed")

		anew := w.do(liftOf(restriction, "lifting-proposal", is[head].token, proposed)).want(t, http.StatusOK, "").header.Get("ETag")
		w.do(liftOf(restriction, "lifting", is[owner].token, anew)).want(t, http.StatusOK, "")
		again := w.do(w.assist(is[leader].token, kindergarten, guardianship, "gast@example.com")).want(t, http.StatusCreated, "").id(t)
		w.do(w.second(is[head].token, kindergarten, again, "confirmed")).want(t, http.StatusOK, "")
		if got := w.decideHeld(is[owner].token, change, one[string](w, `select '"' || version || '"' from app.held_changes where id = $1`, change), "accept").want(t, http.StatusOK, ""); got.text(t, "state") != "accepted" {
			t.Errorf("confirmed by another it is %s", got.text(t, "state"))
		}
	}
}

// H4, V1, V6: whoever has no account yet and is to have none loses what a head has opened ahead: an account of later begins with nothing.
func TestTheEndBeforeTheAccountClosesWhatIsOpen(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.decide(is[head].token, "Stenulvar", "Caspianus", "active")
	if w.accounts("Stenulvar") != 0 {
		t.Fatal("there is an account")
	}
	w.endFor(w.guardianship("Stenulvar", "Caspianus"))
	if got := w.accessOf("Stenulvar", "Caspianus"); got != "inactive" {
		t.Errorf("it is %s", got)
	}
	if got := w.open("Stenulvar"); len(got) != 0 {
		t.Errorf("an account of later opens %v", got)
	}
}

func unmarshal(t *testing.T, r reply, into any) {
	t.Helper()
	must(t, json.Unmarshal(r.body, into))
}
