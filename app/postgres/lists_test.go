package postgres_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/migrations/scope"
)

// signIn gives a person a session and returns its scope.
func (r *registry) signIn(t testing.TB, person uuid.UUID, kind scope.Caller) scope.Scope {
	t.Helper()
	account, digest := uuid.New(), sha256.Sum256(person[:])
	r.exec(t, `insert into auth.accounts (municipality_id, id, person_id, kind, created_at) values ($1, $2, $3, $4, now())`,
		r.here, account, person, string(kind))
	r.exec(t, `insert into auth.sessions (municipality_id, id, token_hash, kind, person_id, account_id, strong, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, true, now(), now() + interval '1 hour')`, r.here, uuid.New(), digest[:], string(kind), person, account)
	return scope.ByToken(r.here, digest, kind)
}

func (r *registry) someone(t testing.TB, name string) uuid.UUID {
	t.Helper()
	id := uuid.New()
	r.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, $3, '', now())`, r.here, id, name)
	return id
}

// A child in two groups of a school, and in a kindergarten too, stands once in each list; its absence is in both institutions' list of the day,
// with the words for those who may read them (V17).
func TestListsShowAChildOnce(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	school, kindergarten, other := uuid.New(), uuid.New(), uuid.New()
	r.exec(t, `insert into app.institutions (municipality_id, id, kind, national_number, name, created_at)
		values ($1, $2, 'school', '1', 'S', now()), ($1, $3, 'kindergarten', '2', 'K', now()), ($1, $4, 'school', '3', 'O', now())`,
		r.here, school, kindergarten, other)
	choir, band := uuid.New(), uuid.New()
	r.exec(t, `insert into app.groups (municipality_id, id, institution_id, name, created_at)
		values ($1, $2, $4, 'Choir', now()), ($1, $3, $4, 'Band', now())`, r.here, choir, band, school)
	child, parent, second := r.someone(t, "Alma"), r.someone(t, "Berit"), r.someone(t, "Carl")
	r.exec(t, `insert into app.enrolments (municipality_id, id, child_id, institution_id, group_id, created_at)
		values ($1, gen_random_uuid(), $2, $3, $4, now()), ($1, gen_random_uuid(), $2, $3, $5, now()), ($1, gen_random_uuid(), $2, $6, null, now())`,
		r.here, child, school, choir, band, kindergarten)
	r.exec(t, `insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select $1, gen_random_uuid(), $2, p, true, '', now() from unnest($3::uuid[]) p`, r.here, child, []uuid.UUID{parent, second})
	r.exec(t, `update app.guardianships set status = 'active'`)
	day := app.DayOf(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	r.exec(t, `insert into app.absences (municipality_id, id, child_id, institution_id, starts_on, ends_on, reason, note, note_sensitive, reported_by,
			created_at, updated_at) values ($1, gen_random_uuid(), $2, $3, $4, $4, 'illness', 'words', true, $5, now(), now())`,
		r.here, child, kindergarten, day.Time(), parent)

	for role, want := range map[string]struct{ note string }{"head": {"words"}, "leader": {"words"}, "employee": {""}, "substitute": {""}, "owner": {""}} {
		who := r.someone(t, role)
		r.exec(t, `insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
			select $1, gen_random_uuid(), $2, i, $3, now() from unnest($4::uuid[]) i`, r.here, who, role, []uuid.UUID{school, kindergarten, other})
		staff := r.db.Institution(r.signIn(t, who, scope.Staff))
		for institution, groups := range map[uuid.UUID][]string{school: {"Band, Choir"}, kindergarten: {""}, other: nil} {
			children, err := staff.Children(r.ctx, institution, postgres.Page{})
			if err != nil || len(children.Items) != len(groups) || len(groups) == 1 && children.Items[0].Group != groups[0] {
				t.Errorf("%s: children %+v, %v; want groups %q", role, children.Items, err, groups)
			}
			absences, err := staff.Absences(r.ctx, institution, day, postgres.Page{})
			if err != nil || len(absences.Items) != len(groups) {
				t.Errorf("%s: absences %+v, %v; want %d", role, absences.Items, err, len(groups))
				continue
			}
			for i, a := range absences.Items {
				if a.Group != groups[i] || a.Note != want.note || !a.NoteSensitive {
					t.Errorf("%s: %+v, want the flag and the note %q", role, a, want.note)
				}
			}
		}
	}
	for guardian, note := range map[uuid.UUID]string{parent: "words", second: ""} {
		list, err := r.db.Family(r.signIn(t, guardian, scope.Guardian)).Absences(r.ctx, child, postgres.Page{})
		if err != nil || len(list.Items) != 1 || list.Items[0].Note != note || list.Items[0].NoteSensitive != (note != "") {
			t.Errorf("the guardian's list is %+v, %v; want the note %q", list.Items, err, note)
		}
	}
}
