package web

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/web/contract"
	"budstikke.example/auth"
)

// purposes says for what purpose staff use an operation; each use leaves an entry in the audit trail (B5). An operation of staff or office that
// stands neither here nor in withoutChildren leaves one as postgres.Unsorted, and a test asks for its line.
var purposes = map[string]postgres.Purpose{
	"ListInstitutionChildren":      postgres.Roster,
	"ListReportedAbsences":         postgres.Absences,
	"ListInstitutionConversations": postgres.Messages,
	"ListConversationMessages":     postgres.Messages,
	"ReplyToGuardian":              postgres.Messages,

	"ListGuardianships":      postgres.Guardianships,
	"GetGuardianship":        postgres.Guardianships,
	"ActivateGuardianship":   postgres.AccessDecision,
	"DeactivateGuardianship": postgres.AccessDecision,
	"SuspendGuardianship":    postgres.AccessDecision,

	"ListRestrictions":        postgres.Guardianships,
	"ListHeldChanges":         postgres.Guardianships,
	"DecideHeldChange":        postgres.AccessDecision,
	"SetRestriction":          postgres.AccessDecision,
	"ProposeLifting":          postgres.AccessDecision,
	"ConfirmLifting":          postgres.AccessDecision,
	"StateWishFor":            postgres.Guardianships,
	"ListProposedActivations": postgres.Guardianships,
	"ActivateGuardianships":   postgres.AccessDecision,
	"ListUnclarifiedChildren": postgres.Guardianships,
	"ClarifyGuardians":        postgres.AccessDecision,
	"RaiseAlert":              postgres.Alerts,
	"ListChildLooks":          postgres.Looks,
	"ExplainAccess":           postgres.Looks,

	"ListApplications":     postgres.Guardianships,
	"DecideApplication":    postgres.AccessDecision,
	"SetApplicationPolicy": postgres.AccessDecision,
	"SetSecondFactorRule":  postgres.AccessDecision,
	"ListReviewRows":       postgres.Guardianships,
	"GetReviewReport":      postgres.Guardianships,
	"DecideReviewRows":     postgres.AccessDecision,
	"KeepReviewRows":       postgres.AccessDecision,
	"CompleteReview":       postgres.AccessDecision,
	"SetReviewRule":        postgres.AccessDecision,
	"MakeWheelLink":        postgres.AccessDecision,
	"RemoveWheelLink":      postgres.AccessDecision,
	"EnterStaffRole":       postgres.Accounts,
	"EndStaffRole":         postgres.Accounts,
	"AppointHead":          postgres.Accounts,
	"SetLeave":             postgres.Accounts,
	"EndLeave":             postgres.Accounts,
	"InviteStaff":          postgres.Accounts,
	"EndStaffAccount":      postgres.Accounts,

	"ListExternalPartners":  postgres.Accounts,
	"InviteExternalPartner": postgres.Accounts,
	"ChangeExternalPartner": postgres.Accounts,
	"EndExternalPartner":    postgres.Accounts,
	"ListPartnerChildren":   postgres.Roster,

	"EndGuardianAccount": postgres.Accounts,
}

// withoutChildren are the operations of staff and office that show nothing of a child and decide nothing, with the reason.
var withoutChildren = map[string]string{
	"ListInstitutions":     "where the caller works",
	"RegisterStaffDevice":  "the caller's own device",
	"ListStaffNotices":     "the caller's own notices, which hold ids only",
	"OpenStaffStream":      "the caller's own notices, as they come",
	"GetApplicationPolicy": "a setting of the municipality",
	"GetSecondFactorRule":  "a setting of the municipality",
	"GetAlertProgress":     "how many guardians were reached; nobody is named",
	"ListReviews":          "how far the reviews have come; nobody is named",
	"ListOverdueReviews":   "how far the reviews have come; nobody is named",
	"GetReview":            "how far the review has come; nobody is named",
	"GetReviewRule":        "days and deadlines",
	"ListStaffAccounts":    "how staff sign in; no child is named",
	"ListStaffRoles":       "who works at the institution; no child is named",

	"ListInstitutionsWithoutHead": "the caller's own institutions; nobody is named",
}

// purposeOf is the purpose of an operation; "" for one that leaves no entry when it succeeds.
func purposeOf(operation *contract.Operation) postgres.Purpose {
	if operation.Tag != "staff" && operation.Tag != "office" {
		return ""
	}
	if _, listed := withoutChildren[operation.ID]; listed {
		return ""
	}
	if purpose, listed := purposes[operation.ID]; listed {
		return purpose
	}
	return postgres.Unsorted
}

// audited puts into the context what the trail is to say of the request.
func audited(ctx context.Context, operation *contract.Operation, a *contract.Accepted) context.Context {
	if !operation.Secured {
		return ctx
	}
	about := postgres.Audit{Operation: operation.ID, Purpose: purposeOf(operation)}
	for name, value := range a.Path {
		id, err := uuid.Parse(value)
		switch {
		case err != nil:
		case name == "childId":
			about.Child = id
		case name == "institutionId":
			about.Institution = id
		default:
			about.Resource = id
		}
	}
	return postgres.WithAudit(ctx, about)
}

// noteRefusal counts for the trail that somebody with a session asked for what does not exist for them.
func (s *Server) noteRefusal(c *fiber.Ctx, r *record, err error) {
	var fault *app.Fault
	if s.config.Refused == nil || r.operation == nil || !errors.As(err, &fault) || fault.Kind != app.NotFound {
		return
	}
	ctx := c.UserContext()
	if _, known := auth.CredentialOf(ctx); known {
		s.config.Refused(ctx, auth.Anybody(ctx))
	}
}
