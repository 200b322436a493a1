package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Applications returns a page of the applications that concern an institution and are in a state, the oldest first. Faults: not_found,
// cursor_invalid.
func (o Office) Applications(ctx context.Context, institution uuid.UUID, state app.ApplicationState, page Page) (Slice[app.ApplicationCase], error) {
	after, err := page.position(position{})
	if err != nil {
		return Slice[app.ApplicationCase]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.ApplicationCase], error) {
		if _, err := t.Institution(ctx, institution); err != nil {
			return Slice[app.ApplicationCase]{}, err
		}
		size := page.size()
		rows, err := db.New().ApplicationsOfInstitution(ctx, t.Tx, db.ApplicationsOfInstitutionParams{
			InstitutionID: institution, State: string(state), AfterAt: after.at, AfterID: after.id, PageSize: size + 1,
		})
		if err != nil {
			return Slice[app.ApplicationCase]{}, err
		}
		for _, r := range rows[:min(len(rows), int(size))] {
			t.looked(r.ChildIds...)
		}
		return slice(rows, size, applicationCase, func(r db.ApplicationsOfInstitutionRow) position {
			return position{*r.SubmittedAt, r.ID}
		}), nil
	})
}

func applicationCase(r db.ApplicationsOfInstitutionRow) app.ApplicationCase {
	c := app.ApplicationCase{
		ID: r.ID, Person: r.PersonID, State: applicationState(r.State), Name: fullName(r.GivenName, r.FamilyName), Children: r.Children,
		SubmittedAt: *r.SubmittedAt, Note: r.Note,
	}
	for _, reason := range r.Reasons {
		c.Reasons = append(c.Reasons, app.ApplicationReason(reason))
	}
	if r.DecidedAt != nil {
		c.DecidedAt = *r.DecidedAt
	}
	return c
}

// applicationState reads the word of rows from before applications were cases.
func applicationState(word string) app.ApplicationState {
	if word == "submitted" {
		return app.ApplicationApproved
	}
	return app.ApplicationState(word)
}

// Application returns an application that concerns an institution of the caller's, and keeps others from deciding it until the transaction
// ends. Fault: not_found.
func (t *OfficeTx) Application(ctx context.Context, institution, id uuid.UUID) (app.ApplicationCase, error) {
	row, err := db.New().ApplicationForDecision(ctx, t.Tx, db.ApplicationForDecisionParams{ID: id, InstitutionID: institution})
	if err != nil {
		return app.ApplicationCase{}, err
	}
	t.about.institution, t.about.person, t.about.resource = institution, row.PersonID, row.ID
	return app.ApplicationCase{ID: row.ID, Person: row.PersonID, State: applicationState(row.State), SubmittedAt: *row.SubmittedAt}, nil
}

// ApplicantFacts returns what is known of an applicant at this moment. Fault: not_found for whom the caller decides nothing about.
func (t tx) ApplicantFacts(ctx context.Context, person uuid.UUID) (app.ApplicantFacts, error) {
	// sqlc does not know the columns of a function that returns a table.
	var f app.ApplicantFacts
	err := t.QueryRow(ctx, "select policy, legal, hidden, restricted, has_account from app.applicant_facts($1)", person).
		Scan(&f.Policy, &f.Legal, &f.Hidden, &f.Restricted, &f.HasAccount)
	return f, err
}

// The occasions on which an applicant is checked.
const (
	onSubmission = "submitted"
	onDecision   = "decided"
)

// saveChecks keeps what was looked at on an occasion; only staff can read it (I18).
func (t tx) saveChecks(ctx context.Context, application uuid.UUID, occasion string, checks []app.ApplicationCheck) error {
	for _, c := range checks {
		err := db.New().InsertApplicationCheck(ctx, t.Tx, db.InsertApplicationCheckParams{
			ApplicationID: application, Occasion: occasion, Name: string(c.Name), Found: c.Found, Now: t.Now,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// SaveApplicationDecision stores a head's decision with what was looked at, and tells the applicant that there is one, not which (B1).
func (t *OfficeTx) SaveApplicationDecision(ctx context.Context, c app.ApplicationCase, d app.ApplicationDecision, checks []app.ApplicationCheck) error {
	rows, err := db.New().DecideApplication(ctx, t.Tx, db.DecideApplicationParams{ID: d.Application, State: string(d.State), Now: &d.At})
	if err != nil {
		return err
	}
	if rows == 0 {
		return app.ErrNotFound
	}
	if err := t.saveChecks(ctx, d.Application, onDecision, checks); err != nil {
		return err
	}
	err = db.New().InsertApplicationDecision(ctx, t.Tx, db.InsertApplicationDecisionParams{
		ApplicationID: d.Application, Decision: string(d.State), Reason: d.Reason, DecidedBy: d.By, DecidedAt: d.At,
	})
	if err != nil {
		return err
	}
	e := notify.ApplicationDecided{Application: d.Application}
	to := []outbox.Recipient{{Person: c.Person, Grounds: outbox.GroundsSelf}}
	return t.announce(outbox.Announce(ctx, t.Tx, e, to, notify.RoutineChannelsOf(e)))
}

// tellHeads announces to those who decide an application that one waits, once for each institution (see app.waiting_audience).
func (t *VisitorTx) tellHeads(ctx context.Context, application uuid.UUID) error {
	rows, err := t.Query(ctx, "select institution_id, person_id from app.waiting_audience($1) order by 1, 2", application)
	if err != nil {
		return err
	}
	type head struct{ Institution, Person uuid.UUID }
	heads, err := pgx.CollectRows(rows, pgx.RowToStructByPos[head])
	if err != nil {
		return err
	}
	to := map[uuid.UUID][]outbox.Recipient{}
	for _, h := range heads {
		to[h.Institution] = append(to[h.Institution], outbox.Recipient{Person: h.Person, Grounds: outbox.GroundsStaff, Institution: h.Institution})
	}
	for institution, recipients := range to {
		e := notify.ApplicationsWaiting{Institution: institution}
		if err := t.announce(outbox.Announce(ctx, t.Tx, e, recipients, notify.RoutineChannelsOf(e))); err != nil {
			return err
		}
	}
	return nil
}

// ApplicationRule returns how the municipality decides applications, and when it asks again. Fault: not_found for whoever does not own it.
func (o Office) ApplicationRule(ctx context.Context) (app.ApplicationRule, error) {
	return Read(ctx, o, func(t *OfficeTx) (app.ApplicationRule, error) { return t.applicationRule(ctx) })
}

func (t *OfficeTx) applicationRule(ctx context.Context) (app.ApplicationRule, error) {
	r, err := db.New().ApplicationRule(ctx, t.Tx)
	return app.ApplicationRule{
		Policy: app.ApplicationPolicy(r.ApplicationPolicy), ProofDays: int(r.ProofDays), ProofNoticeDays: int(r.ProofNoticeDays), WaitingDays: int(r.WaitingDays),
	}, err
}

// SetApplicationRule says it from now on; applications that wait stay with the heads. change gets the rule that holds, which nobody else changes
// meanwhile. Fault: not_found for whoever does not own the municipality; those of change.
func (t *OfficeTx) SetApplicationRule(ctx context.Context, change func(app.ApplicationRule) (app.ApplicationRule, error)) (app.ApplicationRule, error) {
	if err := db.New().HoldMunicipality(ctx, t.Tx); err != nil {
		return app.ApplicationRule{}, err
	}
	rule, err := t.applicationRule(ctx)
	if err != nil {
		return rule, err
	}
	if rule, err = change(rule); err != nil {
		return rule, err
	}
	rows, err := db.New().SetApplicationRule(ctx, t.Tx, db.SetApplicationRuleParams{
		Policy: string(rule.Policy), ProofDays: int16(rule.ProofDays), ProofNoticeDays: int16(rule.ProofNoticeDays), WaitingDays: int16(rule.WaitingDays), //nolint:gosec // bounded by the contract
	})
	if err == nil && rows == 0 {
		err = app.ErrNotFound
	}
	return rule, err
}
