package walk_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/uuid"
)

// meantFor is what the table of surfaces declares of a kind of notice.
func meantFor(t *testing.T, notice string) (guardian, staff meaning) {
	t.Helper()
	for _, s := range surfaces {
		if slices.Contains(s.notices, notice) {
			return s.guardian, s.staff
		}
	}
	t.Fatalf("no surface holds the notice %s", notice)
	return guardian, staff
}

// V15, B8: a restriction stops the notices that it is declared to stop, those that have been announced and not yet sent as well as all that come, by
// every channel, of messages, of days and of alerts; and no others.
func TestNoticesStopAtARestriction(t *testing.T) {
	t.Parallel()
	for n, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			is := w.people()
			child := w.person("Alfhildis")
			thread := w.thread(is[right].token, child, textOfGuardian)
			on := func(notice, given string) int {
				return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
					where e.kind = $1 and d.person_id = $2 and d.state not in ('suppressed', 'dead')`, notice, w.person(given))
			}
			reply := call{method: http.MethodPost, path: "/v1/staff/conversations/" + thread.String() + "/messages", token: is[employee].token,
				body: map[string]any{"text": textOfStaff, "announceBy": []string{"email", "push", "in_app"}, "locale": "sv"}}
			w.do(reply).want(t, http.StatusCreated, "")
			w.absence(is[other].token, child, noteOfFamily)
			w.alert(is[head].token, w.institution(kindergarten), textOfAlert)
			told := []struct{ notice, given string }{{"message_posted", "Annelore"}, {"absence_reported", "Annelore"}, {"alert_raised", "Annelore"}, {"message_posted", "Leonorina"}}
			before := make([]int, len(told))
			for i, a := range told {
				if before[i] = on(a.notice, a.given); before[i] == 0 {
					t.Fatalf("%s is not told of %s in the first place", a.given, a.notice)
				}
			}
			for _, given := range []string{"Annelore", "Leonorina"} {
				w.restrict(is[head].token, "Alfhildis", given, kind)
			}
			check := func(what string, grown bool) {
				t.Helper()
				for i, a := range told {
					guardian, staff := meantFor(t, a.notice)
					want := guardian[n]
					if a.given == "Leonorina" {
						want = staff[n]
					}
					switch now := on(a.notice, a.given); {
					case want == untold && kind == "no_location" && a.given == "Annelore": // the day may be read, and nothing new is told
						if now > before[i] {
							t.Errorf("%s: %s is told of %s (%d, before %d)", what, a.given, a.notice, now, before[i])
						}
					case want == untold && now != 0:
						t.Errorf("%s: %s is told of %s (%d)", what, a.given, a.notice, now)
					case want == same && (now < before[i] || grown && now == before[i]):
						t.Errorf("%s: of %s %s is told %d times, before %d", what, a.notice, a.given, now, before[i])
					}
				}
			}
			check("announced before", false)
			w.do(reply)
			w.absence(is[other].token, child, noteOfFamily)
			w.alert(is[head].token, w.institution(kindergarten), textOfAlert)
			if kind != "no_access" && kind != "no_contact" {
				w.thread(w.session("Annelore", "guardian", 0), child, textOfGuardian)
			} else {
				w.thread(is[other].token, child, textOfGuardian)
			}
			check("announced since", true)
			names := one[[]uuid.UUID](w, `select coalesce(array_agg(distinct d.person_id), '{}') from notify.deliveries d where d.state not in ('suppressed', 'dead')`)
			if !slices.Contains(names, w.person("Bodvaris")) {
				t.Error("the other guardian is told nothing any more")
			}
		})
	}
}
