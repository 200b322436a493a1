package app_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

// H3, H12: nothing is handed in before the address is confirmed and the present terms are accepted.
func TestSubmit(t *testing.T) {
	t.Parallel()
	clear := app.ApplicantFacts{Policy: app.SelfServiceEID, Legal: true}
	for want, a := range map[string]app.Application{
		"email_not_confirmed": {State: app.ApplicationOpen, TermsAccepted: true},
		"terms_not_accepted":  {State: app.ApplicationOpen, EmailConfirmed: true},
		"application_closed":  {State: app.ApplicationQueued, EmailConfirmed: true, TermsAccepted: true},
		"":                    {State: app.ApplicationOpen, EmailConfirmed: true, TermsAccepted: true},
	} {
		done, _, err := a.Submit(clear)
		if code(err) != want || (want == "" && done.State != app.ApplicationApproved) {
			t.Errorf("%+v: %q, want %q", a, code(err), want)
		}
	}
}

// Where the policy opens access by itself and about every child something is unclear, a head looks first, and may approve (V13).
func TestUnclearCustodyWaits(t *testing.T) {
	t.Parallel()
	ready := app.Application{State: app.ApplicationOpen, EmailConfirmed: true, TermsAccepted: true}
	for custody, want := range map[app.Custody]app.ApplicationState{
		app.CustodyClear: app.ApplicationApproved, app.CustodyUnclear: app.ApplicationQueued, "another": app.ApplicationQueued,
	} {
		f := app.ApplicantFacts{Policy: app.AutoOnCustody, Legal: true, Custody: custody}
		done, checks, err := ready.Submit(f)
		if err != nil || done.State != want || slices.Contains(app.StandingAgainst(checks), app.Unclarified) != (want == app.ApplicationQueued) || f.Blocked() {
			t.Errorf("%s: %s because of %v, %v", custody, done.State, app.StandingAgainst(checks), err)
		}
	}
}

// Only a policy that decides by itself opens an account, and only when nothing stands against it: all combinations (H7, H11, B8).
func TestWhatThePolicyDecides(t *testing.T) {
	t.Parallel()
	ready := app.Application{State: app.ApplicationOpen, EmailConfirmed: true, TermsAccepted: true}
	for _, policy := range []app.ApplicationPolicy{app.HeadManual, app.AutoOnCustody, app.SelfServiceEID, "", "another"} {
		for bits := range 16 {
			f := app.ApplicantFacts{Policy: policy, Legal: bits&1 > 0, Hidden: bits&2 > 0, Restricted: bits&4 > 0, HasAccount: bits&8 > 0}
			decides := policy == app.AutoOnCustody || policy == app.SelfServiceEID
			want := app.ApplicationQueued
			if decides && bits&7 == 1 {
				want = app.ApplicationApproved
			}
			done, checks, err := ready.Submit(f)
			if err != nil || done.State != want || len(checks) != 5 {
				t.Errorf("%+v: %s, %v; want %s", f, done.State, err, want)
			}
			if against := app.StandingAgainst(checks); (want == app.ApplicationQueued) != (len(against) > 0) || slices.Contains(against, app.AccountExists) {
				t.Errorf("%+v: waits because of %v", f, against)
			}
			// A head sets aside what the policy asks, and nothing else.
			c := app.ApplicationCase{ID: uuid.New(), State: app.ApplicationQueued}
			_, _, err = c.Decide(app.ApplicationApproved, "", f, uuid.New(), time.Now())
			if blocked := bits&7 != 1; (code(err) == "application_blocked") != blocked || !blocked && err != nil {
				t.Errorf("%+v approved by a head: %v", f, err)
			}
			if present := f.Legal && f.Hidden && !f.Restricted; err != nil && strings.Contains(detail(err), "guardian present") != present {
				t.Errorf("%+v: the head is advised %v, and with the guardian present it would be possible: %v", f, err, present)
			}
			if _, _, err := c.Decide(app.ApplicationDeclined, "no", f, uuid.New(), time.Now()); err != nil {
				t.Errorf("%+v declined by a head: %v", f, err)
			}
		}
	}
}

func TestDecidingACase(t *testing.T) {
	t.Parallel()
	clear, now, head := app.ApplicantFacts{Policy: app.HeadManual, Legal: true}, time.Now(), uuid.New()
	waiting := app.ApplicationCase{ID: uuid.New(), State: app.ApplicationQueued}
	for _, reason := range []string{"", " \n"} {
		if _, _, err := waiting.Decide(app.ApplicationDeclined, reason, clear, head, now); code(err) != "reason_missing" {
			t.Errorf("declined because of %q: %v", reason, err)
		}
	}
	done, d, err := waiting.Decide(app.ApplicationDeclined, " moved ", clear, head, now)
	if err != nil || done.State != app.ApplicationDeclined || d.Reason != "moved" || d.By != head || !d.At.Equal(now) || d.Application != waiting.ID {
		t.Errorf("declined: %+v, %+v, %v", done, d, err)
	}
	for _, state := range []app.ApplicationState{
		app.ApplicationOpen, app.ApplicationApproved, app.ApplicationDeclined, app.ApplicationWithdrawn, app.ApplicationEnded,
	} {
		if _, _, err := (app.ApplicationCase{State: state}).Decide(app.ApplicationApproved, "", clear, head, now); code(err) != "application_closed" {
			t.Errorf("deciding one that is %s: %v", state, err)
		}
		_, err := app.Application{State: state}.Withdraw()
		if open := state == app.ApplicationOpen; (err == nil) != open {
			t.Errorf("withdrawing one that is %s: %v", state, err)
		}
	}
}

// detail is what a fault tells.
func detail(err error) string {
	var fault *app.Fault
	if !errors.As(err, &fault) {
		return ""
	}
	return fault.Detail
}

// H1: who asks to change an application that was decided is told that, and how to go on; not that it was handed in.
func TestDecidedApplicationSaysSo(t *testing.T) {
	t.Parallel()
	for state, says := range map[app.ApplicationState]string{
		app.ApplicationDeclined: "apply again", app.ApplicationApproved: "was decided", app.ApplicationQueued: "was handed in",
	} {
		var fault *app.Fault
		_, _, err := app.Application{State: state}.Submit(app.ApplicantFacts{})
		if !errors.As(err, &fault) || fault.Code != "application_closed" || !strings.Contains(fault.Detail, says) {
			t.Errorf("%s: %v", state, err)
		}
	}
}
