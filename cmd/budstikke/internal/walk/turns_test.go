package walk_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
)

// V9: who ends the last head's role waits for whoever is ending the one before it, and then sees that it is the last.
func TestEndingRolesGoesOneAfterTheOther(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	place := w.institution(kindergarten)
	w.office(http.MethodPost, kindergarten, "/heads", is[owner].token, map[string]any{"personId": w.person("Leonorina")}).want(t, http.StatusCreated, "")
	second := one[uuid.UUID](w, "select id from app.staff_roles where person_id = $1 and role = 'head'", w.person("Leonorina"))
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	first, err := w.Admin.Begin(ctx)
	must(t, err)
	defer func() { _ = first.Rollback(context.WithoutCancel(ctx)) }()
	_, err = first.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended(concat('staff ', $1::uuid, $2::uuid), 0))", w.here, place)
	must(t, err)
	_, err = first.Exec(ctx, "update app.staff_roles set ended_at = now() - interval '1 second' where id = $1", w.roleOf(w.person("Heddavina")))
	must(t, err)

	answered := make(chan reply, 1)
	go func() {
		answered <- w.doIn(t, call{method: http.MethodPost, token: is[owner].token, body: map[string]any{},
			path: "/v1/office/institutions/" + place.String() + "/staff-roles/" + second.String() + "/end"})
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for waiting := false; !waiting; {
		select {
		case early := <-answered:
			t.Fatalf("answered %d %s before the first role had ended", early.status, early.code)
		case <-ctx.Done():
			t.Fatal("the second role neither waits nor ends")
		case <-tick.C:
			waiting = one[bool](w, `select exists (select from pg_locks where locktype = 'advisory' and not granted
				and database = (select oid from pg_database where datname = current_database()))`)
		}
	}
	must(t, first.Commit(ctx))
	(<-answered).want(t, http.StatusConflict, "last_head")
}

// V7: of many who send the same code at the same time one becomes the group's tablet.
func TestTabletCodeAtOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	body, _ := w.enrolment(w.groupOf("Alfhildis"))
	enrolled := 0
	for _, got := range w.atOnce(t, 8, func(int) call { return call{method: http.MethodPost, path: "/v1/signin/tablets", body: body} }) {
		switch {
		case got.status == http.StatusCreated:
			enrolled++
		case got.code != "not_found":
			t.Errorf("at the same time: %s", got.wire())
		}
	}
	if n := one[int](w, "select count(*) from auth.tablets"); enrolled != 1 || n != 1 {
		t.Errorf("%d were answered and %d enrolled, want one", enrolled, n)
	}
}

// V7, V11: the right PIN of somebody who works with another group, of a substitute where the head lets none, and of an owner opens no tablet of this
// group, and is answered like a wrong one.
func TestPINOfWhoDoesNotWorkHere(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	group := w.groupOf("Alfhildis")
	tab := w.tablet(group)
	w.setPIN(t, "Emelinda", goodPIN)
	wrong := w.unlock(t, tab, "Emelinda", "938472").want(t, http.StatusUnauthorized, "pin_wrong")
	role := w.roleOf(w.person("Emelinda"))
	for name, change := range map[string]string{
		"of another group": `with other as (insert into app.groups (municipality_id, id, institution_id, name, created_at)
			select municipality_id, gen_random_uuid(), institution_id, 'Zzyxwgruppen', now() from app.groups where id = $2 returning id)
			update app.staff_roles set group_id = (select id from other) where id = $1`,
		"a substitute": "update app.staff_roles set role = 'substitute', ended_at = now() + interval '1 day', group_id = $2 where id = $1",
	} {
		w.exec(change, role, group)
		if got := w.unlock(t, tab, "Emelinda", goodPIN); got.wire() != wrong.wire() {
			t.Errorf("%s: %s", name, got.wire())
		}
	}
	w.exec("update auth.shared_users set substitutes = true where group_id = $1", group)
	w.exec("update app.staff_roles set role = 'substitute', ended_at = now() + interval '1 day', group_id = $2 where id = $1", role, group)
	w.unlock(t, tab, "Emelinda", goodPIN).want(t, http.StatusCreated, "")
}

// V12: the secrets that are due are changed by a tablet that proves itself, and by nobody else who comes to that door.
func TestOnlyATabletChangesWhatIsDue(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	tab := w.tablet(w.groupOf("Alfhildis"))
	w.exec("update auth.shared_users set rotated_at = $1, rotated_because = 'new'", w.Clock.Now().AddDate(0, -1, 0))
	due := func() bool {
		return one[bool](w, "select bool_and(rotated_because = 'new') from auth.shared_users where municipality_id = $1", w.here)
	}
	stranger, thief := tab, tab
	stranger.id, thief.secret = newID(), "another secret"
	for name, x := range map[string]sharedTablet{"an unknown tablet": stranger, "another secret": thief} {
		w.renew(t, x, w.Clock.Now().Add(time.Second)).want(t, http.StatusNotFound, "not_found")
		if !due() {
			t.Fatalf("%s changed the secrets", name)
		}
	}
	if w.renew(t, tab, w.Clock.Now().Add(time.Second)).want(t, http.StatusCreated, "").text(t, "confirmBy") == "" || due() {
		t.Error("the tablet's own proof changed nothing")
	}
}
