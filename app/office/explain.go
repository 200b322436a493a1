package office

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/auth"
	"budstikke.example/auth/access"
)

var errOneQuestion = &app.Fault{
	Kind: app.Malformed, Code: "request_invalid", Detail: "Ask about an absence or about a conversation, not about both at once.",
	Fields: []app.Field{{Pointer: "conversationId", Detail: "stands beside absenceId"}},
}

// ExplainAccess tells who would see a child, or something about it, and why, since when and who decided it; and who would not (B9). It decides by
// the same function and the same facts that let people in.
func (f *Flows) ExplainAccess(ctx context.Context, req ExplainAccessRequestObject) (ExplainAccessResponseObject, error) {
	about := postgres.Subject{Child: req.ChildID, Noun: "child", ID: req.ChildID}
	switch absence, conversation := req.Params.AbsenceID, req.Params.ConversationID; {
	case absence != nil && conversation != nil:
		return nil, errOneQuestion
	case absence != nil:
		about.Noun, about.ID = "absence", *absence
	case conversation != nil:
		about.Noun, about.ID = "conversation", *conversation
	}
	explanation, err := f.office(ctx).Explain(ctx, about)
	if err != nil {
		return nil, err
	}
	people := view.Each(explanation.Viewers, func(v postgres.Viewer) ExplainedPerson { return viewViewer(about.Noun, v) })
	slices.SortStableFunc(people, func(a, b ExplainedPerson) int {
		switch {
		case a.Sees == b.Sees:
			return 0
		case a.Sees:
			return -1
		}
		return 1
	})
	return ExplainAccess200JSONResponse{
		ChildID: about.Child, About: AccessExplanationAbout(about.Noun), People: people,
		Tablets: view.Each(explanation.Tablets, viewShowingTablet), Alerts: view.Each(explanation.Alerts, viewAlertReach),
	}, nil
}

func viewShowingTablet(s postgres.ShowingTablet) ExplainedTablet {
	return ExplainedTablet{
		TabletID: s.ID, Name: s.Name, InstitutionID: s.Institution, InstitutionName: s.InstitutionName, GroupID: s.Group, GroupName: s.GroupName,
		Shows: ExplainedTabletShows(s.Shows), Locked: s.Locked, Since: s.Since, DecidedBy: s.DecidedBy, DecidedByName: view.Optional(s.DecidedByName),
	}
}

func viewAlertReach(a postgres.AlertReach) ExplainedAlert {
	v := ExplainedAlert{
		InstitutionID: a.Institution, InstitutionName: a.InstitutionName, PersonID: a.Person, Name: view.Optional(a.Name), ProtectedIdentity: a.Protected,
		InApp: a.Account, Channels: view.Each(a.Channels, func(c string) ExplainedAlertChannels { return ExplainedAlertChannels(c) }),
	}
	if a.Why != "" {
		why := ExplainedAlertWhy(a.Why)
		v.Why = &why
	}
	return v
}

func viewViewer(noun string, v postgres.Viewer) ExplainedPerson {
	d := auth.Explain(noun, v.Caller, v.Facts)
	person := ExplainedPerson{
		PersonID: v.Person, Name: view.Optional(v.Name), Caller: ExplainedPersonCaller(v.Caller), Sees: d.Allow, Reason: AccessReason(d.Reason),
		HasAccount:   v.HasAccount,
		Restrictions: view.Each(v.Restrictions, func(kind string) ExplainedPersonRestrictions { return ExplainedPersonRestrictions(kind) }),
		Grounds:      view.Each(v.Grounds, viewGround),
	}
	switch {
	case !d.Allow:
	case noun == string(access.Absence):
		reads := d.Fields == access.AllFields
		person.ReadsNote = &reads
	case noun == string(access.Conversation):
		writing := auth.ExplainWriting(v.Caller, v.Facts)
		reason := AccessReason(writing.Reason)
		person.Writes, person.WritesReason = &writing.Allow, &reason
	}
	return person
}

func viewGround(g postgres.Ground) AccessGround {
	v := AccessGround{
		InstitutionID: idOf(g.Institution), InstitutionName: view.Optional(g.InstitutionName), GroupID: idOf(g.Group), Status: AccessGroundStatus(g.Status),
		Since: momentOf(g.Since), Until: momentOf(g.Until), DecidedAt: momentOf(g.DecidedAt), DecidedBy: idOf(g.DecidedBy),
		DecidedByName: view.Optional(g.DecidedByName),
	}
	if g.Role != "" {
		role := Role(g.Role)
		v.Role = &role
	}
	return v
}

// idOf and momentOf leave out what there is not.
func idOf(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

func momentOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
