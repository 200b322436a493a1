package chaos

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth"
)

// guardian is somebody with a telephone, an address and a mobile number, who is signed in.
type guardian struct {
	person, child uuid.UUID
	token         string
	routine       []string // where a routine notice reaches them: telephone and e-mail
	all           []string // and the mobile number
	other         *guardian
}

// school is an institution whose head raises alerts and whose staff are written to.
type school struct {
	id       uuid.UUID
	head     string // the head's token
	staff    []string
	families []*guardian // two for each child
}

// town is who uses Budstikke in a run: the same people under the same seed. Nobody in it is real.
type town struct {
	municipality uuid.UUID
	schools      []*school
	people       int
}

// rows gathers what is written by one statement for a table.
type rows struct {
	persons, staffed, children, guardianships, guardians, owners []uuid.UUID
	kinds, channels, providers, places                           []string
	tokens                                                       [][]byte
	signedIn                                                     []uuid.UUID
}

func newTown(t *testing.T, ctx context.Context, admin *pgx.Conn, schools, families int) *town { //nolint:revive // the test comes first, as everywhere
	t.Helper()
	w := &town{municipality: id()}
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := admin.Exec(ctx, sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	exec(`insert into app.municipalities (municipality_id, slug, name, country, locale, time_zone, created_at)
		values ($1, 'chaos', 'Chaos', 'NO', 'nb', 'Europe/Oslo', now())`, w.municipality)
	for range schools {
		s := &school{id: id()}
		w.schools = append(w.schools, s)
		exec(`insert into app.institutions (municipality_id, id, kind, name, created_at) values ($1, $2, 'school', 'School', now())`, w.municipality, s.id)
		r := &rows{}
		for i := range 3 {
			token, person := w.signIn(r, "staff")
			w.reach(r, person, false)
			if r.staffed = append(r.staffed, person); i == 0 {
				s.head = token
			}
			s.staff = append(s.staff, r.places[len(r.places)-2:]...)
		}
		for range families {
			child := id()
			r.children = append(r.children, child)
			both := [2]*guardian{}
			for i := range both {
				g := &guardian{child: child}
				g.token, g.person = w.signIn(r, "guardian")
				w.reach(r, g.person, true)
				g.all = r.places[len(r.places)-3:]
				g.routine = g.all[:2]
				r.guardianships, r.guardians = append(r.guardianships, child), append(r.guardians, g.person)
				both[i] = g
			}
			both[0].other, both[1].other = both[1], both[0]
			s.families = append(s.families, both[:]...)
		}
		w.write(exec, s, r)
	}
	exec("analyze")
	return w
}

// signIn makes a person with a session.
func (w *town) signIn(r *rows, kind string) (token string, person uuid.UUID) {
	made, digest := auth.NewToken(w.municipality)
	person = id()
	r.persons, r.signedIn, r.kinds, r.tokens = append(r.persons, person), append(r.signedIn, person), append(r.kinds, kind), append(r.tokens, digest[:])
	return made.Reveal(), person
}

// reach gives a person a telephone, by turns Apple's and another's, an address and, a guardian, a mobile number.
func (w *town) reach(r *rows, person uuid.UUID, mobile bool) {
	w.people++
	add := func(channel, provider, place string) {
		r.owners, r.channels = append(r.owners, person), append(r.channels, channel)
		r.providers, r.places = append(r.providers, provider), append(r.places, place)
	}
	if w.people%2 == 0 {
		add("push", "apns", fmt.Sprintf("%064x", w.people))
	} else {
		add("push", "fcm", fmt.Sprintf("chaos-device-%05d", w.people))
	}
	add("email", "smtp", fmt.Sprintf("chaos-%05d@example.com", w.people))
	if mobile {
		add("sms", "twilio", fmt.Sprintf("+4740%06d", w.people)) // Norwegian in form and made up; it goes no further than the sandbox
	}
}

func (w *town) write(exec func(string, ...any), s *school, r *rows) {
	exec(`insert into app.persons (municipality_id, id, given_name, family_name, created_at)
		select $1, unnest($2::uuid[]), 'Given', 'Family', now()`, w.municipality, append(append([]uuid.UUID{}, r.persons...), r.children...))
	exec(`insert into auth.accounts (municipality_id, id, person_id, kind, created_at)
		select $1, gen_random_uuid(), unnest($2::uuid[]), unnest($3::text[]), now()`, w.municipality, r.persons, r.kinds)
	// Signed in for two hours and since an hour: the clocks of the processes may be minutes apart.
	exec(`insert into auth.sessions (municipality_id, id, token_hash, kind, person_id, account_id, strong, created_at, authenticated_at, expires_at)
		select $1, gen_random_uuid(), x.hash, a.kind, a.person_id, a.id, true, now() - interval '1 hour', now() - interval '10 minutes', now() + interval '2 hours'
		from unnest($2::uuid[], $3::bytea[]) x (person, hash) join auth.accounts a on a.person_id = x.person`, w.municipality, r.signedIn, r.tokens)
	exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		select $1, gen_random_uuid(), x.person, $3, case when x.n = 1 then 'head' else 'leader' end, now()
		from unnest($2::uuid[]) with ordinality x (person, n)`, w.municipality, r.staffed, s.id)
	exec(`insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at)
		select $1, gen_random_uuid(), unnest($2::uuid[]), $3, now() - interval '1 day'`, w.municipality, r.children, s.id)
	exec(`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select $1, gen_random_uuid(), unnest($2::uuid[]), unnest($3::uuid[]), true, 'parent', now() - interval '1 day'`, w.municipality, r.guardianships, r.guardians)
	exec(`update app.guardianships set status = 'active' where guardian_id = any ($1)`, r.guardians)
	exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
		select $1, gen_random_uuid(), unnest($2::uuid[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]), 'nb', 'active', now(), now(), now()`,
		w.municipality, r.owners, r.channels, r.providers, r.places)
}

func id() uuid.UUID { return uuid.Must(uuid.NewV7()) }
