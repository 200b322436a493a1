package walk_test

import (
	"maps"
	"net/http"
	"strings"
)

func init() {
	maps.Copy(table, map[string]row{
		"SuspendGuardianship": {allowed: heads, status: 200, arrange: (*walk).spareActive, body: fixed(map[string]any{"reason": deactivationReason})},

		"ListRestrictions": {allowed: heads, status: 200},
		"SetRestriction": {allowed: heads, status: 201, arrange: func(w *walk, _ who) ids {
			w.unset("Dagfinnor", "no_pickup") // the one before has set it
			return w.real
		}, body: func(w *walk, _ ids, _ who) any { return w.restrictionOf("Dagfinnor", "no_pickup") }},
		"ProposeLifting": {allowed: heads, status: 200, arrange: func(w *walk, _ who) ids { return w.freshRestriction("") }},
		"ConfirmLifting": {allowed: heads, status: 200, arrange: func(w *walk, caller who) ids {
			if caller == head {
				return w.freshRestriction("Oddvarina")
			}
			return w.freshRestriction("Heddavina") // whoever proposes answers for the child, too
		}},

		"StateWish":               {allowed: guardians, status: 200, body: fixed(map[string]any{"wished": true})},
		"StateWishFor":            {allowed: heads, status: 200, body: fixed(map[string]any{"wished": true})},
		"ListProposedActivations": {allowed: heads, status: 200},
		"ActivateGuardianships": {allowed: heads, status: 200, arrange: (*walk).spareInactive, body: func(_ *walk, x ids, _ who) any {
			return map[string]any{"items": []any{map[string]any{"guardianshipId": x.Guardianship, "etag": x.etag}}}
		}},
		"ListUnclarifiedChildren": {allowed: heads, status: 200},
		"ClarifyGuardians":        {allowed: heads, status: 200, body: fixed(map[string]any{"answer": "only_this_one", "reason": deactivationReason})},
	})
}

func (w *town) restrictionOf(given, kind string) any {
	return map[string]any{"personId": w.person(given), "kind": kind, "reason": "Ett beslut, Kvistbräda."}
}

// restrict keeps somebody from a child, as the head would, and returns the restriction's id and version (B8).
func (w *town) restrict(token, child, given, kind string) reply {
	w.tb.Helper()
	return w.do(call{method: http.MethodPost, path: "/v1/office/children/" + w.person(child).String() + "/restrictions", token: token,
		body: w.restrictionOf(given, kind)}).want(w.tb, http.StatusCreated, "")
}

// unset ends what has been set before, so that the same can be set again.
func (w *walk) unset(given, kind string) {
	w.exec("delete from app.restrictions where person_id = $1 and kind = $2", w.person(given), kind)
}

// freshRestriction is one that nobody else tries to lift; somebody may have proposed it.
func (w *walk) freshRestriction(proposedBy string) ids {
	x := w.real
	w.unset("Dagfinnor", "no_photo")
	got := w.restrict(w.is[head].token, "Alfhildis", "Dagfinnor", "no_photo")
	x.Restriction, x.etag = got.id(w.tb), got.header.Get("ETag")
	if proposedBy != "" {
		w.exec("update app.restrictions set lifting_proposed_by = $2, lifting_proposed_at = now() where id = $1", x.Restriction, w.person(proposedBy))
	}
	return x
}

// liftOf is the call that proposes or confirms the lifting of a restriction.
func liftOf(restriction, step, token, etag string) call {
	return call{method: http.MethodPost, path: strings.Join([]string{"/v1/office/restrictions", restriction, step}, "/"), token: token, ifMatch: etag}
}
