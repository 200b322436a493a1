package deadletter_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/cmd/budstikke/internal/deadletter"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// letters writes an alert with so many dead deliveries by push, each to somebody of their own, in a municipality of its own.
func letters(t *testing.T, d *pgtest.Database, slug string, n int) (municipality uuid.UUID, ids []uuid.UUID) {
	t.Helper()
	municipality = uuid.New()
	event := uuid.Must(uuid.NewV7())
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := d.Admin.Exec(t.Context(), sql, append([]any{municipality}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`insert into app.municipalities values ($1, $2, 'M', 'SE', 'sv', 'Europe/Stockholm', '1', now())`, slug)
	exec(`insert into app.institutions (municipality_id, id, kind, national_number, name, created_at) values ($1, $2, 'kindergarten', '1', 'K', now())`, event)
	exec(`insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
		values ($1, $2, 'message_posted', 'routine', $2, now(), now() + interval '1 hour')`, event)
	for range n {
		person, endpoint, id := uuid.New(), uuid.New(), uuid.New()
		copy(id[:8], event[:8])
		ids = append(ids, id)
		exec(`insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'A', 'B', now())`, person)
		exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
			values ($1, $2, $3, 'push', 'apns', $4, 'sv', 'active', now(), now(), now())`, endpoint, person, "secret-device-"+endpoint.String())
		exec(`insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, institution_id, channel, provider, endpoint_id, state,
				attempt, fence, created_at, settled_at, outcome, status, reason)
			values ($1, $2, $3, 'routine', $4, 'institution', $3, 'push', 'apns', $5, 'dead', 20, 20, now(), now(), 'unavailable', 503, 'Shutdown')`,
			id, event, person, endpoint)
	}
	return municipality, ids
}

// B3, B5: what is listed, explained, replayed and parked is one municipality's; it tells of no address; and what was done stands in the trail, with who did
// it, unless nothing was.
func TestTheDeskTellsAndRecords(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	ctx := t.Context()
	here, ids := letters(t, d, "here", 3)
	_, others := letters(t, d, "elsewhere", 1)
	desk, err := deadletter.At(ctx, d.API, "here", trail.Asker{Operator: "ada@example.com", Purpose: "replay"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deadletter.At(ctx, d.API, "nowhere", trail.Asker{}); err == nil {
		t.Error("there is a desk of a municipality that does not exist")
	}
	listed := func(most int) (found []uuid.UUID) {
		if err := desk.List(ctx, outbox.Filter{}, most, func(l outbox.Letter) error { found = append(found, l.ID); return nil }); err != nil {
			t.Fatal(err)
		}
		return found
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	if got := listed(10); !slices.Equal(got, ids) {
		t.Errorf("listed %v, want %v", got, ids)
	}
	if got := listed(2); !slices.Equal(got, ids[:2]) {
		t.Errorf("the first two are %v", got)
	}
	document, err := desk.Show(ctx, ids[0])
	if err != nil || !json.Valid(document) || strings.Contains(string(document), "secret-device") || !strings.Contains(string(document), "Shutdown") {
		t.Errorf("shown %s, %v", document, err)
	}
	if _, err := desk.Show(ctx, others[0]); err == nil {
		t.Error("another municipality's delivery was shown")
	}
	said := map[uuid.UUID]string{}
	each := func(a outbox.Answer) error { said[a.Delivery] = a.Answer; return nil }
	if err := desk.Replay(ctx, []uuid.UUID{ids[0], ids[1], others[0]}, each); err != nil {
		t.Fatal(err)
	}
	if err := desk.Park(ctx, ids[:1], each); err != nil {
		t.Fatal(err)
	}
	if said[ids[0]] != outbox.Parked || said[ids[1]] != outbox.Replayed || said[others[0]] != "not_found" {
		t.Errorf("answered %v", said)
	}
	if got := listed(10); len(got) != 2 {
		t.Errorf("%d are dead, want the parked one and the one that nobody touched", len(got))
	}
	nobody, err := deadletter.At(ctx, d.API, "here", trail.Asker{Operator: "two words", Purpose: "replay"})
	if err != nil {
		t.Fatal(err)
	}
	if err := nobody.Replay(ctx, ids[2:], each); !errors.Is(err, trail.ErrAsker) {
		t.Errorf("replayed for nobody in particular: %v", err)
	}
	if got := listed(10); len(got) != 2 {
		t.Errorf("%d are dead: what left no entry was done", len(got))
	}
	var kept []string
	if err := d.Admin.QueryRow(ctx, `select array_agg(operation || ' ' || class || ' ' || roles || ' ' || coalesce(resource_id::text, '-') order by seq)
		from audit.entries where municipality_id = $1 and caller = 'auditor' and operation <> 'ListDeliveries'`, here).Scan(&kept); err != nil {
		t.Fatal(err)
	}
	if n := entries(t, d, here, "ListDeliveries"); n != 4 {
		t.Errorf("%d entries of four lists", n)
	}
	by := " notices operator:ada@example.com,for:replay "
	want := []string{"ShowDelivery" + by + ids[0].String(), "ReplayDeliveries" + by + "-", "ParkDeliveries" + by + ids[0].String()}
	if !slices.Equal(kept, want) {
		t.Errorf("the trail keeps %q, want %q", kept, want)
	}
	if _, err := trail.Verify(scope.ByProgram(context.WithoutCancel(ctx)), d.API, here, nil); err != nil {
		t.Error(err)
	}
}

func entries(t *testing.T, d *pgtest.Database, municipality uuid.UUID, operation string) (n int) {
	t.Helper()
	if err := d.Admin.QueryRow(t.Context(), "select count(*) from audit.entries where municipality_id = $1 and operation = $2", municipality, operation).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Every answer and reason of our own means something to whoever reads it in the night.
func TestEveryAnswerHasAMeaning(t *testing.T) {
	t.Parallel()
	for _, word := range []string{
		outbox.Replayed, outbox.Parked, "not_found", "on_its_way", "too_late", "endpoint_gone", "lost_too_often", "too_many_attempts", "access_ended",
		"endpoint_not_active", "unsubscribed", string(outbox.StatePending), string(outbox.StateRetry), string(outbox.StateSent),
		string(outbox.StateSuppressed), string(outbox.StateExpired), string(outbox.StateDead),
		string(notify.Accepted), string(notify.EndpointGone), string(notify.Refused), string(notify.Throttled), string(notify.Unavailable),
		string(notify.Unknown), string(notify.Misconfigured), "5.0.0", "4.2.2",
	} {
		if deadletter.Meaning(word) == "" {
			t.Errorf("nobody is told what %s means", word)
		}
	}
}
