package signin

import (
	"context"
	"errors"

	"budstikke.example/app"
	"budstikke.example/auth/oidc"
	"budstikke.example/auth/proof"
)

// FollowEntryLink starts a staff sign-in from a signed link of another service, such as Aula (U6). The link chooses where in the app it leads
// and nothing else: who comes in is who the provider says, and what they get is what the register says (U1). A link that is forged, altered,
// expired, used, or another municipality's is not found, like one of a municipality that has none.
func (f *Flows) FollowEntryLink(ctx context.Context, req FollowEntryLinkRequestObject) (FollowEntryLinkResponseObject, error) {
	here, err := f.here(ctx, req.Body.MunicipalityID)
	if err != nil {
		return nil, err
	}
	if f.OIDC == nil {
		return nil, app.ErrNotFound
	}
	link, err := f.OIDC.Providers.Follow(here.Slug, req.Body.Link, f.OIDC.DB.Now())
	if errors.Is(err, oidc.ErrNoEntry) {
		f.Log.WarnContext(ctx, "a link of an entry was refused", "municipality", here.Slug, "detail", err.Error()) // what a wrong key looks like
		return nil, app.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	departure, err := f.depart(ctx, here, proof.Journey{
		Municipality: here.Slug, Provider: link.Provider, Audience: oidc.Staff, Client: req.Body.Client, Target: link.Target, Link: link.Digest,
	})
	if err != nil {
		return nil, err
	}
	return FollowEntryLink201JSONResponse{Holder: departure.Holder.Reveal(), URL: departure.URL}, nil
}
