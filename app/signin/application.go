package signin

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/confirm"
)

func (f *Flows) applicant(ctx context.Context) postgres.Visitor {
	return f.DB.Visitor(auth.Applicant(ctx))
}

// GetApplication returns how far the applicant's own application has come.
func (f *Flows) GetApplication(ctx context.Context, _ GetApplicationRequestObject) (GetApplicationResponseObject, error) {
	return postgres.Read(ctx, f.applicant(ctx), func(tx *postgres.VisitorTx) (GetApplicationResponseObject, error) {
		a, err := tx.Application(ctx)
		return GetApplication200JSONResponse(viewApplication(a)), err
	})
}

// RegisterApplicationEmail keeps the applicant's address and sends the mail that asks them to confirm it (H3). The mail is counted before it
// is sent, for the applicant and for the address, because anybody's address can be named here. Faults: application_closed, too_many_attempts.
func (f *Flows) RegisterApplicationEmail(ctx context.Context, req RegisterApplicationEmailRequestObject) (RegisterApplicationEmailResponseObject, error) {
	visitor, email := f.applicant(ctx), string(req.Body.Email)
	if err := postgres.Repeated(ctx, visitor); err != nil {
		return nil, err
	}
	for range 3 {
		answer, err := f.registerEmail(ctx, visitor, email, notify.Locale(req.Body.Locale))
		if !errors.Is(err, errUncounted) {
			return answer, err
		}
	}
	return nil, app.ErrUnavailable
}

// errUncounted means that a mail became due after it was decided that none was: another request of the applicant came in between.
var errUncounted = errors.New("signin: a mail is due that was not counted")

func (f *Flows) registerEmail(ctx context.Context, visitor postgres.Visitor, email string, locale notify.Locale) (RegisterApplicationEmailResponseObject, error) {
	counter := f.DB.Visitor(scope.Of(auth.Applicant(ctx).Municipality(), scope.SignIn))
	counted, due, err := f.countMail(ctx, visitor, counter, email)
	if err != nil {
		return nil, err
	}
	mailed := false
	answer, err := postgres.Write(ctx, visitor, func(tx *postgres.VisitorTx) (RegisterApplicationEmailResponseObject, error) {
		if err := tx.HoldApplication(ctx); err != nil {
			return nil, err
		}
		a, err := openApplication(ctx, tx)
		if err != nil {
			return nil, err
		}
		if mailed, err = tx.RegisterEmail(ctx, a, email, locale); err != nil {
			return nil, err
		}
		if mailed && !due {
			return nil, errUncounted
		}
		a, err = tx.Application(ctx)
		return RegisterApplicationEmail202JSONResponse(viewApplication(a)), err
	})
	if !due || err == nil && mailed {
		return answer, err
	}
	// Nothing was sent. Should the count not be taken back, the applicant has one mail less this hour; the answer is the same.
	_, _ = postgres.Read(context.WithoutCancel(ctx), counter, func(tx *postgres.VisitorTx) (struct{}, error) {
		return struct{}{}, store.WithdrawMail(ctx, tx.Tx, counted)
	})
	return answer, err
}

// countMail counts the mail that registering this address would send, and tells whether it would. It is not in the transaction that sends
// it, because only a sign-in may count.
func (f *Flows) countMail(ctx context.Context, visitor, counter postgres.Visitor, email string) (counted store.Mail, due bool, err error) {
	person, err := postgres.Read(ctx, visitor, func(tx *postgres.VisitorTx) (uuid.UUID, error) {
		a, err := openApplication(ctx, tx)
		if err != nil {
			return uuid.Nil, err
		}
		due, err = tx.AsksToConfirm(ctx, a, email)
		return a.Person, err
	})
	if err != nil || !due {
		return store.Mail{}, false, err
	}
	counted, err = postgres.Read(ctx, counter, func(tx *postgres.VisitorTx) (store.Mail, error) {
		return store.ClaimMail(ctx, tx.Tx, f.Keys, person, email)
	})
	return counted, true, tooMany(err, "Too many mails were asked for. Look for them in your mailbox, or wait before you ask for another one.")
}

// openApplication returns the applicant's application while it can be changed. Faults: not_found, application_closed.
func openApplication(ctx context.Context, tx *postgres.VisitorTx) (app.Application, error) {
	a, err := tx.Application(ctx)
	if err == nil && a.State != app.ApplicationOpen {
		err = a.Closed()
	}
	return a, err
}

// ConfirmEmail makes an address active, by the token of the mail that went to it (H3).
func (f *Flows) ConfirmEmail(ctx context.Context, req ConfirmEmailRequestObject) (ConfirmEmailResponseObject, error) {
	municipality, endpoint, err := f.Confirm.Read(req.Body.Token, f.DB.Now())
	switch {
	case errors.Is(err, confirm.ErrExpired):
		return nil, &app.Fault{Kind: app.Unprocessable, Code: "confirmation_expired",
			Detail: "This link is too old. Register the address once more to get a new one."}
	case err != nil:
		return nil, app.ErrNotFound
	}
	return postgres.Write(ctx, f.DB.Visitor(scope.Of(municipality, scope.SignIn)), func(tx *postgres.VisitorTx) (ConfirmEmailResponseObject, error) {
		err := tx.ConfirmEmail(ctx, endpoint)
		if errors.Is(err, app.ErrNotFound) && tx.Refused() == nil {
			err = nil // confirmed before: the token itself is proof enough that there was something to confirm
		}
		return ConfirmEmail204Response{}, err
	})
}

// AcceptTerms keeps that the applicant accepted the terms, by version (H12). Fault: terms_outdated.
func (f *Flows) AcceptTerms(ctx context.Context, req AcceptTermsRequestObject) (AcceptTermsResponseObject, error) {
	return postgres.Write(ctx, f.applicant(ctx), func(tx *postgres.VisitorTx) (AcceptTermsResponseObject, error) {
		a, err := openApplication(ctx, tx)
		if err != nil {
			return nil, err
		}
		if req.Body.Version != a.TermsVersion {
			return nil, app.ErrTermsOutdated
		}
		if err := tx.AcceptTerms(ctx, a, req.Body.Version); err != nil {
			return nil, err
		}
		a, err = tx.Application(ctx)
		return AcceptTerms200JSONResponse(viewApplication(a)), err
	})
}

// SubmitApplication hands the application in (H1). When the municipality's policy decides and nothing stands against it, the account exists
// from now on; otherwise a head decides, and the answer does not say why (I18). A guardianship stays as it is: the head activates it (V1, V6), unless the
// municipality has decided ahead about those of which nothing is unclear (V13).
// The applicant's session runs out by itself within the hour: until then it is what a lost answer is asked for again with (B6).
func (f *Flows) SubmitApplication(ctx context.Context, _ SubmitApplicationRequestObject) (SubmitApplicationResponseObject, error) {
	return postgres.Write(ctx, f.applicant(ctx), func(tx *postgres.VisitorTx) (SubmitApplicationResponseObject, error) {
		a, err := tx.Application(ctx)
		if err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		facts, err := tx.ApplicantFacts(ctx, a.Person)
		if err != nil {
			return nil, err
		}
		if facts.Policy == app.AutoOnCustody {
			if facts.Custody, err = tx.Custody(ctx, me.Strong); err != nil {
				return nil, err
			}
		}
		a, checks, err := a.Submit(facts)
		if err != nil {
			return nil, err
		}
		if err := tx.Submit(ctx, a, checks); err != nil {
			return nil, err
		}
		if a.State != app.ApplicationApproved {
			return SubmitApplication202JSONResponse(viewApplication(a)), nil
		}
		account, err := store.OpenAccount(ctx, tx.Tx, a.Person, scope.Guardian)
		if err != nil {
			return nil, err
		}
		if facts.Custody == app.CustodyClear {
			if err := tx.OpenByCustody(ctx, a); err != nil {
				return nil, err
			}
		}
		device, err := store.DeviceOf(ctx, tx.Tx, me.Session)
		if err != nil {
			return nil, err
		}
		token, session, err := store.StartSession(ctx, tx.Tx, store.NewSession{
			Kind: scope.Guardian, Person: a.Person, Account: account.ID, Strong: me.Strong, Assurance: me.Assurance, Device: device,
		})
		if err != nil {
			return nil, err
		}
		return SubmitApplication201JSONResponse(viewSession(token, scope.Guardian, session)), nil
	})
}

// WithdrawApplication takes the application back. Fault: application_closed once it was decided.
func (f *Flows) WithdrawApplication(ctx context.Context, _ WithdrawApplicationRequestObject) (WithdrawApplicationResponseObject, error) {
	return postgres.Write(ctx, f.applicant(ctx), func(tx *postgres.VisitorTx) (WithdrawApplicationResponseObject, error) {
		a, err := tx.Application(ctx)
		if err != nil {
			return nil, err
		}
		if a, err = a.Withdraw(); err != nil {
			return nil, err
		}
		return WithdrawApplication200JSONResponse(viewApplication(a)), tx.Withdraw(ctx, a)
	})
}

func viewApplication(a app.Application) Application {
	return Application{
		State: ApplicationState(a.State), EmailConfirmed: a.EmailConfirmed, TermsVersion: a.TermsVersion, TermsAccepted: a.TermsAccepted,
		Email: optional(a.Email), DeclinedBefore: a.DeclinedBefore,
	}
}
