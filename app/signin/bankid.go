package signin

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/bankid"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// StartBankID starts a sign-in, which is also how an application begins (H1, H2). Sent again it starts another order, and the earlier one runs
// out by itself: its answer is a secret for one device, and nothing in the request could tell that device from another with the same key.
// Faults: not_found for a client that BankID cannot come back to, and where there is no BankID; bankid_busy, unavailable; too_many_attempts, for everybody behind one address together.
func (f *Flows) StartBankID(ctx context.Context, req StartBankIDRequestObject) (StartBankIDResponseObject, error) {
	begin, err := beginning(ctx, *req.Body)
	if err != nil {
		return nil, err
	}
	visitor, err := f.known(ctx, req.Body.MunicipalityID)
	if err != nil {
		return nil, err
	}
	if f.BankID == nil {
		return nil, app.ErrNotFound
	}
	_, err = postgres.Read(ctx, visitor, func(tx *postgres.VisitorTx) (struct{}, error) {
		return struct{}{}, store.ClaimStart(ctx, tx.Tx, f.Keys, auth.DeviceOf(ctx))
	})
	if err != nil {
		return nil, tooMany(err, "Too many sign-ins were started from this network. Wait a little before the next one.")
	}
	started, err := f.BankID.Begin(ctx, req.Body.MunicipalityID, begin)
	if errors.Is(err, proof.ErrNoReturn) {
		return nil, app.ErrNotFound
	}
	if err != nil {
		return nil, trouble(localeOf(ctx, visitor, string(value(req.Body.Locale))), err)
	}
	return StartBankID201JSONResponse{
		Holder: started.Holder.Reveal(), AutoStartToken: optional(started.AutoStartToken), Qr: optional(started.QR),
	}, nil
}

// beginning reads what a sign-in with BankID begins with. Fault: request_invalid for what belongs together, or not together.
func beginning(ctx context.Context, asked BankIDStart) (proof.Start, error) {
	invalid := func(pointer, detail string) error {
		return &app.Fault{Kind: app.Malformed, Code: "request_invalid", Detail: "Look at the fields that are named.",
			Fields: []app.Field{{Pointer: pointer, Detail: detail}}}
	}
	s := proof.Start{Address: auth.DeviceOf(ctx), SameDevice: value(asked.SameDevice), Client: value(asked.Client), Device: deviceOf(asked.Device)}
	switch {
	case s.SameDevice && s.Client == "":
		return s, invalid("/client", "is needed on the same device")
	case asked.App != nil && asked.Web != nil:
		return s, invalid("/web", "cannot stand beside app")
	case asked.App != nil:
		s.App = &bankid.App{Identifier: asked.App.Identifier, OS: asked.App.Os, Model: asked.App.Model}
	case asked.Web != nil && s.Client == "":
		return s, invalid("/client", "is needed with web")
	case asked.Web != nil:
		s.UserAgent = asked.Web.UserAgent
	}
	return s, nil
}

// CollectBankID tells how a sign-in stands. When it is done the answer is a session (H2), an application (H11), or the one advice to turn to the
// institution that is the same whatever stands behind it: unknown, not a legal guardian, a protected identity (H7).
func (f *Flows) CollectBankID(ctx context.Context, req CollectBankIDRequestObject) (CollectBankIDResponseObject, error) {
	began := time.Now()
	holder, err := auth.ParseHolder(req.Body.Holder)
	if err != nil || f.BankID == nil {
		return nil, app.ErrNotFound
	}
	visitor := f.DB.Visitor(scope.Of(holder.Municipality, scope.SignIn))
	if err := postgres.Repeated(ctx, visitor); err != nil {
		return nil, err
	}
	locale := localeOf(ctx, visitor, string(value(req.Body.Locale)))
	var done CollectBankID200JSONResponse
	asked := proof.Question{Holder: req.Body.Holder, Nonce: value(req.Body.Nonce), Locale: locale, Address: auth.DeviceOf(ctx)}
	written := context.WithoutCancel(ctx) // BankID tells who it was once: from there on it is written down, whether the caller waits or not
	progress, err := f.BankID.Collect(ctx, asked, proof.Ends{
		SignedIn: func(tx *scope.Tx, who proof.Identity) error {
			var err error
			done, err = postgres.Once(written, tx, func() (CollectBankID200JSONResponse, error) {
				return f.admit(written, tx, who, locale, deviceOf(req.Body.Device))
			})
			return err
		},
		Refused: func(tx *scope.Tx, who proof.Identity) error { return f.refuse(written, tx, "CollectBankID", who) },
	})
	if errors.Is(err, store.ErrNoOrder) {
		// The same request may have ended the order while this one was on its way (B6).
		if again := postgres.Repeated(ctx, visitor); again != nil {
			return nil, again
		}
	}
	if err != nil {
		return nil, trouble(locale, ended(err))
	}
	switch progress.Status {
	case bankid.Complete:
		if done.Status == BankIDProgressStatusContactInstitution {
			waitUntil(ctx, began.Add(turnedAwayAfter))
		}
		return done, nil
	case bankid.Failed:
		return CollectBankID200JSONResponse{Status: BankIDProgressStatusFailed, Text: progress.Text, Hint: optional(string(progress.Hint))}, nil
	}
	return CollectBankID200JSONResponse{
		Status: BankIDProgressStatusPending, Text: progress.Text, Hint: optional(string(progress.Hint)), Qr: optional(progress.QR),
	}, nil
}

// turnedAwayAfter is how long a refusal takes at least. The register answers faster about somebody it does not know, and the first failure of an
// account within the hour leaves an entry in the trail that a missing account does not (B5); all who are turned away wait longer than that takes,
// so that neither the words nor the time tell apart why (H7, H11, P10). The work is the same as far as it can be, for when the machine is busier
// than this.
const turnedAwayAfter = 150 * time.Millisecond

// waitUntil returns at a moment, or when ctx ends. It goes by the machine's clock: what it hides is how long a machine took.
func waitUntil(ctx context.Context, moment time.Time) {
	timer := time.NewTimer(time.Until(moment))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// admit decides what somebody who has proved who they are with BankID gets.
func (f *Flows) admit(ctx context.Context, tx *scope.Tx, who proof.Identity, locale string, device auth.Device) (CollectBankID200JSONResponse, error) {
	number, err := nationalid.Parse(nationalid.Sweden, who.PersonalNumber.Reveal(), tx.Now)
	if err != nil {
		return turnedAway(locale), refused(ctx, tx, "CollectBankID", uuid.Nil)
	}
	return f.admitNumber(ctx, tx, "CollectBankID", number, scope.Substantial, locale, device)
}

// admitNumber decides what the owner of an identity number gets who has proved to be them. It does the same reading for everybody. An account
// leads to a guardian's session only if it was opened for a guardian, or if its owner has handed an application in: a member of the staff who has
// not is no guardian yet, and applies like everybody (H2, H3, H12). Who is turned away leaves an entry in the audit trail.
func (f *Flows) admitNumber(ctx context.Context, tx *scope.Tx, operation string, number nationalid.Number, assurance scope.Assurance,
	locale string, device auth.Device) (CollectBankID200JSONResponse, error) {
	visitor := postgres.Joined(tx)
	locale, err := visitor.Language(ctx, locale)
	if err != nil {
		return CollectBankID200JSONResponse{}, err
	}
	match, found, err := store.MatchApplicant(ctx, tx, postgres.IdentityIndex(f.Keys, tx.Municipality(), number))
	if err != nil {
		return CollectBankID200JSONResponse{}, err
	}
	account, hasAccount, err := store.AccountOf(ctx, tx, match.Person)
	if err != nil {
		return CollectBankID200JSONResponse{}, err
	}
	submitted, err := visitor.HasSubmitted(ctx, match.Person)
	if err != nil {
		return CollectBankID200JSONResponse{}, err
	}
	switch {
	case found && hasAccount && (submitted || account.Kind == scope.Guardian):
		token, session, err := store.StartSession(ctx, tx, store.NewSession{Kind: scope.Guardian, Person: match.Person, Account: account.ID, Assurance: assurance, Device: device})
		if err != nil {
			return CollectBankID200JSONResponse{}, err
		}
		s := viewSession(token, scope.Guardian, session)
		return CollectBankID200JSONResponse{Status: BankIDProgressStatusSignedIn, Text: signedInText.In(locale), Session: &s}, nil
	case found && match.MayApply:
		id, err := uuid.NewV7()
		if err != nil {
			return CollectBankID200JSONResponse{}, err
		}
		if _, err := visitor.OpenApplication(ctx, id, match.Person, locale); err != nil {
			return CollectBankID200JSONResponse{}, err
		}
		token, session, err := store.StartSession(ctx, tx, store.NewSession{Kind: scope.Applicant, Person: match.Person, Assurance: assurance, Device: device})
		if err != nil {
			return CollectBankID200JSONResponse{}, err
		}
		s := viewSession(token, scope.Applicant, session)
		return CollectBankID200JSONResponse{Status: BankIDProgressStatusApplication, Text: applicationText.In(locale), Session: &s}, nil
	}
	return turnedAway(locale), refused(ctx, tx, operation, match.Person)
}

func turnedAway(locale string) CollectBankID200JSONResponse {
	return CollectBankID200JSONResponse{Status: BankIDProgressStatusContactInstitution, Text: contactInstitutionText.In(locale)}
}

// CancelBankID gives a sign-in up.
func (f *Flows) CancelBankID(ctx context.Context, req CancelBankIDRequestObject) (CancelBankIDResponseObject, error) {
	holder, err := auth.ParseHolder(req.Body.Holder)
	if err != nil || f.BankID == nil {
		return nil, app.ErrNotFound
	}
	visitor := f.DB.Visitor(scope.Of(holder.Municipality, scope.SignIn))
	if err := postgres.Repeated(ctx, visitor); err != nil {
		return nil, err
	}
	// An order that is over was given up already, which is what was asked for.
	if err := f.BankID.Cancel(ctx, req.Body.Holder); err != nil && !errors.Is(err, store.ErrNoOrder) {
		return nil, trouble(localeOf(ctx, visitor, string(value(req.Body.Locale))), ended(err))
	}
	return postgres.Write(ctx, visitor, func(tx *postgres.VisitorTx) (CancelBankIDResponseObject, error) {
		_, err := tx.Exec(ctx, "select 1") // what remains is to remember the answer
		return CancelBankID204Response{}, err
	})
}

// localeOf is the language that was asked for, or else the municipality's. Where that is not known, texts are in English: a sign-in does not fail for it.
func localeOf(ctx context.Context, visitor postgres.Visitor, asked string) string {
	if asked != "" {
		return asked
	}
	known, err := postgres.Read(ctx, visitor, func(tx *postgres.VisitorTx) (string, error) { return tx.Language(ctx, asked) })
	if err != nil {
		return asked
	}
	return known
}

// trouble turns BankID's own refusals and its silence into faults. The person is told what to do now, in the language of locale;
// what BankID said stays inside.
func trouble(locale string, err error) error {
	var refusal *bankid.Error
	if !errors.As(err, &refusal) && !errors.Is(err, bankid.ErrNoAnswer) {
		return err
	}
	text := bankid.Trouble(locale, err)
	if refusal != nil && refusal.Code == bankid.AlreadyInProgress {
		return &app.Fault{Kind: app.Conflict, Code: "bankid_busy", Detail: text}
	}
	return &app.Fault{Kind: app.Unavailable, Code: app.ErrUnavailable.Code, RetryAfter: 10 * time.Second, Detail: text}
}
