package walk_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/postgres"
	"budstikke.example/migrations/scope"
)

// B12: a partnership gives something until its end and not at it, by the clock of the database, whatever has been swept.
func TestAPartnershipEndsToTheMoment(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	for _, edge := range []struct {
		what, change string
		gives        bool
	}{
		{"a microsecond before the end", "update app.staff_roles set ended_at = now() + interval '1 microsecond' where id = $1", true},
		{"at the end", "update app.staff_roles set ended_at = now() where id = $1", false},
		{"after the end", "update app.staff_roles set ended_at = now() - interval '1 microsecond' where id = $1", false},
		{"a microsecond before it begins", "update app.staff_roles set starts_at = now() + interval '1 microsecond' where id = $1", false},
		{"as it begins", "update app.staff_roles set starts_at = now() where id = $1", true},
	} {
		tx, err := p.Admin.Begin(p.ctx) // now() stands still in a transaction
		must(t, err)
		_, err = tx.Exec(p.ctx, edge.change, p.partnership)
		must(t, err)
		var gives bool
		must(t, tx.QueryRow(p.ctx, "select exists (select from app.partner_access where role_id = $1)", p.partnership).Scan(&gives))
		if gives != edge.gives {
			t.Errorf("%s it gives access: %t", edge.what, gives)
		}
		must(t, tx.Rollback(p.ctx))
	}

	p.exec("alter table app.staff_roles disable trigger cut_off_staff") // as if the moment had only passed
	p.exec("update app.staff_roles set ended_at = now() where id = $1", p.partnership)
	p.children().want(t, http.StatusUnauthorized, "sign_in_required")
	p.change(p.mine().Etag, 24*time.Hour, p.child).want(t, http.StatusNotFound, "not_found")
	if got := p.mine().State; got != "ended" {
		t.Errorf("the office has it as %s", got)
	}
	p.exec("update app.staff_roles set ended_at = now() + interval '1 day' where id = $1", p.partnership)
	p.shows("the same session, before the end", p.child)
}

// V15, B12: what time has ended takes the sessions with it at the next sweep: of the partner, and of a partner whose sponsor has gone.
func TestTheSweepSignsPartnersOut(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	store := postgres.New(p.API, nil, slog.New(slog.DiscardHandler))
	p.exec("alter table app.staff_roles disable trigger cut_off_staff") // as if the moments had only passed
	for what, change := range map[string]string{
		"the end":               "update app.staff_roles set ended_at = now() where id = $1",
		"the sponsor's end":     "update app.staff_roles set ended_at = now() where person_id = (select sponsor_id from app.partnerships where role_id = $1)",
		"nothing, and is there": "select 1 where $1::uuid is not null",
	} {
		p.session("Utifrån", scope.Staff, 0)
		p.exec(change, p.partnership)
		if _, err := store.Sweep(scope.ByProgram(p.ctx)); err != nil {
			t.Fatal(err)
		}
		open := one[int](p.town, "select count(*) from auth.sessions where person_id = $1 and ended_at is null", p.partner)
		if gone := what != "nothing, and is there"; gone != (open == 0) {
			t.Errorf("after %s %d sessions are open", what, open)
		}
		p.exec("update app.staff_roles set ended_at = now() + interval '1 day' where id = $1", p.partnership)
		p.exec("update app.staff_roles set ended_at = null where person_id = (select sponsor_id from app.partnerships where role_id = $1)", p.partnership)
		p.exec("delete from app.sweeps")
		p.exec("update auth.sessions set ended_at = now() where person_id = $1 and ended_at is null", p.partner)
	}
}

// V15: what a head ends is gone at once, with the session, the open stream, the device; what a head only changes signs nobody out.
func TestEndingAPartnerEndsEverything(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	p.do(call{method: http.MethodPut, path: "/v1/staff/devices", token: p.token, body: map[string]any{"provider": "fcm", "token": deviceOf("Utifrån"), "locale": "sv"}}).
		want(t, http.StatusNoContent, "")
	bystander := p.session("Emelinda", scope.Staff, 0)
	p.change(p.mine().Etag, 10*24*time.Hour, p.child, p.other).want(t, http.StatusOK, "")
	p.shows("the same session after a change", p.child, p.other)
	l := p.listen(t, ofStaff, p.token)

	end := call{method: http.MethodDelete, path: p.here + "/external-partners/" + p.partnership.String(), token: p.boss}
	p.do(end).want(t, http.StatusNoContent, "")
	p.children().want(t, http.StatusUnauthorized, "sign_in_required")
	p.do(call{path: ofStaff, token: p.token}).want(t, http.StatusUnauthorized, "sign_in_required")
	select {
	case <-l.over:
	case <-time.After(10 * time.Second):
		t.Error("the stream goes on")
	}
	for what, query := range map[string]string{
		"sessions": "select count(*) from auth.sessions where person_id = $1 and ended_at is null",
		"devices":  "select count(*) from notify.endpoints where person_id = $1 and channel = 'push' and state <> 'retired'",
	} {
		if n := one[int](p.town, query, p.partner); n != 0 {
			t.Errorf("%d %s are left", n, what)
		}
	}
	p.do(end).want(t, http.StatusNoContent, "") // again
	p.do(call{path: "/v1/staff/institutions", token: bystander}).want(t, http.StatusOK, "")
	p.change(p.mine().Etag, 24*time.Hour, p.child).want(t, http.StatusNotFound, "not_found")
	end.token = p.session("Rektorina", scope.Staff, 0)
	p.do(end).want(t, http.StatusNotFound, "not_found")
}

// U8, B12: no other way to an end leads further than twelve months, and each is a change that whoever changes it next has to have seen.
func TestAPartnersEndIsOneEnd(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	seen := p.mine().Etag
	last := func(day string) reply {
		return p.office(http.MethodPost, kindergarten, "/staff-roles/"+p.partnership.String()+"/end", p.boss, map[string]any{"lastDay": day})
	}
	last(p.day(500)).want(t, http.StatusUnprocessableEntity, "days_out_of_reach")
	last(p.day(20)).want(t, http.StatusOK, "")
	p.change(seen, 24*time.Hour, p.child).want(t, http.StatusPreconditionFailed, "version_outdated")
	p.shows("after another end", p.child)
}

// The list has every partnership once, whatever the size of its pages, those with the latest end first.
func TestPartnersComeInPages(t *testing.T) {
	t.Parallel()
	p := newPartnered(t)
	for range 4 {
		p.town.partnership("Många", p.child) // all of them end at the same moment but for microseconds
	}
	type page struct {
		Items []struct {
			ID    uuid.UUID
			Until time.Time
		}
		Next string
	}
	var seen []uuid.UUID
	at, path := time.Time{}, p.here+"/external-partners?limit=2"
	for next := path; next != ""; {
		var got page
		must(t, json.Unmarshal(p.do(call{path: next, token: p.boss}).want(t, http.StatusOK, "").body, &got))
		for _, item := range got.Items {
			if !at.IsZero() && item.Until.After(at) {
				t.Errorf("%s comes after %s", item.Until, at)
			}
			at, seen = item.Until, append(seen, item.ID)
		}
		if next = ""; got.Next != "" {
			next = path + "&cursor=" + got.Next
		}
	}
	if unique := one[int](p.town, "select count(distinct x) from unnest($1::uuid[]) x", seen); len(seen) != 5 || unique != 5 {
		t.Errorf("the pages show %d partnerships, %d of them different; want 5", len(seen), unique)
	}
	p.do(call{path: path + "&cursor=AAAA", token: p.boss}).want(t, http.StatusBadRequest, "cursor_invalid")
}
