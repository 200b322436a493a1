package staff

import (
	"context"

	"budstikke.example/app/view"
)

// GetProtectedPerson shows the name behind an alias to somebody with a clearance (B8). It is the only operation that does, and each time leaves an
// entry of its own in the trail (B5).
func (f *Flows) GetProtectedPerson(ctx context.Context, req GetProtectedPersonRequestObject) (GetProtectedPersonResponseObject, error) {
	p, err := f.institution(ctx).LookAtProtected(ctx, req.PersonID)
	if err != nil {
		return nil, err
	}
	return GetProtectedPerson200JSONResponse{
		PersonID: p.Person, Alias: p.Alias(), Level: ProtectionLevel(p.Level), Name: p.Name(), Email: view.Optional(p.Email), Mobile: view.Optional(p.Mobile),
	}, nil
}
