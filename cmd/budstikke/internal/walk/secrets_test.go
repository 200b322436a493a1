package walk_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/notify/sandbox"
)

// secret is a text that only some may ever be shown. Nobody at all may find it in a log or in what leaves for a provider (P5, P8, P9).
type secret struct {
	text   string
	shown  []who
	by     string // the one operation that may show it; "" for any
	public bool   // may be shown to whoever asks, but is no part of a notice
}

// secrets are everything in the town that could be shown to the wrong people.
func (w *walk) secrets() []secret {
	inHome := slices.Concat(staffHere, []who{right, other, elsewhere, wrong, cutOff})
	atSchool := []who{hilde, rektor, teacher, topOwner}
	list := []secret{
		{text: "Alfhildis", shown: slices.Concat(staffHere, family, []who{liaison})},
		{text: "Vindruvsklase", shown: slices.Concat(staffHere, family)},
		{text: "Kopparslagare", shown: slices.Concat(staffHere, []who{right})},
		{text: "Bläckhornet", shown: slices.Concat(staffHere, []who{right})},
		{text: "Spindelväv", shown: []who{right, leader, head}}, // V18
		{text: "Qvarnsten", shown: slices.Concat(staffHere, family)},
		{text: "Gnistregn", shown: atHome},
		{text: "Annelore", shown: slices.Concat(staffHere, []who{right})}, // B11: of the other guardians nothing
		{text: "Bodvaris", shown: slices.Concat(staffHere, []who{other})},
		{text: "Ceciliana", shown: slices.Concat(staffHere, []who{wrong})},
		{text: "Caspianus", shown: slices.Concat(staffHere, []who{wrong})},
		{text: "Stenulvar", shown: staffHere}, {text: "Dagfinnor", shown: slices.Concat(staffHere, []who{inactive})},
		{text: "Evelindis", shown: staffHere}, {text: "Fridabella", shown: slices.Concat(staffHere, []who{elsewhere})},
		{text: "Fjalarine", shown: slices.Concat(staffHere, []who{elsewhere})},
		{text: "Gudrunette", shown: staffHere}, {text: "Gretchenia", shown: append([]who{applicant}, staffHere...)},
		{text: "Pernillus", shown: staffHere, by: "GetProtectedPerson"}, {text: "Petronellix", shown: heads}, // a protected identity (I5)
		{text: "Hjalmarine", shown: atSchool}, {text: "Hildegunnar", shown: atSchool},
		{text: "Rektorina", shown: atSchool},
		{text: "Mosebackus", shown: []who{foreign, utrikine}}, {text: "Monsinora", shown: []who{foreign, utrikine}},
		{text: "Utrikine", shown: []who{foreign, utrikine}},
		{text: kindergarten, shown: append(inHome, liaison)}, {text: "Blomsterglänta", public: true},
		{text: school, shown: atSchool}, {text: abroad, shown: []who{foreign, utrikine}},
		{text: deactivationReason}, {text: headPassword},
	}
	for _, caller := range []who{hilde, foreign, wrong, other} {
		given := w.is[caller].given
		staff := map[who][]who{hilde: {rektor, teacher, topOwner}, foreign: {utrikine}, wrong: staffHere, other: staffHere}[caller]
		list = append(list, secret{text: "skrivelse" + given, shown: append([]who{caller}, staff...)}, secret{text: "anteckning" + given, shown: append([]who{caller}, staff...)})
	}
	for _, caller := range append([]who{cutOff}, guardians...) { // an address is its owner's; the token of a device is nobody's to read
		given := w.is[caller].given
		list = append(list, secret{text: mailOf(given), shown: []who{caller}}, secret{text: deviceOf(given)})
	}
	for _, n := range w.numbers {
		list = append(list, secret{text: n.Digits()})
	}
	return list
}

// mayShow fails when an answer shows a caller what is not theirs.
func (w *walk) mayShow(tb testing.TB, operation string, caller who, got reply) {
	tb.Helper()
	text := got.wire()
	for _, s := range w.secrets() {
		if !s.public && (!slices.Contains(s.shown, caller) || s.by != "" && s.by != operation) && strings.Contains(text, s.text) {
			tb.Errorf("%s shows %s what is not theirs: %q in %s", operation, caller, s.text, text)
		}
	}
}

// nothingLeaked looks through what left for the providers and through the log.
func (w *walk) nothingLeaked(t *testing.T) {
	sent := w.sandbox.Deliveries(sandbox.After(w.seq))
	if len(sent) < 10 {
		t.Errorf("only %d messages left: the walk shows little", len(sent))
	}
	log := w.log.String()
	if strings.Count(log, "\n") < 500 {
		t.Error("the log is nearly empty: the walk shows little")
	}
	for _, s := range w.secrets() {
		if strings.Contains(log, s.text) {
			t.Errorf("the log holds %q", s.text)
		}
		if strings.Contains(s.text, "@") || strings.HasSuffix(s.text, "0123456789abcdef") {
			continue // where it went to is no secret from the provider
		}
		for _, d := range sent {
			if payload := d.Title + d.Body + d.HTML + string(d.Raw); strings.Contains(payload, s.text) {
				t.Errorf("%s to %s carries %q", d.Channel, d.To, s.text)
			}
		}
	}
	for caller, a := range w.is {
		if a.token != "" && strings.Contains(log, a.token) {
			t.Errorf("the log holds the session of %s", caller)
		}
	}
	own := one[int](w.town, `select count(*) from notify.deliveries d join notify.events e on e.id = d.event_id
		join app.persons p on p.id = d.person_id where e.kind = 'sign_in_changed' and p.given_name = $1 and d.channel <> 'in_app'`, w.is[inactive].given)
	for _, d := range sent {
		if w.belongs(d.To, inactive) {
			if own--; own < 0 { // that their own sign-in changed is their matter, also before anybody activated them
				t.Errorf("%s was sent to %s", d.Channel, inactive)
			}
		}
	}
}

// noticesAreRight asks of every delivery whether its receiver had a right to it, reckoned here from who is who and not by the access rule.
func (w *walk) noticesAreRight(t *testing.T) {
	names := func(callers ...who) (list []string) {
		for _, caller := range callers {
			list = append(list, w.is[caller].given)
		}
		return list
	}
	at := map[uuid.UUID]string{}
	rows, err := w.Admin.Query(w.ctx, `select id, 'absence of ' || (select given_name from app.persons p where p.id = child_id) || ' by ' ||
			(select given_name from app.persons p where p.id = reported_by) from app.absences
		union all select id, 'thread of ' || (select given_name from app.persons p where p.id = guardian_id) from app.conversations
		union all select id, 'alert at ' || (select name from app.institutions i where i.id = institution_id) from app.alerts
		union all select id, 'guardianship of ' || (select given_name from app.persons p where p.id = guardian_id) from app.guardianships
		union all select id, 'address of ' || (select given_name from app.persons p where p.id = person_id) from notify.endpoints
		union all select id, 'application of ' || (select given_name from app.persons p where p.id = person_id) from app.applications
		union all select id, 'account of ' || (select given_name from app.persons p where p.id = person_id) from auth.accounts`)
	must(t, err)
	for rows.Next() {
		var id uuid.UUID
		var what string
		must(t, rows.Scan(&id, &what))
		at[id] = what
	}
	must(t, rows.Err())
	with := func(given string, staff ...who) []string { return append(names(staff...), given) }
	may := map[string][]string{
		"absence of Alfhildis by Annelore": names(other, cutOff, elsewhere), "absence of Alfhildis by Bodvaris": names(right, cutOff, elsewhere),
		"thread of Annelore": with("Annelore", employee, leader, head), "thread of Bodvaris": with("Bodvaris", employee, leader, head),
		"thread of Ceciliana":   with("Ceciliana", employee, leader, head),
		"thread of Hildegunnar": with("Hildegunnar", rektor, teacher), "thread of Monsinora": with("Monsinora", utrikine),
		"alert at " + kindergarten: with("Stenulvar", right, other, wrong, elsewhere, cutOff), "alert at " + school: names(hilde), "alert at " + abroad: names(foreign),
	}
	for _, caller := range append([]who{cutOff}, guardians...) {
		if caller != inactive {
			may["guardianship of "+w.is[caller].given] = names(caller)
		}
	}
	may["application of Stenulvar"] = []string{"Stenulvar"}
	may["guardianship of Stenulvar"] = []string{"Stenulvar"}
	may["address of Gretchenia"] = names(applicant)
	for caller, a := range w.is { // whoever changed how they sign in
		may["account of "+a.given] = names(caller)
	}
	rows, err = w.Admin.Query(w.ctx, `select e.subject_id, e.kind, p.given_name, d.channel from notify.deliveries d
		join notify.events e on e.id = d.event_id join app.persons p on p.id = d.person_id`)
	must(t, err)
	seen := map[string]bool{}
	for rows.Next() {
		var subject uuid.UUID
		var kind, receiver, channel string
		must(t, rows.Scan(&subject, &kind, &receiver, &channel))
		what := at[subject]
		if kind == "clearance_granted" || kind == "lifting_proposed" { // about a place, told to those who answer for it: TestOthersAreToldOfAClearance, TestOthersAreToldThatALiftingWaits
			continue
		}
		if strings.HasSuffix(w.asked["CancelAbsence"].path, subject.String()) {
			what = "absence of Alfhildis by Annelore" // announced, and withdrawn since
		}
		seen[what] = true
		if !slices.Contains(may[what], receiver) {
			t.Errorf("%s is told by %s of the %s (%s)", receiver, channel, what, kind)
		}
		if channel == "sms" && kind != "alert_raised" {
			t.Errorf("an SMS was made of %s (V20)", kind)
		}
	}
	must(t, rows.Err())
	if len(seen) < 10 {
		t.Errorf("only %v were told of anything", slices.Sorted(maps.Keys(seen)))
	}
}
