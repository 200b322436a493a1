package walk_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app/web/webtest"
)

// trueNames are two names of one person that have nothing in common: no letter, not the length, not the place in any order.
var trueNames = [][2]string{{"Aa", "Aal"}, {"Zzyzxwvuts", "Öbergström-Zwölf"}}

// changing is what differs between two answers to the same request in any case: the moments and ids of what was made anew.
var changing = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.]*(Z|[+-]\d\d:\d\d)`)

// drawn are the operations whose answers differ whenever they are asked: lists of looks that grow, secrets that are drawn, and what works once.
var drawn = []string{"ListLooks", "ListChildLooks", "EnrolTablet", "ConfirmTablet", "InviteStaff", "MakeWheelLink", "OpenAssistedCase", "ProveByPassword", "RegisterMobile",
	"StartBankID", "StartPasskey", "StartPasskeyProof", "StartPasskeySignIn", "StartProviderProof", "StartSignIn", "StartTabletEnrolment"}

// TestNothingDependsOnATrueName gives a protected child, one of its guardians and one of the staff other true names, and nothing else, lets everybody who
// must not know them ask the same again, and holds the answers against each other: status, headers, order, length, counts, cursors and versions. What
// differs tells of the name, even where it does not show it (B8, P5).
func TestNothingDependsOnATrueName(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.reachable()
	w.settle()
	w.otherLives()
	w.real.Delivery = newID()
	hidden := []uuid.UUID{w.person("Alfhildis"), w.person("Bodvaris"), w.person("Leonorina")}
	calls := w.canaryCalls()
	w.onTheTablet(t)
	w.cut(w.is)
	callers := []who{tabletHere, atWork, applicant, wrong, elsewhere, hilde, employee, head, owner, topOwner, rektor, liaison}
	rename := func(to [2]string) {
		w.exec("update app.protected_names set given_name = $2, family_name = $3 where person_id = any ($1)", hidden, to[0], to[1])
	}
	for _, level := range []string{"protected", "strict"} {
		w.exec("update app.persons set protected_identity = $2 where id = any ($1)", hidden, level)
		asked := 0
		for _, o := range webtest.Contract(t).Operations {
			c, ok := calls[o.ID]
			if !ok || strings.HasSuffix(o.Path, "/stream") || slices.Contains(drawn, o.ID) || o.Method != http.MethodGet && level == "strict" {
				continue
			}
			ask := func() map[who]string {
				got := map[who]string{}
				for _, caller := range callers {
					c.token, c.key = w.is[caller].token, ""
					got[caller] = changing.ReplaceAllString(w.doIn(t, c).wire(), "#")
					asked++
				}
				return got
			}
			rename(trueNames[0])
			if o.Method != http.MethodGet {
				ask() // what works once is done
			}
			before := ask()
			rename(trueNames[1])
			for caller, now := range ask() {
				if now != before[caller] {
					t.Errorf("%s: %s tells %s of another true name:\n%s\n%s", level, o.ID, caller, before[caller], now)
				}
			}
		}
		if asked < 1000 {
			t.Errorf("%d requests: of %s: the comparison shows little", asked, level)
		}
	}
	rename(trueNames[1])
	if got := w.do(call{path: "/v1/guardian/children", token: w.is[right].token}); !strings.Contains(string(got.body), trueNames[1][0]) {
		t.Errorf("its own family reads the child as %s: nothing was renamed", got.body)
	}
}
