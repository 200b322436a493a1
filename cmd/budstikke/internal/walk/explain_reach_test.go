package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// reachOf is what an explanation says beside people.
type reachOf struct {
	Tablets []struct {
		TabletID             uuid.UUID
		Shows, DecidedByName string
		Locked               bool
	}
	Alerts []struct {
		PersonID                 uuid.UUID
		Name, Why                string
		ProtectedIdentity, InApp bool
		Channels                 []string
	}
}

// B9, V7, B8: the explanation says what each tablet of the child's group shows of it to everybody, which is what the tablet does show; and a tablet
// that somebody works with who is kept from the child counts it and does not name it.
func TestExplainTellsWhatTabletsShow(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Alfhildis")
	tab := w.tablet(w.groupOf("Alfhildis"))
	w.tabletBy(is[rektor].token, w.here, w.groupOf("Hjalmarine")) // another's
	roll := func() string {
		return string(w.do(call{path: "/v1/staff/tablet/roll-call", token: tab.token}).want(t, http.StatusOK, "").body)
	}
	explained := func(token, query string) (r reachOf) {
		t.Helper()
		_, got := w.explain(t, token, child, query)
		must(t, json.Unmarshal(got.want(t, http.StatusOK, "").body, &r))
		return r
	}
	expect := func(what, shows string, named string) {
		t.Helper()
		got := explained(is[head].token, "").Tablets
		if len(got) != 1 || got[0].TabletID != tab.id || got[0].Shows != shows || got[0].Locked || got[0].DecidedByName != "Heddavina "+surname("Heddavina") {
			t.Errorf("%s: explained as %+v, want %s", what, got, shows)
		}
		if text := roll(); !strings.Contains(text, `"name":"`+named+`"`) || named == "" && strings.Contains(text, "Alfhildis") {
			t.Errorf("%s: the tablet shows %s, want %q", what, text, named)
		}
	}
	expect("as it is", "given_name", "Alfhildis")
	w.exec("update app.persons set given_name = 'Alfhildis' where id = $1", w.person("Caspianus"))
	expect("two of one name", "name_and_initial", "Alfhildis A")
	w.exec("update app.persons set given_name = 'Caspianus' where given_name = 'Alfhildis' and id <> $1", child)

	set := w.restrict(is[head].token, "Alfhildis", "Emelinda", "no_location")
	expect("somebody who works on it must not know where the child is", "presence", "")
	w.exec("update app.restrictions set until = now() where id = $1", set.id(t))
	w.restrict(is[head].token, "Alfhildis", "Leonorina", "no_photo")
	w.restrict(is[head].token, "Alfhildis", "Annelore", "no_access") // who does not work here
	expect("a restriction that is over, one of another kind, and one of a guardian", "given_name", "Alfhildis")

	if got := explained(is[head].token, "?conversationId="+w.thread(is[other].token, child, textOfGuardian).String()); len(got.Tablets)+len(got.Alerts) != 0 {
		t.Errorf("of a conversation: %+v", got)
	}
	w.exec("update auth.shared_users set generation = generation + 1, confirm_by = now() - interval '1 second'")
	if got := explained(is[owner].token, "").Tablets; len(got) != 1 || !got[0].Locked {
		t.Errorf("a tablet that is locked is explained as %+v", got)
	}
	w.exec("update app.persons set protected_identity = 'protected' where id = $1", child)
	if got := explained(is[head].token, "").Tablets; len(got) != 1 || got[0].Shows != "alias" {
		t.Errorf("of a child whose name is kept: %+v", got)
	}
}

// B9, B2, B8: the explanation says who of the child's guardians an alert would reach now, by what, and why not; of a child whose name is kept it names
// nobody, and says so. They are those to whom the alert goes.
func TestExplainTellsWhomAnAlertReaches(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Alfhildis")
	endpoint := func(given, channel, provider, state string) {
		w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
			values ($1, $2, $3, $4, $5, $6, 'sv', $7, now(), now(), now())`, w.here, newID(), w.person(given), channel, provider, "reach-"+given+"@example.com", state)
	}
	w.exec("delete from notify.endpoints")
	endpoint("Annelore", "email", "smtp", "active")
	endpoint("Bodvaris", "email", "smtp", "unverified")
	reached := func(token string) (names []string) {
		t.Helper()
		var r reachOf
		_, got := w.explain(t, token, child, "")
		must(t, json.Unmarshal(got.want(t, http.StatusOK, "").body, &r))
		for _, a := range r.Alerts {
			who := strings.Fields(a.Name + " nobody")[0]
			if a.ProtectedIdentity != (a.Name == "") {
				t.Errorf("%+v: named and protected do not fit", a)
			}
			names = append(names, who+" "+strings.Join(a.Channels, "+")+a.Why)
		}
		slices.Sort(names)
		return names
	}
	want := []string{"Annelore email", "Bodvaris not_confirmed", "Evelindis no_account", "Fridabella no_account"}
	got := reached(is[head].token)
	for i := range got { // who of them has an account is no matter here
		got[i] = strings.Replace(got[i], "nothing_registered", "no_account", 1)
	}
	if !slices.Equal(got, want) {
		t.Errorf("an alert reaches %v, want %v", got, want)
	}
	w.restrict(is[head].token, "Alfhildis", "Annelore", "no_access")
	if got := reached(is[head].token); len(got) != 3 || slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "Annelore") }) {
		t.Errorf("with a restriction an alert reaches %v", got)
	}
	alert := w.alert(is[head].token, w.institution(kindergarten), textOfAlert)
	sent := one[int](w, `select count(distinct d.person_id) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		join app.guardianships g on g.municipality_id = d.municipality_id and g.guardian_id = d.person_id and g.child_id = $2 where e.subject_id = $1`, alert, child)
	if sent != 3 {
		t.Errorf("the alert itself goes to %d of them", sent)
	}
	w.exec("update app.persons set protected_identity = 'protected' where id = $1", child)
	if got := reached(is[head].token); len(got) != 3 || slices.ContainsFunc(got, func(s string) bool { return !strings.HasPrefix(s, "nobody") }) {
		t.Errorf("of a child whose name is kept an alert is said to reach %v", got)
	}
}
