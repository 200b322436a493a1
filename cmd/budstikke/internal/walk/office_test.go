package walk_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func contains(r reply, text string) bool { return bytes.Contains(r.body, []byte(text)) }

// The head's list is in the order in which people look for each other, and each row carries what a decision needs: sixty activations are sixty
// taps and no reading in between (V6).
func TestListOfGuardianshipsIsEnoughToDecide(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	var list struct {
		Items []struct {
			ID                                    uuid.UUID
			ChildName, GuardianName, Etag, Status string
		}
	}
	path := "/v1/office/institutions/" + w.institution(kindergarten).String() + "/guardianships?limit=100"
	must(t, json.Unmarshal(w.do(call{path: path, token: is[head].token}).want(t, http.StatusOK, "").body, &list))
	var names []string
	for _, g := range list.Items {
		names = append(names, g.ChildName+"\x00"+g.GuardianName)
		if g.Status == "inactive" {
			w.do(call{method: http.MethodPost, path: "/v1/office/guardianships/" + g.ID.String() + "/activation", token: is[head].token, ifMatch: g.Etag}).
				want(t, http.StatusOK, "")
		}
	}
	if len(names) < 8 || !slices.IsSortedFunc(names, strings.Compare) {
		t.Errorf("the list is not in order: %q", names)
	}
}

// A head who reaches nobody outside the app is told so at once, and can telephone (B2, B13).
func TestAlertSaysHowManyCanBeReached(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	type progress struct {
		ID                            uuid.UUID
		Guardians, Reachable, Reached int
	}
	raise := func() (p progress) {
		t.Helper()
		c := call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/alerts", token: is[head].token,
			body: map[string]any{"situation": "closure", "text": textOfAlert}}
		must(t, json.Unmarshal(w.do(c).want(t, http.StatusAccepted, "").body, &p))
		return p
	}
	if p := raise(); p.Guardians != 5 || p.Reachable != 0 {
		t.Errorf("without any device: %+v", p)
	}
	for _, token := range []string{"first-" + deviceOf("Annelore"), "second-" + deviceOf("Annelore")} { // one person with two devices
		w.do(call{method: http.MethodPut, path: "/v1/guardian/devices", token: is[right].token,
			body: map[string]any{"provider": "fcm", "token": token, "locale": "sv"}}).want(t, http.StatusNoContent, "")
	}
	raised := raise()
	var later progress
	must(t, json.Unmarshal(w.do(call{path: "/v1/office/alerts/" + raised.ID.String(), token: is[head].token}).want(t, http.StatusOK, "").body, &later))
	for _, p := range []progress{raised, later} {
		if p.Guardians != 5 || p.Reachable != 1 || p.Reached != 0 {
			t.Errorf("with one guardian's two devices: %+v", p)
		}
	}
}
