package walk_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/tablet"
	"budstikke.example/migrations/scope"
)

func init() {
	maps.Copy(table, map[string]row{
		// The three of a tablet as itself are for nobody who is listed here: TestTablet.
		"EnrolTablet": {open: true, status: 201, again: spent, body: func(w *walk, _ ids, _ who) any {
			body, _ := w.enrolment(w.real.Group)
			return body
		}},
		"RenewTabletSession": {open: true, status: 201, again: spent, body: func(w *walk, _ ids, _ who) any {
			return w.shared[w.real.Tablet].proof(w.here, w.Clock.Now().Add(time.Millisecond))
		}},
		"GetRollCall":          {allowed: nil, status: 200},
		"ListTabletStaff":      {allowed: nil, status: 200},
		"UnlockTablet":         {allowed: nil, status: 201, body: fixed(map[string]any{"personId": newID(), "pin": "493827"})},
		"ConfirmTablet":        {allowed: nil, status: 201},
		"SetPIN":               {allowed: everyRole, status: 204, body: fixed(map[string]any{"pin": "493827"})},
		"ListSharedUsers":      {allowed: heads, status: 200},
		"SetSharedUserRule":    {allowed: heads, status: 204, body: fixed(map[string]any{"substitutes": true})},
		"RotateSharedUser":     {allowed: heads, status: 204},
		"StartTabletEnrolment": {allowed: heads, status: 201},
		"RemoveTablet": {allowed: heads, status: 204, body: fixed(map[string]any{"lost": true}), arrange: func(w *walk, _ who) ids {
			x := w.real
			x.Tablet = w.tablet(x.Group).id
			return x
		}},
	})
}

// sharedTablet is a tablet as it knows itself.
type sharedTablet struct {
	id     uuid.UUID
	key    ed25519.PrivateKey
	secret string
	token  string
}

// enrolment is what a tablet sends with a fresh code of the head's.
func (w *town) enrolment(group uuid.UUID) (map[string]any, ed25519.PrivateKey) {
	w.tb.Helper()
	return w.enrolmentBy(w.session("Heddavina", scope.Staff, 0), w.here, group)
}

// enrolmentBy is the same with a code of somebody's.
func (w *town) enrolmentBy(boss string, municipality, group uuid.UUID) (map[string]any, ed25519.PrivateKey) {
	w.tb.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	must(w.tb, err)
	code := w.do(call{method: http.MethodPost, path: "/v1/office/groups/" + group.String() + "/tablet-codes", token: boss}).want(w.tb, http.StatusCreated, "")
	return map[string]any{
		"municipalityId": municipality, "code": code.text(w.tb, "code"), "name": "Zzyxwtablet", "publicKey": base64.RawURLEncoding.EncodeToString(public),
	}, private
}

// tablet enrols a tablet for a group.
func (w *town) tablet(group uuid.UUID) sharedTablet {
	w.tb.Helper()
	return w.tabletBy(w.session("Heddavina", scope.Staff, 0), w.here, group)
}

// tabletBy is the same with a code of somebody's.
func (w *town) tabletBy(boss string, municipality, group uuid.UUID) sharedTablet {
	w.tb.Helper()
	body, private := w.enrolmentBy(boss, municipality, group)
	from := netip.AddrFrom4([4]byte{198, 18, group[14], group[15]}) // each group's tablets by a line of their own, so that nobody counts them as tries
	got := w.do(call{method: http.MethodPost, path: "/v1/signin/tablets", body: body, header: map[string]string{"X-Forwarded-For": from.String()}}).want(w.tb, http.StatusCreated, "")
	var session struct {
		Session struct{ Token string }
	}
	must(w.tb, json.Unmarshal(got.body, &session))
	t := sharedTablet{id: uuid.MustParse(got.text(w.tb, "tabletId")), key: private, secret: got.text(w.tb, "secret"), token: session.Session.Token}
	if w.shared == nil {
		w.shared = map[uuid.UUID]sharedTablet{}
	}
	w.shared[t.id] = t
	return t
}

// proof is what the tablet sends to renew its access at a moment.
func (t sharedTablet) proof(municipality uuid.UUID, at time.Time) map[string]any {
	digest := sha256.Sum256([]byte(t.secret))
	p := tablet.Proof{Municipality: municipality, Tablet: t.id, SecretDigest: digest[:], At: at}
	return map[string]any{
		"municipalityId": municipality, "at": at.UnixMilli(), "signature": base64.RawURLEncoding.EncodeToString(ed25519.Sign(t.key, p.Message())),
	}
}
