package signin

import (
	"context"

	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/store"
)

// EndAccount ends the guardian's own account, and everything that came with it, at once (H4, V15). The policy asks for a fresh proof first:
// somebody who found an unlocked telephone could else shut its owner out. Fault: step_up_required.
func (f *Flows) EndAccount(ctx context.Context, _ EndAccountRequestObject) (EndAccountResponseObject, error) {
	return postgres.Write(ctx, f.DB.Visitor(auth.Guardian(ctx)), func(tx *postgres.VisitorTx) (EndAccountResponseObject, error) {
		return EndAccount204Response{}, store.EndOwnAccount(ctx, tx.Tx)
	})
}
