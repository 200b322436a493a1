package staff

import (
	"context"

	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/notify"
)

// RegisterStaffDevice keeps a push token of this device, so that a new message is announced there (V8, V20).
func (f *Flows) RegisterStaffDevice(ctx context.Context, req RegisterStaffDeviceRequestObject) (RegisterStaffDeviceResponseObject, error) {
	return postgres.Write(ctx, f.institution(ctx), func(tx *postgres.InstitutionTx) (RegisterStaffDeviceResponseObject, error) {
		if err := tx.Hold(ctx); err != nil {
			return nil, err
		}
		_, err := tx.Register(ctx, notify.Provider(req.Body.Provider), req.Body.Token, notify.Locale(req.Body.Locale))
		return RegisterStaffDevice204Response{}, err
	})
}

// ListStaffNotices returns a page of the caller's in-app notices as staff, the latest first (B1).
func (f *Flows) ListStaffNotices(ctx context.Context, req ListStaffNoticesRequestObject) (ListStaffNoticesResponseObject, error) {
	list, err := f.institution(ctx).Notices(ctx, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListStaffNotices200JSONResponse{Items: view.Each(list.Items, viewNotice), Next: view.Optional(list.Next)}, nil
}
