package walk_test

import (
	"maps"
	"slices"

	"budstikke.example/auth"
)

func init() {
	holders := slices.Concat(guardians, everyRole)
	maps.Copy(table, map[string]row{
		"GetSecondFactorRule": {allowed: []who{topOwner}, status: 200},
		"SetSecondFactorRule": {allowed: []who{topOwner}, status: 200, body: fixed(map[string]any{"ofEverybody": false})},
		"StartProviderProof":  {allowed: holders, status: 201, again: anew, body: fixed(map[string]any{"method": "sandbox", "client": "app"})},
		// Who may are those whose proof it is: TestStepUpWithAProvider.
		"ProveByProvider": {allowed: nil, status: 204, body: func(w *walk, _ ids, _ who) any {
			holder, _ := auth.NewHolder(w.here)
			return map[string]any{"holder": holder.Reveal(), "state": "none"}
		}},
		// Who may have an app that nobody asks of them: TestAuthenticatorIsRemoved.
		"RemoveAuthenticator": {allowed: nil, status: 204, body: fixed(map[string]any{"password": headPassword})},
	})
}
