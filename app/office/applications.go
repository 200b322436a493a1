package office

import (
	"context"
	"time"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// ListApplications returns a page of the applications that concern an institution, the oldest first (H1).
func (f *Flows) ListApplications(ctx context.Context, req ListApplicationsRequestObject) (ListApplicationsResponseObject, error) {
	state := app.ApplicationQueued
	if req.Params.State != nil {
		state = app.ApplicationState(*req.Params.State)
	}
	list, err := f.office(ctx).Applications(ctx, req.InstitutionID, state, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	now := f.DB.Now()
	look := func(c app.ApplicationCase) ApplicationCase { return viewApplication(c, now) }
	return ListApplications200JSONResponse{Items: view.Each(list.Items, look), Next: view.Optional(list.Next)}, nil
}

// DecideApplication approves or declines an application. What was checked when it was handed in is checked again: a guardianship may have gone
// meanwhile (H11). An approval opens the account; access to children stays with the guardianships (V1, V6).
func (f *Flows) DecideApplication(ctx context.Context, req DecideApplicationRequestObject) (DecideApplicationResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (DecideApplicationResponseObject, error) {
		c, err := tx.Application(ctx, req.InstitutionID, req.ApplicationID)
		if err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		var facts app.ApplicantFacts
		if c.State == app.ApplicationQueued {
			if facts, err = tx.ApplicantFacts(ctx, c.Person); err != nil {
				return nil, err
			}
		}
		c, decision, err := c.Decide(app.ApplicationState(req.Body.Decision), view.Value(req.Body.Reason), facts, me.ID, tx.Now)
		if err != nil {
			return nil, err
		}
		if c.State == app.ApplicationApproved {
			if _, err := store.OpenAccount(ctx, tx.Tx, c.Person, scope.Guardian); err != nil {
				return nil, err
			}
		}
		if err := tx.SaveApplicationDecision(ctx, c, decision, facts.Checks()); err != nil {
			return nil, err
		}
		return DecideApplication200JSONResponse{ID: c.ID, State: DecidedApplicationState(c.State), DecidedAt: c.DecidedAt}, nil
	})
}

// GetApplicationPolicy returns how the municipality decides applications, and when it asks again.
func (f *Flows) GetApplicationPolicy(ctx context.Context, _ GetApplicationPolicyRequestObject) (GetApplicationPolicyResponseObject, error) {
	rule, err := f.office(ctx).ApplicationRule(ctx)
	if err != nil {
		return nil, err
	}
	return GetApplicationPolicy200JSONResponse(viewApplicationRule(rule)), nil
}

// SetApplicationPolicy says how applications that are handed in from now on are decided, and when guardians and heads are asked again. What is not
// named stays as it is. Fault: request_invalid.
func (f *Flows) SetApplicationPolicy(ctx context.Context, req SetApplicationPolicyRequestObject) (SetApplicationPolicyResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (SetApplicationPolicyResponseObject, error) {
		rule, err := tx.SetApplicationRule(ctx, func(r app.ApplicationRule) (app.ApplicationRule, error) {
			r.Policy = app.ApplicationPolicy(req.Body.Policy)
			for _, named := range []struct{ to, from *int }{
				{&r.ProofDays, req.Body.ProofDays}, {&r.ProofNoticeDays, req.Body.ProofNoticeDays}, {&r.WaitingDays, req.Body.WaitingDays},
			} {
				if named.from != nil {
					*named.to = *named.from
				}
			}
			return r, r.Check()
		})
		return SetApplicationPolicy200JSONResponse(viewApplicationRule(rule)), err
	})
}

func viewApplicationRule(r app.ApplicationRule) ApplicationPolicySetting {
	return ApplicationPolicySetting{
		Policy: ApplicationPolicySettingPolicy(r.Policy), ProofDays: &r.ProofDays, ProofNoticeDays: &r.ProofNoticeDays, WaitingDays: &r.WaitingDays,
	}
}

// day is what an application's age is told in.
const day = 24 * time.Hour

func viewApplication(c app.ApplicationCase, now time.Time) ApplicationCase {
	v := ApplicationCase{
		ID: c.ID, State: DecidedApplicationState(c.State), ApplicantName: view.Optional(c.Name), Children: c.Children,
		Reasons:     view.Each(c.Reasons, func(r app.ApplicationReason) ApplicationReason { return ApplicationReason(r) }),
		SubmittedAt: c.SubmittedAt, AgeDays: max(0, int(now.Sub(c.SubmittedAt)/day)), Note: view.Optional(c.Note),
	}
	if !c.DecidedAt.IsZero() {
		v.DecidedAt = &c.DecidedAt
	}
	return v
}
