package postgres_test

import (
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/migrations/scope"
)

// A guardian with access at one institution of a child and none at another is told of what happens at the first one only (P5, B11).
func TestOtherHomeIsToldOfItsOwnPlaceOnly(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	file := village(t, "autumn", "", 0, 1)
	file.Guardianships[1].ChildSourceID = "c0" // g0 and g1 are the two homes of c0
	r.take(t, "lists", file)
	child, school, kindergarten := r.person(t, "lists", "c0"), uuid.New(), one[uuid.UUID](t, r, "select id from app.institutions")
	r.exec(t, "insert into app.institutions (municipality_id, id, kind, name, created_at) values ($1, $2, 'school', 'S', now())", r.here, school)
	r.exec(t, "insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at) values ($1, $2, $3, $4, now())", r.here, uuid.New(), child, school)
	r.exec(t, "update app.guardianship_access set status = 'active'")
	r.exec(t, "update app.guardianship_access set status = 'suspended' where guardian_id = $1 and institution_id = $2", r.person(t, "lists", "g1"), school)
	home := r.db.Family(r.signIn(t, r.person(t, "lists", "g0"), scope.Guardian))
	r.signIn(t, r.person(t, "lists", "g1"), scope.Guardian)
	told := func(institution uuid.UUID, day int) int {
		t.Helper()
		on := app.DayOf(r.Clock.Now().AddDate(0, 0, day))
		_, err := postgres.Write(r.ctx, home, func(tx *postgres.FamilyTx) (struct{}, error) {
			return struct{}{}, tx.SaveAbsence(r.ctx, app.Absence{ID: uuid.New(), Child: child, Institution: institution, Period: app.Period{From: on, To: on},
				Reason: app.Illness, ReportedBy: r.person(t, "lists", "g0"), Version: 1, CreatedAt: tx.Now, UpdatedAt: tx.Now})
		})
		if err != nil {
			t.Fatal(err)
		}
		return one[int](t, r, "select count(*) from notify.deliveries where child_id = $1 and institution_id = $2", child, institution)
	}
	if n := told(school, 1); n != 0 {
		t.Errorf("%d notices of the school left for somebody who is suspended there", n)
	}
	if n := told(kindergarten, 2); n == 0 {
		t.Error("the other home is not told of the kindergarten, where it has access")
	}
	// And one that waits goes when the access at its own place does, whatever is open elsewhere (V15).
	r.exec(t, "update app.guardianship_access set status = case when institution_id = $2 then 'active' else 'suspended' end where guardian_id = $1", r.person(t, "lists", "g1"), school)
	if n := r.count(t, "notify.deliveries where state in ('pending', 'retry') or channel = 'in_app' and state = 'sent'"); n != 0 {
		t.Errorf("%d notices of a place that is closed now are still on their way", n)
	}
}

// Whom a restriction keeps from knowing where a child is reads the name of no institution and no group; everybody else reads both (B8).
func TestWhereAChildIsIsNotToldToWhomItMustNotBe(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	file := village(t, "autumn", "", 0, 1)
	file.Guardianships[1].ChildSourceID = "c0"
	r.take(t, "lists", file)
	r.exec(t, "update app.guardianship_access set status = 'active'")
	child, kept, other := r.person(t, "lists", "c0"), r.person(t, "lists", "g0"), r.person(t, "lists", "g1")
	r.exec(t, `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		values ($1, $2, $3, $4, 'no_location', now(), '\x01', 1, $5, now())`, r.here, uuid.New(), child, kept, other)
	for _, c := range []struct {
		who                uuid.UUID
		institution, group string
	}{{kept, "", ""}, {other, "Ekorren", "Kotten"}} {
		family := r.db.Family(r.signIn(t, c.who, scope.Guardian))
		children, err := family.Children(r.ctx)
		if err != nil || len(children) != 1 || children[0].Institution.Name != c.institution || children[0].Group != c.group {
			t.Errorf("the children of one of the homes: %+v, %v, want them at %q", children, err, c.institution)
		}
		r.exec(t, "insert into app.conversations (municipality_id, id, child_id, guardian_id, institution_id, created_at, last_message_at) select $1, $2, $3, $4, id, now(), now() from app.institutions",
			r.here, uuid.New(), child, c.who)
		threads, err := family.Conversations(r.ctx, postgres.Page{})
		if err != nil || len(threads.Items) != 1 || threads.Items[0].Institution.Name != c.institution {
			t.Errorf("the conversations of one of the homes: %+v, %v, want the name %q", threads.Items, err, c.institution)
		}
		alert := uuid.New()
		r.exec(t, "insert into app.alerts (municipality_id, id, institution_id, situation, text, raised_by, raised_at) select $1, $2, id, 'lockdown', 'x', $3, now() from app.institutions",
			r.here, alert, other)
		if a, err := family.Alert(r.ctx, alert); err != nil || a.Institution.Name != c.institution {
			t.Errorf("an alert to one of the homes: %+v, %v, want the name %q", a, err, c.institution)
		}
	}
}
