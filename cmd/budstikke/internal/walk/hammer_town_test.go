package walk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/notify"
	"budstikke.example/notify/queue"
)

// guest is somebody who is in, and will be put out once.
type guest struct {
	staff                                bool
	person, account, session             uuid.UUID
	child, guardianship                  uuid.UUID // of a guardian
	token                                string
	digest                               []byte
	out                                  atomic.Pointer[time.Time] // when whoever put them out had the answer
	gone                                 time.Time                 // the same moment by the clock of the database
	way                                  string
	before, after, started, late, broken atomic.Int64 // requests by how they ended: see strike
}

// belted gives a town a belt of its own on the Redis of the tests.
func belted(t *testing.T) func(*system.Base) {
	return func(b *system.Base) {
		url := os.Getenv("REDIS_URL")
		if url == "" && os.Getenv("CI") != "" {
			t.Fatal("REDIS_URL is not set: run the tests by make test")
		}
		if url == "" {
			return // the worker asks Postgres, by the same claim
		}
		belt, err := queue.Open(queue.Config{URL: url, Prefix: "hammer-" + uuid.NewString()})
		must(t, err)
		t.Cleanup(func() {
			_ = belt.Wipe(context.Background(), queue.Lanes(notify.Providers()...))
			_ = belt.Close()
		})
		b.Queue = belt
	}
}

// crowd lets people in at the kindergarten: guardians with a child each and a telephone that hears of it, and every eighth an employee.
func (w *town) crowd(t *testing.T, boss string, size int) []*guest {
	t.Helper()
	crowd := make([]*guest, size)
	var persons, accounts, sessions, children, guardianships, guardians []uuid.UUID
	var digests [][]byte
	var kinds []string
	for i := range crowd {
		token, digest := auth.NewToken(w.here)
		x := &guest{staff: i%8 == 7, person: newID(), account: newID(), session: newID(), child: newID(), guardianship: newID(), token: token.Reveal(), digest: digest[:]}
		crowd[i] = x
		kind := "staff"
		if !x.staff {
			kind = "guardian"
			guardians, children, guardianships = append(guardians, x.person), append(children, x.child), append(guardianships, x.guardianship)
		}
		persons, accounts, sessions = append(persons, x.person), append(accounts, x.account), append(sessions, x.session)
		digests, kinds = append(digests, x.digest), append(kinds, kind)
	}
	place, now := w.institution(kindergarten), w.Clock.Now()
	w.exec(`insert into app.persons (municipality_id, id, given_name, family_name, created_at)
		select $1, x, 'Zander' || x, 'Zandervexel', $3 from unnest($2::uuid[]) x`, w.here, append(append([]uuid.UUID{}, persons...), children...), now)
	w.exec(`insert into auth.accounts (municipality_id, id, person_id, kind, created_at)
		select $1, a, p, k, $5 from unnest($2::uuid[], $3::uuid[], $4::text[]) x (a, p, k)`, w.here, accounts, persons, kinds, now)
	w.exec(`insert into auth.sessions (municipality_id, id, token_hash, kind, person_id, account_id, strong, created_at, authenticated_at, expires_at)
		select $1, s, h, k, p, a, true, $7, $7, $7::timestamptz + interval '1 hour'
		from unnest($2::uuid[], $3::bytea[], $4::text[], $5::uuid[], $6::uuid[]) x (s, h, k, p, a)`, w.here, sessions, digests, kinds, persons, accounts, now)
	w.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		select $1, gen_random_uuid(), p, $4, 'employee', $5 from unnest($2::uuid[], $3::text[]) x (p, k) where k = 'staff'`, w.here, persons, kinds, place, now)
	w.exec(`insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at)
		select $1, gen_random_uuid(), c, $3, $4 from unnest($2::uuid[]) c`, w.here, children, place, now)
	w.exec(`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select $1, g, c, p, true, 'mother', $5 from unnest($2::uuid[], $3::uuid[], $4::uuid[]) x (g, c, p)`, w.here, guardianships, children, guardians, now)
	w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
		select $1, gen_random_uuid(), p, 'push', 'fcm', 'device-' || replace(p::text, '-', ''), 'sv', 'active', $3, $3, $3 from unnest($2::uuid[]) p`, w.here, guardians, now)
	w.exec("analyze") // so many rows at once, and no statistics of them yet
	for some := range slices.Chunk(guardianships, 25) {
		w.letIn(t, boss, some)
	}
	return crowd
}

// letIn activates guardianships as the head does with a list that was reviewed (V6).
func (w *town) letIn(t *testing.T, boss string, list []uuid.UUID) {
	t.Helper()
	items := make([]any, len(list))
	for i, id := range list {
		items[i] = map[string]any{"guardianshipId": id, "etag": fmt.Sprintf("%q", fmt.Sprint(one[int](w, "select version from app.guardianship_access where guardianship_id = $1", id)))}
	}
	got := w.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/activations", token: boss,
		body: map[string]any{"items": items}}).want(t, http.StatusOK, "")
	var outcomes struct {
		Items []struct{ Outcome string }
	}
	must(t, json.Unmarshal(got.body, &outcomes))
	for _, o := range outcomes.Items {
		if o.Outcome != "activated" {
			t.Fatalf("somebody could not be let in: %s", o.Outcome)
		}
	}
}
