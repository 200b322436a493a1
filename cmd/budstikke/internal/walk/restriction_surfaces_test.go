package walk_test

// effect is what becomes of a surface for an adult whom a restriction stands between and a child.
type effect string

// The effects, in the words of docs/restrictions.md.
const (
	same      effect = "as before"
	notThere  effect = "the child is not there"
	placeless effect = "without the place"
	closed    effect = "nothing can be written"
	untold    effect = "not told"
	unmet     effect = "–" // such an adult does not meet a child there
)

// kinds of restrictions, in the order of every meaning.
var kinds = []string{"no_access", "no_contact", "no_location", "no_photo", "no_pickup"}

// meaning is the effect of each kind.
type meaning [5]effect

var (
	unconcerned   = meaning{unmet, unmet, unmet, unmet, unmet}
	guardianReads = meaning{notThere, same, placeless, same, same}
	hiddenAlone   = meaning{notThere, same, same, same, same}     // what says nothing of a place
	staffReads    = meaning{notThere, same, notThere, same, same} // who see a child through nothing but its place
	guardianPens  = meaning{notThere, closed, same, same, same}
	staffPens     = meaning{notThere, closed, notThere, same, same}
	whoIsTold     = meaning{untold, untold, same, same, same}
	keptInDark    = meaning{untold, untold, untold, same, same}
)

// surfaces say what each kind of restriction means wherever a child can be met (B8). Each operation of the contract and each kind of notice stands in
// exactly one of them, so that nothing new is met by whom it must not be because nobody asked. TestRestrictionsOnEverySurface holds the operations
// to it, the tests named in by the rest.
var surfaces = []struct {
	surface         string
	operations      []string
	notices         []string
	guardian, staff meaning
	by              []string // the tests that shows it, where the walk over the operations does not
}{
	{surface: "the list of one's children, and a child", operations: []string{"ListChildren", "GetChild"}, guardian: guardianReads, staff: unconcerned},
	{surface: "who sees a child and who looked", operations: []string{"ListChildViewers", "ListLooks"}, guardian: guardianReads, staff: unconcerned},
	{surface: "days of a child: lists, single ones", operations: []string{"ListAbsences", "GetAbsence"}, guardian: hiddenAlone, staff: unconcerned},
	{surface: "a report of absence, its change and its withdrawal", operations: []string{"ReportAbsence", "ChangeAbsence", "CancelAbsence", "RemoveAbsenceNote"},
		guardian: hiddenAlone, staff: unconcerned},
	{surface: "conversations and their messages", operations: []string{"ListConversations", "ListMessages"}, guardian: hiddenAlone, staff: unconcerned},
	{surface: "writing to the institution", operations: []string{"StartConversation", "PostMessage"}, guardian: guardianPens, staff: unconcerned},
	{surface: "notices of before, in the app", operations: []string{"ListNotices", "ListStaffNotices"}, guardian: hiddenAlone, staff: staffReads},
	{surface: "a message is announced", notices: []string{"message_posted"}, guardian: whoIsTold, staff: keptInDark, by: []string{"TestNoticesStopAtARestriction"}},
	{surface: "a day is announced to the other home", notices: []string{"absence_reported"}, guardian: keptInDark, staff: unconcerned, by: []string{"TestNoticesStopAtARestriction"}},
	{surface: "an alert: who gets it, its preview and its text", operations: []string{"GetAlert", "RaiseAlert", "PreviewAlert", "GetAlertProgress"}, notices: []string{"alert_raised"},
		guardian: meaning{untold, same, same, same, same}, staff: unconcerned, by: []string{"TestNoticesStopAtARestriction"}},
	{surface: "open streams", operations: []string{"OpenStream", "OpenStaffStream"}, guardian: hiddenAlone, staff: staffReads, by: []string{"TestStreamsEndWithTheAccess"}},
	{surface: "lists of an institution's children, absences and conversations", operations: []string{"ListInstitutionChildren", "ListReportedAbsences",
		"ListInstitutionConversations", "ListConversationMessages"}, guardian: unconcerned, staff: staffReads},
	{surface: "answering a guardian", operations: []string{"ReplyToGuardian"}, guardian: unconcerned, staff: staffPens},
	{surface: "the roll-call of a shared tablet, for all who work there", operations: []string{"GetRollCall"}, guardian: unconcerned, staff: staffReads, by: []string{"TestExplainTellsWhatTabletsShow"}},
	{surface: "children named for partners and professionals", operations: []string{"ListPartnerChildren"}, guardian: unconcerned, staff: staffReads},
	{surface: "the name behind an alias", operations: []string{"GetProtectedPerson", "ListProtectedPersons", "GrantClearance", "RevokeClearance", "SetAlias"},
		notices: []string{"clearance_granted"}, guardian: unconcerned, staff: staffReads},
	{surface: "who has access and why, and who looked", operations: []string{"ExplainAccess", "ListChildLooks", "ListGuardianships", "GetGuardianship", "ListExternalPartners", "ListProfessionals"},
		guardian: unconcerned, staff: staffReads},
	{surface: "deciding about access", operations: []string{"ActivateGuardianship", "DeactivateGuardianship", "SuspendGuardianship", "EndGuardianAccount", "ActivateGuardianships",
		"StateWishFor", "ClarifyGuardians", "ListProposedActivations", "ListUnclarifiedChildren", "OpenAssistedCase", "DecideAssistedCase", "ListAssistedCases", "InviteExternalPartner",
		"ChangeExternalPartner", "EnterProfessional", "ChangeProfessional"}, guardian: unconcerned, staff: staffReads},
	{surface: "restrictions themselves (nobody reads or lifts one on themselves)", operations: []string{"ListRestrictions", "SetRestriction", "ProposeLifting", "ConfirmLifting"},
		notices: []string{"lifting_proposed", "lifting_lapsed", "head_restricted"}, guardian: unconcerned, staff: staffReads},
	{surface: "what registers want", operations: []string{"ListHeldChanges", "DecideHeldChange", "DecideHeldChanges"}, notices: []string{"held_changes_waiting"},
		guardian: unconcerned, staff: staffReads},
	{surface: "rows of the access review and its report", operations: []string{"ListReviewRows", "DecideReviewRows", "KeepReviewRows", "CompleteReview", "GetReviewReport"},
		guardian: unconcerned, staff: staffReads, by: []string{"TestReviewIsDecidedByWhoMeetsTheChild"}},
	{surface: "what is about no child, or about oneself", guardian: unconcerned, staff: unconcerned,
		operations: []string{"GetMe", "StateWish", "RegisterDevice", "RegisterMobile", "SetEmailNotices", "CheckText", "ListApplications", "DecideApplication", "ListStaffAccounts", "ListStaffRoles",
			"ListInstitutionsWithoutHead", "ListReviews", "ListTraining", "ListRevisions", "GetRevision", "ListOverdueReviews", "ListOverdueRevisions", "GetReview", "GetReviewRule",
			"GetSecondFactorRule", "GetStaffRule", "GetTextRule", "GetApplicationPolicy", "ListTerms", "ListSharedUsers", "InviteStaff", "EndStaffAccount", "EndExternalPartner", "EndProfessional",
			"EnterStaffRole", "EndStaffRole", "AppointHead", "SetLeave", "EndLeave", "RecordTraining", "CorrectTraining", "ConfirmRevisionPoint", "CompleteRevision", "MakeWheelLink", "RemoveWheelLink",
			"SetReviewRule", "SetSecondFactorRule", "SetStaffRule", "SetTextRule", "SetApplicationPolicy", "PublishTerms", "SetSharedUserRule", "RotateSharedUser", "StartTabletEnrolment", "RemoveTablet",
			"ListInstitutions", "ListTabletStaff", "RegisterStaffDevice", "UnlockTablet", "ConfirmTablet", "SetPIN", "GetWheelCalendar", "ReceiveSMSReceipt", "ReceiveSMS", "UnsubscribeEmail",
			"ListMunicipalities", "ListSignInMethods", "ListPasskeys", "ListSessions", "GetApplication", "GetTerms", "StartSignIn", "FollowEntryLink", "FinishSignIn", "StartBankID",
			"CollectBankID", "CancelBankID", "StartStaffSession", "ActivateAccount", "StartAuthenticator", "ConfirmAuthenticator", "ChangePassword", "RenewRecoveryCodes",
			"StartPasskeySignIn", "FinishPasskeySignIn", "AddPasskey", "StartPasskey", "RenamePasskey", "RemovePasskey", "StartPasskeyProof", "ProveByPasskey", "SignOut", "RefreshSession",
			"EndSession", "EndOtherSessions", "EndAccount", "ProveByBankID", "ProveByPassword", "StartProviderProof", "ProveByProvider", "RemoveAuthenticator", "RegisterApplicationEmail",
			"ConfirmEmail", "AcceptTerms", "AcceptNewTerms", "SubmitApplication", "WithdrawApplication", "EnrolTablet", "RenewTabletSession"},
		notices: []string{"access_opened", "proof_due", "guardian_activated", "application_decided", "applications_waiting", "review_due", "review_overdue", "institution_without_head",
			"partner_without_sponsor", "training_overdue", "secret_due", "sign_in_changed", "revision_due", "revision_overdue"}},
	{surface: "the notice that tries the channels: to the operator, about nobody", notices: []string{"synthetic"}, guardian: unconcerned, staff: unconcerned,
		by: []string{"TestSyntheticNoticesAreNobodys"}},
}
