package walk_test

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/web/contract"
	"budstikke.example/app/web/webtest"
	"budstikke.example/auth/totp"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/notify/sandbox"
	"budstikke.example/notify/worker"
)

// walk is a town on the day of the walk.
type walk struct {
	*town
	is     map[who]actor
	real   ids
	worker *system.Worker
	holder string          // of a BankID order
	seq    uint64          // of the sandbox, when the walk began
	secret []byte          // the head's second factor
	asked  map[string]call // what the first one allowed asked, by operation
}

const headPassword = "skogen är djup och stilla"

// TestWalk lets everybody try every operation on what belongs to one family at one institution (P1, I1, I6, I11).
//
// First those who may do what they may, each with a key that all share; every write is then repeated and must give the same answer without a
// second effect. Then everybody else asks for exactly the same, with the same key, and is refused as if it did not exist.
func TestWalk(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	operations := webtest.Contract(t).Operations
	for _, o := range operations {
		r, listed := table[o.ID]
		if !listed {
			t.Errorf("the table has no row for %s: decide who may call it", o.ID)
			continue
		}
		w.permitted(t, o, r)
	}
	w.everyKindIsThere(t, operations)
	w.drain(t)
	before := w.fingerprint()
	for _, o := range operations {
		if r := table[o.ID]; !r.open {
			w.refused(t, o, r)
		}
	}
	w.unchanged(t, before, "while everybody was refused")
	w.drain(t)
	w.noticesAreRight(t)
	w.nothingLeaked(t)
	w.trailHolds(t)
	w.nothingIsReadable(t)
	w.policyAlone(t, operations)
}

// cutWhileWaiting takes access away between the commit of what is announced and its sending: nothing leaves for who has lost it (V15).
func (w *walk) cutWhileWaiting(t *testing.T) {
	t.Helper()
	seq := w.sandbox.LastSeq()
	raised := w.alert(w.is[head].token, w.real.Institution, textOfAlert)
	w.absence(w.is[right].token, w.real.Child, noteOfFamily)
	w.cut(w.is)
	w.drain(t)
	count := func(caller who, channel sandbox.Channel) int {
		mine := func(d sandbox.Delivered) bool { return w.belongs(d.To, caller) && !w.earlier(d, raised) }
		return len(w.sandbox.Deliveries(sandbox.All(sandbox.After(seq), sandbox.On(channel), mine)))
	}
	for _, channel := range []sandbox.Channel{sandbox.Email, sandbox.Push, sandbox.SMS} {
		if n := count(cutOff, channel); n != 0 {
			t.Errorf("%d by %s left for %s", n, channel, cutOff)
		}
		if count(other, channel) == 0 {
			t.Errorf("nothing by %s left for %s", channel, other)
		}
	}
	if alerts, mails := count(elsewhere, sandbox.SMS), count(elsewhere, sandbox.Email); alerts != 1 || mails != 1 {
		t.Errorf("%s was sent %d SMS and %d mails, want the alert by each and nothing of the absence", elsewhere, alerts, mails)
	}
}

// earlier tells whether an SMS is of another alert than that one: when the provider's answer to an attempt was not waited for, the message may come after the
// next attempt's, and after its receiver was cut off.
func (w *walk) earlier(d sandbox.Delivered, alert uuid.UUID) bool {
	if d.Channel != sandbox.SMS {
		return false
	}
	_, delivery := path.Split(d.Headers.Get("StatusCallback"))
	return one[bool](w.town, `select count(*) = 0 from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		where d.id = $1 and e.subject_id = $2`, uuid.MustParse(delivery), alert)
}

// belongs tells whether an address is somebody's.
func (w *walk) belongs(address string, caller who) bool {
	return one[bool](w.town, "select exists (select from notify.endpoints where address = $1 and person_id = $2)", address, w.person(w.is[caller].given))
}

func TestTableHasNoOtherRows(t *testing.T) {
	t.Parallel()
	for id := range table {
		if !slices.ContainsFunc(webtest.Contract(t).Operations, func(o *contract.Operation) bool { return o.ID == id }) {
			t.Errorf("the contract has no operation %s any more", id)
		}
	}
}

// newWalk is a town in which everybody has a life and can be reached, and two guardians have just lost their access. What arrives is counted, so
// the providers are its own: other towns have people with the same addresses.
func newWalk(t *testing.T, adjust ...func(*system.Base)) *walk {
	t.Helper()
	box, err := sandbox.Start(context.Background(), sandbox.Config{})
	must(t, err)
	t.Cleanup(func() { _ = box.Close() })
	w := peopled(townWith(t, box, adjust...))
	w.startWorker(t)
	w.reachable()
	w.settle()
	w.otherLives()
	w.drain(t)
	w.cutWhileWaiting(t)
	w.real.Delivery = one[uuid.UUID](w.town, "select id from notify.deliveries where channel = 'sms' and person_id = $1 limit 1", w.person("Annelore"))
	return w
}

// arrived is a town in which everybody can sign in, and nobody has written anything yet.
func arrived(t *testing.T, adjust ...func(*system.Base)) *walk {
	t.Helper()
	return peopled(newTown(t, adjust...))
}

// peopled lets everybody in a town sign in.
func peopled(in *town) *walk {
	t := in.tb
	t.Helper()
	w := &walk{town: in, asked: map[string]call{}}
	w.is = w.people()
	w.seq = w.sandbox.LastSeq()
	w.exec(`insert into app.applications (municipality_id, id, person_id, locale, created_at) values ($1, $2, $3, 'sv', $4)`,
		w.here, newID(), w.person("Gretchenia"), w.Clock.Now())
	account := one[uuid.UUID](w.town, "select id from auth.accounts where person_id = $1", w.person("Heddavina"))
	enrolled, err := w.api.Password.Enrol(w.ctx, w.here, account, mailOf("Heddavina"), headPassword, "Budstikke")
	must(t, err)
	w.secret = enrolled.Secret
	return w
}

// settle gives the family whose things everybody tries for an absence, a thread and an alert.
func (w *walk) settle() {
	w.tb.Helper()
	anna := w.is[right].token
	w.real = ids{
		Child: w.person("Alfhildis"), Institution: w.institution(kindergarten), Guardianship: w.guardianship("Annelore", "Alfhildis"),
		Protected: w.person("Pernillus"), Clearance: newID(), Municipality: w.here, Delivery: newID(), Application: newID(), token: nothing().token,
	}
	w.real.Group = one[uuid.UUID](w.town, "select group_id from app.enrolments where child_id = $1 and group_id is not null", w.real.Child)
	w.real.Tablet = w.tablet(w.real.Group).id
	for range 3 { // so that lists have pages
		w.real.Absence, _ = w.absence(anna, w.real.Child, noteOfFamily)
	}
	w.real.Conversation = w.thread(anna, w.real.Child, textOfGuardian)
	w.confide(anna)
	w.real.Alert = w.alert(w.is[head].token, w.real.Institution, textOfAlert)
}

// confide sends a message in spite of the warning (V18).
func (w *walk) confide(token string) {
	w.tb.Helper()
	c := call{method: http.MethodPost, path: "/v1/guardian/conversations/" + w.real.Conversation.String() + "/messages", token: token}
	body := map[string]any{"text": confidential, "locale": "sv"}
	c.body = body
	body["acknowledgement"] = w.do(c).want(w.tb, http.StatusConflict, "sensitivity_confirmation_required").review.Acknowledgement
	w.do(c).want(w.tb, http.StatusCreated, "")
}

// otherLives gives the others something of their own that could be shown to the wrong people.
func (w *walk) otherLives() {
	w.tb.Helper()
	for _, caller := range []who{wrong, hilde, foreign} {
		child := map[who]string{wrong: "Caspianus", hilde: "Hjalmarine", foreign: "Mosebackus"}[caller]
		answers := map[who]who{wrong: leader, hilde: rektor, foreign: utrikine}[caller]
		w.absence(w.is[caller].token, w.person(child), noteOf(w.is[caller].given))
		thread := w.thread(w.is[caller].token, w.person(child), textOf(w.is[caller].given))
		w.do(call{method: http.MethodPost, path: "/v1/staff/conversations/" + thread.String() + "/messages", token: w.is[answers].token,
			body: map[string]any{"text": textOf(w.is[caller].given), "locale": "sv"}}).want(w.tb, http.StatusCreated, "")
	}
	w.thread(w.is[other].token, w.real.Child, textOf("Bodvaris"))
	w.alert(w.is[rektor].token, w.institution(school), textOf("Rektorina"))
	w.alert(w.is[utrikine].token, w.institution(abroad), textOf("Utrikine"))
}

func noteOf(given string) string { return "Hemma i dag, anteckning" + given + "." }
func textOf(given string) string { return "Hej, skrivelse" + given + "." }

// reachable gives every guardian an address, a number and a device, also those who must not be reached.
func (w *walk) reachable() {
	for i, caller := range append([]who{cutOff}, guardians...) {
		given := w.is[caller].given
		for _, e := range [][3]string{
			{"email", "smtp", mailOf(given)}, {"sms", "twilio", fmt.Sprintf("+467017406%02d", 10+i)}, {"push", "fcm", deviceOf(given)},
		} {
			w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
				select municipality_id, $1, id, $2, $3, $4, 'sv', 'active', now(), now(), now() from app.persons where given_name = $5`,
				newID(), e[0], e[1], e[2], given)
		}
	}
}

// startWorker starts a notify worker that rests except when the walk waits for it.
func (w *walk) startWorker(t *testing.T) {
	t.Helper()
	base := w.base
	base.DB = w.Worker
	var err error
	w.worker, err = system.NewWorker(base, func(c *worker.Config) { c.PollEvery = 20 * time.Millisecond })
	must(t, err)
	w.worker.Pause()
	w.worker.Start(context.WithoutCancel(w.ctx))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		must(t, w.worker.Stop(ctx))
		must(t, w.worker.Close(ctx))
	})
}

// drain waits until everything that is to leave has left, and the provider has said what became of each SMS.
func (w *walk) drain(t *testing.T) {
	t.Helper()
	w.worker.Resume()
	defer w.worker.Pause()
	ctx, cancel := context.WithTimeout(w.ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for one[int](w.town, `select count(*) from notify.deliveries where state in ('pending', 'retry')
		or channel = 'sms' and state = 'sent' and receipt is distinct from 'delivered'`) > 0 {
		select {
		case <-ctx.Done():
			t.Fatal("the notices did not leave in time")
		case <-tick.C:
		}
	}
}

// confirmation is the token in the mail that asks the applicant to confirm the address (H3).
func (w *walk) confirmation() string {
	if w.worker == nil {
		return nothing().token // nothing leaves, so nothing can be confirmed
	}
	w.drain(w.tb.(*testing.T))
	mails := w.sandbox.Deliveries(sandbox.All(sandbox.After(w.seq), sandbox.To(mailOf("Gretchenia")), sandbox.On(sandbox.Email)))
	for _, mail := range mails {
		if _, rest, found := strings.Cut(mail.Body, "bec_"); found {
			end := strings.IndexFunc(rest, func(r rune) bool {
				return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", r)
			})
			if end < 0 {
				end = len(rest)
			}
			return "bec_" + rest[:end]
		}
	}
	w.tb.Fatalf("none of %d mails has a link to confirm the address", len(mails))
	return ""
}

// unsubscribe is the token of a routine mail's List-Unsubscribe header.
func (w *walk) unsubscribe() string {
	for _, mail := range w.sandbox.Deliveries(sandbox.All(sandbox.After(w.seq), sandbox.To(mailOf("Hildegunnar")), sandbox.On(sandbox.Email))) {
		if at := strings.Index(mail.Headers.Get("List-Unsubscribe"), "beu_"); at >= 0 {
			return strings.TrimRight(mail.Headers.Get("List-Unsubscribe")[at:], "> ")
		}
	}
	w.tb.Fatal("no routine mail can be unsubscribed from")
	return ""
}

func (w *walk) login(municipality uuid.UUID) any {
	code, err := totp.Code(w.secret, totp.Step(w.Clock.Now()))
	must(w.tb, err)
	return map[string]any{"municipalityId": municipality, "username": mailOf("Heddavina"), "password": headPassword, "code": code}
}

func (w *walk) freshAbsence(who) ids {
	x := w.real
	x.Absence, x.etag = w.absence(w.is[right].token, x.Child, noteOfFamily)
	return x
}

func (w *walk) spareInactive(who) ids { return w.spare("inactive") }
func (w *walk) spareActive(who) ids   { return w.spare("active") }

// spare is a guardianship of another family that has a status, so that opening and closing it changes nobody else's walk.
func (w *walk) spare(status string) ids {
	x := w.real
	x.Guardianship = w.guardianship("Stenulvar", "Caspianus")
	if one[string](w.town, "select status from app.guardianships where id = $1", x.Guardianship) != status {
		w.decide(w.is[head].token, "Stenulvar", "Caspianus", status)
	}
	x.etag = fmt.Sprintf("%q", fmt.Sprint(one[int](w.town, "select version from app.guardianship_access where guardianship_id = $1", x.Guardianship)))
	return x
}
