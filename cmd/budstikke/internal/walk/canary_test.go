package walk_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"budstikke.example/app/web/webtest"
	"budstikke.example/notify/sandbox"
)

// canary is a text of a strictly protected person, with those who may be shown it: the person, and of a child its own guardians.
type canary struct {
	text  string
	shown []who
}

// TestCanary lets everybody, the tablets of the group among them, try every operation on a strictly protected child and its strictly protected guardian,
// and looks for their names, number, telephone and address in every byte that comes back or stays anywhere: answers, the log, what leaves, every table
// and Redis; and for the sealed reason of a restriction, which those read who answer for the child (B8, P5, P8, O16). What staff who are not cleared
// read of the child when it is less than strictly protected names none of its guardians either.
func TestCanary(t *testing.T) {
	t.Parallel()
	w := newWalk(t, belted(t))
	child := w.person("Alfhildis")
	w.exec("update app.persons set contact_email = 'kanarie-hint@example.com', contact_mobile = '+46701740688' where id = any ($1)", []any{child, w.person("Annelore")})
	canaries := []canary{
		{"Alfhildis", family}, {w.numbers["Alfhildis"].Digits(), nil}, {"kanarie-hint", nil}, {"701740688", nil},
		{"Annelore", []who{right}}, {w.numbers["Annelore"].Digits(), nil}, {mailOf("Annelore"), []who{right}}, {w.phoneOf("Annelore"), []who{right}},
	}
	w.restrict(w.is[head].token, "Caspianus", "Stenulvar", "no_photo")
	canaries = append(canaries, canary{"Kvistbräda", heads}) // the reason
	calls := w.canaryCalls()
	w.onTheTablet(t)
	w.exec("update app.persons set protected_identity = 'strict' where id = any ($1)", []any{child, w.person("Annelore")})
	if name := one[string](w.town, "select given_name || family_name from app.persons where id = $1", child); strings.Contains(name, "Alf") {
		t.Fatalf("the alias is %q", name)
	}
	seq, written := w.sandbox.LastSeq(), len(w.log.String())

	answers, shown := 0, map[string]int{}
	for _, o := range webtest.Contract(t).Operations {
		c, ok := calls[o.ID]
		if !ok {
			continue
		}
		for _, caller := range append([]who{tabletHere, atWork}, everybody...) {
			c.token, c.key = w.is[caller].token, "" // each with a key of their own
			got := w.doIn(t, c)
			answers++
			for _, k := range canaries {
				if !strings.Contains(got.wire(), k.text) {
					continue
				}
				if shown[k.text]++; !slices.Contains(k.shown, caller) {
					t.Errorf("%s shows %s the canary %q: %s", o.ID, caller, k.text, got.wire())
				}
			}
		}
	}
	if answers < 2000 || shown["Alfhildis"] == 0 {
		t.Errorf("%d answers, of which %v show a canary to its own family: the walk shows little", answers, shown)
	}
	w.beltHoldsNone(t, canaries)
	w.drain(t)
	w.beltHoldsNone(t, canaries)
	for _, k := range canaries {
		if strings.Contains(w.log.String()[written:], k.text) {
			t.Errorf("the log holds the canary %q", k.text)
		}
		for _, d := range w.sandbox.Deliveries(sandbox.After(seq)) {
			if strings.Contains(k.text, "@") || strings.Contains(d.To, k.text) {
				continue // where it went to is no secret from the provider
			}
			if strings.Contains(d.Title+d.Body+d.HTML+string(d.Raw), k.text) {
				t.Errorf("%s to %s carries the canary %q", d.Channel, d.To, k.text)
			}
		}
	}
	w.nameStandsNowhereElse(t, "Alfhildis", "Annelore", "kanarie-hint", "701740688", "Kvistbräda")

	// One level lower heads see the child's relations, by its alias.
	w.exec("update app.persons set protected_identity = 'protected' where id = any ($1)", []any{child, w.person("Annelore")})
	alias := one[string](w.town, "select given_name || ' ' || family_name from app.persons where id = $1", child)
	canaries = append(canaries, canary{"Bodvaris", []who{other}}, canary{"Dagfinnor", []who{inactive}}, canary{"Evelindis", []who{cutOff}}) // its other guardians
	seen := map[string]int{}
	for id, c := range calls {
		for _, caller := range append([]who{tabletHere, atWork}, everyRole...) {
			if c.method != "" && c.method != http.MethodGet {
				continue
			}
			c.token, c.key = w.is[caller].token, ""
			got := w.doIn(t, c)
			if strings.Contains(got.wire(), alias) {
				seen[id]++
			}
			for _, k := range canaries {
				if strings.Contains(got.wire(), k.text) && !slices.Contains(k.shown, caller) {
					t.Errorf("%s shows %s the canary %q of a protected child's family: %s", id, caller, k.text, got.wire())
				}
			}
		}
	}
	for _, id := range []string{"ListInstitutionChildren", "ListGuardianships", "ListInstitutionConversations"} {
		if seen[id] == 0 {
			t.Errorf("%s shows nobody the alias: it was looked for in vain", id)
		}
	}
}

// onTheTablet gives the child's group a tablet, on which somebody works.
func (w *walk) onTheTablet(t *testing.T) {
	t.Helper()
	w.setPIN(t, "Emelinda", goodPIN)
	w.is[tabletHere] = actor{token: w.tablet(w.real.Group).token}
	w.is[atWork] = actor{given: "Emelinda", token: w.unlock(t, w.tablet(w.real.Group), "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")}
}

// beltHoldsNone looks through every key of Redis, and what is in it. Without Redis there is no belt to look at.
func (w *walk) beltHoldsNone(t *testing.T, canaries []canary) {
	t.Helper()
	url := os.Getenv("REDIS_URL")
	if url == "" {
		return
	}
	options, err := redis.ParseURL(url)
	must(t, err)
	c := redis.NewClient(options)
	defer c.Close()
	keys, err := c.Keys(w.ctx, "*").Result()
	must(t, err)
	if len(keys) == 0 {
		t.Error("Redis holds nothing to look at")
	}
	for _, key := range keys {
		raw, err := c.Dump(w.ctx, key).Result()
		if err != nil {
			continue // it has ended since
		}
		entries, _ := c.XRange(w.ctx, key, "-", "+").Result()
		for _, k := range canaries {
			if strings.Contains(key+raw+fmt.Sprint(entries), k.text) {
				t.Errorf("Redis holds the canary %q in %s", k.text, key)
			}
		}
	}
}

// canaryCalls are the requests of every operation about the family, made while staff may still arrange them. Those that end
// a session are left out, because nothing would answer after them.
func (w *walk) canaryCalls() map[string]call {
	calls := map[string]call{}
	for _, o := range webtest.Contract(w.tb).Operations {
		r, listed := table[o.ID]
		if !listed || r.signed || slices.Contains(leftOut, o.ID) || w.worker == nil && o.ID == "UnsubscribeEmail" { // which needs a mail
			continue
		}
		x, caller := w.real, nobody
		if len(r.allowed) > 0 {
			caller = r.allowed[0]
		}
		if r.arrange != nil {
			x = r.arrange(w, caller)
		}
		if o.ID != "GrantClearance" { // which would open what is looked for
			x.Protected = w.real.Child // the name itself is asked for, too
		}
		w.prepare(o.ID, &x)
		calls[o.ID] = w.build(o, r, x, caller)
	}
	return calls
}

// leftOut are the operations after which a session answers no more, and the one that needs a mail to an applicant first.
var leftOut = []string{"SignOut", "EndSession", "EndOtherSessions", "EndAccount", "ConfirmEmail"}

// nameStandsNowhereElse looks through every table but those that are there to keep what is looked for: the names themselves, what the registers said,
// and the addresses that notices go to.
func (w *walk) nameStandsNowhereElse(t *testing.T, texts ...string) {
	t.Helper()
	keep := []string{"app.protected_names", "app.register_records", "notify.endpoints"}
	rows, err := w.Admin.Query(w.ctx, `select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname in ('app', 'auth', 'notify', 'audit') and c.relkind in ('r', 'p') order by 1`)
	must(t, err)
	var tables []string
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		if !slices.Contains(keep, name) {
			tables = append(tables, name)
		}
	}
	must(t, rows.Err())
	if len(tables) < 50 {
		t.Fatalf("only %d tables", len(tables))
	}
	for _, name := range tables {
		for _, text := range texts {
			if row := one[*string](w.town, "select min(t::text) from "+name+" t where t::text like '%' || $1 || '%'", text); row != nil {
				t.Errorf("%s holds the canary %q: %s", name, text, *row)
			}
		}
	}
}

// phoneOf is the number that somebody is reached at.
func (w *walk) phoneOf(given string) string {
	return one[string](w.town, "select address from notify.endpoints where channel = 'sms' and person_id = $1 limit 1", w.person(given))
}

// The canary can be found: somebody with a clearance is shown it, by the one operation that is for that, and each time stands in the trail (B5, B8).
func TestCanarySingsForThoseWhoAreCleared(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Alfhildis")
	look := call{path: "/v1/staff/protected-persons/" + child.String(), token: is[employee].token}
	w.do(look).want(t, http.StatusNotFound, "not_found") // nothing is kept of somebody who is not protected
	w.exec("update app.persons set protected_identity = 'strict' where id = $1", child)
	alias := one[string](w, "select given_name || ' ' || family_name from app.persons where id = $1", child)

	lists := map[who]string{
		employee: "/v1/staff/institutions/%/children", head: "/v1/staff/institutions/%/children", leader: "/v1/staff/institutions/%/conversations",
		owner: "/v1/office/institutions/%/guardianships?limit=50",
	}
	see := func(caller who) string {
		path := strings.Replace(lists[caller], "%", w.institution(kindergarten).String(), 1)
		return string(w.do(call{path: path, token: is[caller].token}).want(t, http.StatusOK, "").body)
	}
	w.thread(is[right].token, child, textOfGuardian)
	w.exec("update app.staff_roles set group_id = $2 where person_id = $1", w.person("Emelinda"), w.groupOf("Hjalmarine"))
	if strings.Contains(see(employee), alias) || strings.Count(see(head), alias) != 1 {
		t.Errorf("another group's employee and the head see %s and %s", see(employee), see(head))
	}
	w.exec("update app.staff_roles set group_id = $2 where person_id = $1", w.person("Emelinda"), w.groupOf("Alfhildis"))
	if strings.Count(see(employee), alias) != 1 { // counted with its group
		t.Errorf("the child's own group sees %s", see(employee))
	}
	if strings.Contains(see(leader), alias) || strings.Contains(see(owner), alias) {
		t.Errorf("of a strictly protected child there is more than its place: %s, %s", see(leader), see(owner))
	}

	w.clear("Emelinda", child)
	if got := string(w.do(look).want(t, http.StatusOK, "").body); !strings.Contains(got, "Alfhildisvexel") || !strings.Contains(got, alias) {
		t.Errorf("who is cleared sees %s", got)
	}
	w.do(look).want(t, http.StatusOK, "")
	if n := one[int](w, `select count(*) from audit.entries where operation = 'GetProtectedPerson' and class = 'protected_identity' and outcome = 'done'
		and actor_id = $1 and children @> array[$2::uuid]`, w.person("Emelinda"), child); n != 2 {
		t.Errorf("two looks left %d entries", n)
	}
	if got := see(employee); strings.Contains(got, "Alfhildis") {
		t.Errorf("a list shows somebody who is cleared the name: %s", got)
	}
	told := string(w.do(call{path: "/v1/guardian/children/" + child.String() + "/looks", token: is[right].token}).want(t, http.StatusOK, "").body)
	if !strings.Contains(told, "protected_identity") {
		t.Errorf("the guardian is not told of the look: %s", told)
	}
	for _, caller := range slices.Sorted(maps.Keys(is)) {
		if caller != employee && is[caller].token != "" {
			look.token = is[caller].token
			if got := w.do(look); got.status < 400 || strings.Contains(got.wire(), alias) {
				t.Errorf("%s is answered %s", caller, got.wire())
			}
		}
	}
}
