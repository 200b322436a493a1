package office

import (
	"github.com/google/uuid"
	"github.com/oapi-codegen/runtime/types"

	"budstikke.example/app"
	"budstikke.example/app/view"
)

func viewReview(r app.AccessReview) Review {
	v := Review{
		ID: r.ID, InstitutionID: r.Institution, InstitutionName: r.InstitutionName, Month: r.Month.Format("2006-01"), OpenedAt: r.OpenedAt,
		DueOn: types.Date{Time: r.DueOn}, State: Open, Overdue: r.Overdue, Rows: r.Rows, WithFindings: r.WithFindings,
		Undecided: r.Undecided, Etag: app.ETag(r.Version),
	}
	if !r.Open() {
		v.State, v.CompletedAt = Completed, &r.CompletedAt
	}
	return v
}

func viewReviewRow(r app.ReviewRow) ReviewRow {
	v := ReviewRow{
		ID: r.ID, Kind: r.Kind, GrantID: r.Grant, PersonID: someone(r.Person), PersonName: view.Optional(r.PersonName), ChildID: someone(r.Child),
		GroupID: someone(r.Group), GroupName: view.Optional(r.GroupName), TabletName: view.Optional(r.TabletName), ChildName: view.Optional(r.ChildName), Role: view.Optional(r.Role), GrantedAt: r.GrantedAt, Over: r.Over, Note: view.Optional(r.Note),
		Findings: view.Each(r.Findings, func(word string) ReviewFinding { return ReviewFinding(word) }), DecidedBy: someone(r.DecidedBy),
		DeciderName: view.Optional(r.DeciderIs), Decision: word(ReviewChoice(r.Decision)), Outcome: word(ReviewRowOutcome(r.Outcome)),
	}
	if !r.EndsAt.IsZero() {
		v.EndsAt = &r.EndsAt
	}
	v.SponsorID, v.SponsorName = someone(r.Sponsor), view.Optional(r.SponsorName)
	if r.Children > 0 {
		v.NamedChildren = &r.Children
	}
	if !r.DecidedAt.IsZero() {
		v.DecidedAt = &r.DecidedAt
	}
	return v
}

func viewReviewRule(r app.ReviewRule) ReviewRule {
	return ReviewRule{
		DueDays: r.DueDays, RemindDays: r.RemindDays, QuietDays: r.QuietDays, SuspendAfterDays: r.SuspendAfterDays, Etag: app.ETag(r.Version),
	}
}

func someone(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// word is an optional word of a closed list.
func word[T ~string](w T) *T {
	if w == "" {
		return nil
	}
	return &w
}
