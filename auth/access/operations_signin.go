package access

import "time"

var (
	holders   = []Caller{Guardian, Staff} // whoever has an account
	nobodyYet = []Caller{SignIn}
	applying  = []Caller{Applicant}
	// keyholders have an account, or are on the way to the second factor that it must have.
	keyholders = []Caller{Guardian, Staff, SecondFactor}
)

// signinOperations are those of the room where nobody is known yet. What lets somebody in there is a proof that the flow asks for; a
// transaction of a sign-in has no person and sees what row-level security gives signin.
var signinOperations = []Policy{
	{Operation: "ListMunicipalities", Callers: nobodyYet, Fields: AllFields, Audit: AuditNone},
	{Operation: "StartBankID", Callers: nobodyYet, Fields: AllFields, Audit: AuditNone},
	{Operation: "CollectBankID", Callers: nobodyYet, Fields: AllFields, Audit: AuditWrite},
	{Operation: "CancelBankID", Callers: nobodyYet, Fields: AllFields, Audit: AuditNone},
	{Operation: "StartStaffSession", Callers: nobodyYet, Fields: AllFields, Audit: AuditWrite},
	{Operation: "ListSignInMethods", Callers: nobodyYet, Fields: AllFields, Audit: AuditNone},
	{Operation: "StartSignIn", Callers: nobodyYet, Fields: AllFields, Audit: AuditNone},
	{Operation: "FollowEntryLink", Callers: nobodyYet, Fields: AllFields, Audit: AuditNone},
	{Operation: "FinishSignIn", Callers: nobodyYet, Fields: AllFields, Audit: AuditWrite},
	{Operation: "ConfirmEmail", Callers: nobodyYet, Fields: AllFields, Audit: AuditWrite},

	{Operation: "ActivateAccount", Callers: nobodyYet, Fields: AllFields, Audit: AuditWrite},
	// The password is proved by a transaction of the sign-in, which alone may count tries.
	{Operation: "StartAuthenticator", Callers: keyholders, Beside: nobodyYet, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	{Operation: "ChangePassword", Callers: holders, Beside: nobodyYet, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	{Operation: "RenewRecoveryCodes", Callers: holders, Beside: nobodyYet, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	{Operation: "RemoveAuthenticator", Callers: holders, Beside: nobodyYet, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	{Operation: "ConfirmAuthenticator", Callers: keyholders, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},

	// A challenge is used up, and a passkey looked up, by a transaction of the sign-in.
	{Operation: "StartPasskeySignIn", Callers: nobodyYet, Fields: AllFields, Audit: AuditNone},
	{Operation: "FinishPasskeySignIn", Callers: nobodyYet, Fields: AllFields, Audit: AuditWrite},
	{Operation: "StartPasskey", Callers: keyholders, Beside: nobodyYet, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	{Operation: "AddPasskey", Callers: keyholders, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	{Operation: "ListPasskeys", Callers: holders, Roles: AnyRole, Fields: AllFields, Audit: AuditNone},
	{Operation: "RenamePasskey", Callers: holders, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	{Operation: "RemovePasskey", Callers: holders, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite, Strong: true, Fresh: 15 * time.Minute},
	{Operation: "StartPasskeyProof", Callers: holders, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	{Operation: "ProveByPasskey", Callers: holders, Beside: nobodyYet, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},

	{Operation: "SignOut", PIN: true, Callers: []Caller{Guardian, Staff, Applicant, SecondFactor}, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},

	{Operation: "RefreshSession", Callers: nobodyYet, Fields: AllFields, Audit: AuditWrite},
	{Operation: "ListSessions", Callers: holders, Roles: AnyRole, Fields: AllFields, Audit: AuditNone},
	{Operation: "EndSession", Callers: holders, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	// Whoever found an unlocked telephone could else sign its owner out of every other device.
	{Operation: "EndOtherSessions", Callers: holders, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite, Strong: true, Fresh: 15 * time.Minute},
	{Operation: "EndAccount", Callers: guardians, Fields: AllFields, Audit: AuditWrite, Strong: true, Fresh: 15 * time.Minute},
	{Operation: "ProveByBankID", Callers: holders, Beside: nobodyYet, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	{Operation: "StartProviderProof", Callers: holders, Beside: nobodyYet, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	{Operation: "ProveByProvider", Callers: holders, Beside: nobodyYet, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},
	{Operation: "ProveByPassword", Callers: holders, Beside: nobodyYet, Roles: AnyRole, Fields: AllFields, Audit: AuditWrite},

	{Operation: "GetApplication", Callers: applying, Fields: AllFields, Audit: AuditNone},
	// The mail is counted by a transaction of the sign-in, which alone may count.
	{Operation: "RegisterApplicationEmail", Callers: applying, Beside: nobodyYet, Fields: AllFields, Audit: AuditWrite},
	{Operation: "GetTerms", Callers: []Caller{Guardian, Applicant}, Fields: AllFields, Audit: AuditNone},
	{Operation: "AcceptNewTerms", Callers: guardians, Fields: AllFields, Audit: AuditWrite},
	{Operation: "AcceptTerms", Callers: applying, Fields: AllFields, Audit: AuditWrite},
	{Operation: "WithdrawApplication", Callers: applying, Fields: AllFields, Audit: AuditWrite},
	{Operation: "SubmitApplication", Callers: applying, Beside: nobodyYet, Fields: AllFields, Audit: AuditWrite},
}
