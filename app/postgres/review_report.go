package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
)

// NameForOthers is what others read as the name of the caller, in the report of a review and elsewhere: "" for a protected identity without an alias (B8).
func (t *OfficeTx) NameForOthers(ctx context.Context) (name string, err error) {
	err = t.QueryRow(ctx, `select coalesce(max(trim(p.given_name || ' ' || p.family_name)) filter (where p.protected_identity <> 'marked'), '') from app.persons p
		where p.municipality_id = scope.municipality() and p.id = scope.person()`).Scan(&name)
	return name, err
}

// ReportRows returns every row of a review, in its order, as its report has them: also those about whom a restriction keeps from the caller, who must
// be shown none of them, and without the names that need a clearance, so that the report is the same whoever completes the review (B8, V10).
func (t *OfficeTx) ReportRows(ctx context.Context, review uuid.UUID) ([]app.ReviewRow, error) {
	rows, err := t.Query(ctx, `select id, kind, grant_id, person_id, child_id, group_id, coalesce(role, ''), granted_at, ends_at, findings, coalesce(decision, ''), note,
		decided_by, decided_at, coalesce(outcome, ''), sponsor_id, coalesce(named_children, 0), over, coalesce(person_name, ''), coalesce(child_name, ''),
		coalesce(decider_name, ''), coalesce(group_name, ''), coalesce(tablet_name, ''), coalesce(sponsor_name, ''), kept from app.report_rows($1, $2)`, review, t.Now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (app.ReviewRow, error) {
		var r app.ReviewRow
		var person, child, group, decider, sponsor uuid.NullUUID
		var kept bool
		var ends, decided *time.Time
		err := row.Scan(&r.ID, &r.Kind, &r.Grant, &person, &child, &group, &r.Role, &r.GrantedAt, &ends, &r.Findings, &r.Decision, &r.Note, &decider, &decided,
			&r.Outcome, &sponsor, &r.Children, &r.Over, &r.PersonName, &r.ChildName, &r.DeciderIs, &r.GroupName, &r.TabletName, &r.SponsorName, &kept)
		r.Person, r.Child, r.Group, r.DecidedBy, r.Sponsor = person.UUID, child.UUID, group.UUID, decider.UUID, sponsor.UUID
		r.EndsAt, r.DecidedAt = orZero(ends), orZero(decided)
		if child.Valid && !kept {
			t.looked(r.Child)
		}
		return r, err
	})
}
