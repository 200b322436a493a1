package outbox_test

import (
	"context"
	"strings"
	"testing"

	"budstikke.example/notify/outbox"
)

// Looking for whose turn it is costs as much with thousands of parcels as with one: nothing reads the table whole (B14).
func TestDueBeltsReadNoMoreThanTheyMust(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	h.raiseEach(t)
	h.exec(t, `insert into notify.parcels (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence)
		select p.municipality_id, gen_random_uuid(), p.event_id, p.urgency, p.provider, array[gen_random_uuid()], p.next_at, null, p.attempt, p.fence
		from notify.parcels p, generate_series(1, 10000)`)
	h.exec(t, `analyze notify.parcels`)
	belts, err := h.outbox().DueBelts(context.Background(), []outbox.Lane{criticalPush}, true)
	if err != nil || len(belts) != 1 || belts[0].Municipality != h.municipality || !belts[0].Overdue {
		t.Fatalf("%+v, %v", belts, err)
	}
	var text []byte
	sql := "explain (format json) " + strings.NewReplacer("$1::text[]", "array['apns']", "$2::text[]", "array['critical']",
		"$3::bigint", "0::bigint").Replace(outbox.DueBeltsSQL)
	if err := h.Admin.QueryRow(context.Background(), sql).Scan(&text); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), `"Seq Scan"`) || strings.Contains(string(text), `"Hash`) {
		t.Errorf("it reads the table whole: %s", text)
	}
}
