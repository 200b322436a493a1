package guardian

import (
	"context"

	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/notify"
)

// ListChildren returns the children whose guardianship the head has activated (V6).
func (f *Flows) ListChildren(ctx context.Context, _ ListChildrenRequestObject) (ListChildrenResponseObject, error) {
	children, err := f.family(ctx).Children(ctx)
	if err != nil {
		return nil, err
	}
	return ListChildren200JSONResponse{Items: view.Each(children, viewChild)}, nil
}

// GetChild returns one of the guardian's children.
func (f *Flows) GetChild(ctx context.Context, req GetChildRequestObject) (GetChildResponseObject, error) {
	child, err := f.family(ctx).Child(ctx, req.ChildID)
	if err != nil {
		return nil, err
	}
	return GetChild200JSONResponse(viewChild(child)), nil
}

// GetMe returns who the guardian is and where they are reached, until when they are to prove anew who they are, and what they can do now (H1, H5).
// Why an institution does not let them in is for the institution to say.
func (f *Flows) GetMe(ctx context.Context, _ GetMeRequestObject) (GetMeResponseObject, error) {
	self, err := f.family(ctx).Self(ctx)
	if err != nil {
		return nil, err
	}
	me := GetMe200JSONResponse{Name: self.Name, Locale: Locale(self.Locale), Endpoints: view.Each(self.Endpoints, viewEndpoint), AbsenceNotes: self.Notes}
	if !self.ProofDue.IsZero() {
		me.ProofDue = &self.ProofDue
	}
	var next []MeNextSteps
	if self.Prove {
		next = append(next, ProveIdentity)
	}
	if self.Waits {
		next = append(next, ContactInstitution)
	}
	if next != nil {
		me.NextSteps = &next
	}
	return me, nil
}

// SetEmailNotices says whether routine notices come to the guardian's e-mail addresses; critical ones always do (B1).
func (f *Flows) SetEmailNotices(ctx context.Context, req SetEmailNoticesRequestObject) (SetEmailNoticesResponseObject, error) {
	return postgres.Write(ctx, f.family(ctx), func(tx *postgres.FamilyTx) (SetEmailNoticesResponseObject, error) {
		if _, err := tx.Person(ctx); err != nil { // only for somebody who is signed in
			return nil, err
		}
		return SetEmailNotices204Response{}, tx.SetEmailNotices(ctx, req.Body.Routine)
	})
}

// RegisterDevice keeps a push token of this device.
func (f *Flows) RegisterDevice(ctx context.Context, req RegisterDeviceRequestObject) (RegisterDeviceResponseObject, error) {
	return postgres.Write(ctx, f.family(ctx), func(tx *postgres.FamilyTx) (RegisterDeviceResponseObject, error) {
		if err := tx.Hold(ctx); err != nil {
			return nil, err
		}
		_, err := tx.Register(ctx, notify.Provider(req.Body.Provider), req.Body.Token, notify.Locale(req.Body.Locale))
		return RegisterDevice204Response{}, err
	})
}

// RegisterMobile keeps a mobile number that its owner then proves by sending a code from it (H5). No SMS leaves for that (V20).
func (f *Flows) RegisterMobile(ctx context.Context, req RegisterMobileRequestObject) (RegisterMobileResponseObject, error) {
	if err := checkNumber(req.Body.Number); err != nil {
		return nil, err
	}
	return postgres.Write(ctx, f.family(ctx), func(tx *postgres.FamilyTx) (RegisterMobileResponseObject, error) {
		kept, err := tx.Register(ctx, notify.ProviderTwilio, req.Body.Number, notify.Locale(req.Body.Locale))
		return RegisterMobile202JSONResponse{Code: kept.VerifyCode, SendTo: f.InboundNumber}, err
	})
}

// ListNotices returns a page of in-app notices, the latest first.
func (f *Flows) ListNotices(ctx context.Context, req ListNoticesRequestObject) (ListNoticesResponseObject, error) {
	list, err := f.family(ctx).Notices(ctx, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListNotices200JSONResponse{Items: view.Each(list.Items, viewNotice), Next: view.Optional(list.Next)}, nil
}

// GetAlert returns an alert of an institution where a child of the guardian is enrolled.
func (f *Flows) GetAlert(ctx context.Context, req GetAlertRequestObject) (GetAlertResponseObject, error) {
	alert, err := f.family(ctx).Alert(ctx, req.AlertID)
	if err != nil {
		return nil, err
	}
	return GetAlert200JSONResponse(viewAlert(alert)), nil
}
