package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/notify/outbox"
)

// B3, B5: what is named leaves once more under its own id, and is parked again; nobody else's does, and the trail says who did it.
func TestOutboxReplaysAndParksWhatIsNamed(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	here, there := newDeadPushes(t, o, "here", "critical", 3), newDeadPushes(t, o, "there", "routine", 1)
	out, errs, code := here.outbox("replay", here.ids[0], there.ids[0])
	if code != 0 || errs != "" || !strings.Contains(out, here.ids[0]+"\treplayed\tit leaves within seconds") ||
		!strings.Contains(out, there.ids[0]+"\tnot_found\tno such delivery in this municipality") {
		t.Errorf("replay: %d\n%s\n%s", code, out, errs)
	}
	if got := here.listed(t); !slices.Equal(got, sorted(here.ids[1:]...)) {
		t.Errorf("dead are %v, want the two that nobody named", got)
	}
	if got := here.listed(t, "--state", "pending,retry"); !slices.Equal(got, here.ids[:1]) {
		t.Errorf("waiting is %v, want the one that was named", got)
	}
	if got := there.listed(t); !slices.Equal(got, there.ids) {
		t.Errorf("another municipality's was touched: dead are %v", got)
	}
	unknown := uuid.NewString()
	for _, ids := range [][]string{{there.ids[0]}, {unknown}, {here.ids[0]}} { // somebody else's, nobody's, and one that waits already
		if out, errs, code := here.outbox("replay", ids...); code != 1 || !strings.Contains(out, ids[0]) || !strings.Contains(errs, "nothing was replayed; each answer says why") {
			t.Errorf("replay of %v: %d\n%s\n%s", ids, code, out, errs)
		}
	}
	out, errs, code = here.outbox("park", here.ids[0], "--json")
	var answer outbox.Answer
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != 0 || errs != "" || answer.Delivery.String() != here.ids[0] || answer.Answer != outbox.Parked {
		t.Errorf("park: %d, %v\n%s\n%s", code, err, out, errs)
	}
	if got := here.listed(t, "--reason", "parked"); !slices.Equal(got, here.ids[:1]) {
		t.Errorf("parked is %v", got)
	}
	if _, errs, code := here.outbox("park", there.ids[0]); code != 1 || !strings.Contains(errs, "nothing was parked") {
		t.Errorf("park of somebody else's: %d\n%s", code, errs)
	}
	var roles []string
	if err := o.Admin.QueryRow(context.Background(), `select array_agg(distinct roles || ' ' || resource_id::text order by roles || ' ' || resource_id::text)
		from audit.entries where municipality_id = $1 and operation in ('ReplayDeliveries', 'ParkDeliveries') and resource_id = $2`,
		here.municipality, here.ids[0]).Scan(&roles); err != nil {
		t.Fatal(err)
	}
	if by := "operator:ada@example.com,for:"; !slices.Equal(roles, []string{by + "park " + here.ids[0], by + "replay " + here.ids[0]}) {
		t.Errorf("the trail says %q", roles)
	}
}

// B3: many leave only when --all is said, and then those that the filters choose, as list shows them, and no more than --most.
func TestOutboxReplaysManyOnlyByAll(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	here, there := newDeadPushes(t, o, "here", "critical", 5), newDeadPushes(t, o, "there", "routine", 2)
	waiting := func() []string { return here.listed(t, "--state", "pending,retry") }
	out, errs, code := here.outbox("replay", "--all", "--provider", "fcm")
	if code != 0 || errs != "" || strings.Count(out, "\n") != 1 || !slices.Equal(waiting(), here.ids[4:]) {
		t.Errorf("replay of FCM's: %d, and %v wait\n%s\n%s", code, waiting(), out, errs)
	}
	if out, errs, code := here.outbox("replay", "--all", "--provider", "fcm"); code != 0 || out != "" || !strings.Contains(errs, "nothing is chosen") {
		t.Errorf("the same again: %d\n%s\n%s", code, out, errs)
	}
	if out, errs, code := here.outbox("replay", "--all", "--most", "2", "--json"); code != 0 || !strings.Contains(errs, "the first 2: there may be more") || strings.Count(out, `"answer":"replayed"`) != 2 || len(waiting()) != 3 {
		t.Errorf("replay of two: %d, and %v wait\n%s\n%s", code, waiting(), out, errs)
	}
	if _, errs, code := here.outbox("park", "--all", "--provider", "apns"); code != 0 || !slices.Equal(waiting(), here.ids[4:]) {
		t.Errorf("park of APNs': %d, and %v wait\n%s", code, waiting(), errs)
	}
	if _, errs, code := here.outbox("replay", "--all"); code != 0 || len(waiting()) != 5 {
		t.Errorf("replay of all: %d, and %v wait\n%s", code, waiting(), errs)
	}
	if got := there.listed(t); !slices.Equal(got, sorted(there.ids...)) {
		t.Errorf("of another municipality %v are dead, want all", got)
	}
}
