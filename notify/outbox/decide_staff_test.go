package outbox_test

import (
	"testing"

	"github.com/google/uuid"

	"budstikke.example/auth/access"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// B8, V15, P5: a notice to staff about a child is refused to whoever is kept from the child, from contact with it or from knowing where it is, and to
// whoever may not know of it, by the policy alone and by the database's check alone; what it was refused for is kept.
func TestStaffAreNotToldOfWhomTheyAreKeptFrom(t *testing.T) {
	t.Parallel()
	restrict := func(kind, from, until string) string {
		return `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, until, reason_sealed, reason_key, set_by, set_at)
			select municipality_id, gen_random_uuid(), $2, $1, '` + kind + `', now() + interval '` + from + `', now() + interval '` + until + `', '\x00', 1, $1, now()
			from app.persons where id = $1`
	}
	protect := func(level string) string {
		return `update app.persons set protected_identity = '` + level + `' where id = $2 and $1::uuid is not null`
	}
	for name, way := range map[string]struct {
		sql  string
		want access.Reason // "" is sent
	}{
		"kept from the child":        {restrict("no_access", "-1 minute", "1 day"), access.Restricted},
		"from knowing where it is":   {restrict("no_location", "-1 minute", "1 day"), access.Restricted},
		"from contact":               {restrict("no_contact", "-1 minute", "1 day"), access.NoContact},
		"from its picture":           {restrict("no_photo", "-1 minute", "1 day"), ""},
		"a block that is over":       {restrict("no_access", "-2 minute", "-1 minute"), ""},
		"a block that is to come":    {restrict("no_access", "1 hour", "1 day"), ""},
		"another group's, marked":    {protect("marked"), access.ProtectedIdentity},
		"another group's, protected": {protect("protected"), access.ProtectedIdentity},
		"another group's, strict":    {protect("strict"), access.ProtectedIdentity},
		"the child left":             {`update app.enrolments set ended_at = now() - interval '1 second' where child_id = $2 and $1::uuid is not null`, access.NotEnrolled},
		"nothing at all":             {`select $1::uuid, $2::uuid`, ""},
	} {
		for _, net := range nets() {
			t.Run(name+" "+net, func(t *testing.T) {
				t.Parallel()
				h := newHouse(t, 2)
				staff, child := h.guardians[0], h.children[1]
				h.exec(t, `insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
					values ($1, $2, $3, $4, 'leader', now())`, h.municipality, uuid.New(), staff, h.institution)
				refs := h.announce(t, []outbox.Recipient{{Person: staff, Grounds: outbox.GroundsStaff, Child: child, Institution: h.institution}}, notify.ByPush).Refs
				h.asleep(t)
				h.exec(t, way.sql, staff, child)
				if net != "both" {
					h.blind(t)
				}
				claimed := h.claim(t, h.outbox(), refs)
				if sent := len(claimed.Deliveries) == 1; sent != (way.want == "") {
					t.Fatalf("claimed %+v, want refused for %q", claimed, way.want)
				}
				if way.want == "" {
					return
				}
				got := h.text(t, `select state || ' ' || reason || ' ' || coalesce(refusal, '') from notify.deliveries where channel = 'push'`)
				if expected := "suppressed access_ended " + string(way.want); got != expected && !undecided() {
					t.Errorf("kept as %q, want %q", got, expected)
				}
			})
		}
	}
}
