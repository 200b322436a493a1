package walk_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// byThemselves are operations whose answer depends on more than who calls; tests of their own let those try who have a session.
var byThemselves = map[string]bool{"SignOut": true, "ProveByPassword": true, "EndAccount": true, "RemoveAuthenticator": true}

func init() {
	holders := slices.Concat(guardians, everyRole)
	maps.Copy(table, map[string]row{
		"RefreshSession": {open: true, status: 200, again: reported, body: func(w *walk, _ ids, _ who) any {
			return map[string]any{"refreshToken": w.family("Annelore", scope.Guardian).refresh, "deviceSecret": deviceSecret}
		}},
		"ListSessions":     {allowed: holders, status: 200},
		"EndSession":       {allowed: holders, status: 204, arrange: (*walk).otherSession},
		"EndOtherSessions": {allowed: holders, status: 204},
		"EndAccount":       {allowed: nil, status: 204, again: signedOut}, // every guardian, each with an account of their own: TestEndAccount
		// Who may are those whose proof it is: TestStepUp.
		"ProveByBankID": {allowed: nil, status: 200, body: func(w *walk, _ ids, _ who) any {
			holder, _ := auth.NewHolder(w.here)
			return map[string]any{"holder": holder.Reveal()}
		}},
		"ProveByPassword": {allowed: nil, status: 204, body: fixed(map[string]any{"username": "nobody", "password": "x", "code": "000000"})},
	})
}

// deviceSecret is what a device keeps for itself.
var deviceSecret = strings.Repeat("Zz0-_", 8) + "abc"

// tokens are what a sign-in gave to a device.
type tokens struct{ access, refresh, session string }

// family signs somebody in on a device that can prolong the session.
func (w *town) family(given string, kind scope.Caller) (got tokens) {
	w.tb.Helper()
	device, err := auth.ParseDevice(deviceSecret, "Zzyxwphone")
	must(w.tb, err)
	person := w.person(given)
	municipality := one[uuid.UUID](w, "select municipality_id from app.persons where given_name = $1", given)
	must(w.tb, w.API.WithScope(w.ctx, scope.Of(municipality, scope.SignIn), func(tx *scope.Tx) error {
		account, err := store.OpenAccount(w.ctx, tx, person, kind)
		if err != nil {
			return err
		}
		access, s, err := store.StartSession(w.ctx, tx, store.NewSession{Kind: kind, Person: person, Account: account.ID, Strong: true, Device: device})
		got = tokens{access: access.Reveal(), refresh: s.Refresh.Reveal(), session: s.ID.String()}
		return err
	}))
	return got
}

// otherSession is a session of the caller on another device.
func (w *walk) otherSession(caller who) ids {
	x := w.real
	x.Session = uuid.MustParse(w.family(w.is[caller].given, w.is[caller].kind).session)
	return x
}
