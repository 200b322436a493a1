package guardian

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/auth"
)

// ListChildViewers tells in which roles, and by how many, the child can be seen at its institutions (B9). Staff are not named, and who would not
// see it is not told.
func (f *Flows) ListChildViewers(ctx context.Context, req ListChildViewersRequestObject) (ListChildViewersResponseObject, error) {
	list, err := f.family(ctx).Viewers(ctx, req.ChildID)
	if err != nil {
		return nil, err
	}
	answer := ListChildViewers200JSONResponse{Items: []ChildViewersItem{}}
	type place struct {
		institution uuid.UUID
		role        string
	}
	at := map[place]int{}
	for _, v := range list {
		if !auth.Explain("child", v.Caller, v.Facts).Allow {
			continue
		}
		counted := map[place]bool{} // somebody with the same role in two groups is one person
		for _, g := range v.Grounds {
			p := place{g.Institution, g.Role}
			if g.Status != "active" || counted[p] {
				continue
			}
			counted[p] = true
			if _, ok := at[p]; !ok {
				at[p] = len(answer.Items)
				answer.Items = append(answer.Items, ChildViewersItem{InstitutionID: g.Institution, InstitutionName: g.InstitutionName, Role: Role(g.Role)})
			}
			answer.Items[at[p]].People++
		}
	}
	return answer, nil
}
