package walk_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/live"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/migrations/scope"
)

const (
	ofGuardian = "/v1/guardian/stream"
	ofStaff    = "/v1/staff/stream"
)

// lasting lets streams last as long as they may.
func lasting(b *system.Base) { b.Streams = live.Config{} }

// told is an event of a stream.
type told struct {
	ID, SubjectID uuid.UUID
	Kind          string
}

// listener reads a stream as an app does.
type listener struct {
	news chan told     // closed at the end
	over chan struct{} // closed at the end, too
	end  time.Time     // when it was; to be read after over
	text lines         // all that came
}

// listen opens a stream and waits until it has begun.
func (w *town) listen(t *testing.T, path, token string) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+path, nil)
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := (&http.Client{Transport: w.client.Transport}).Do(req) // without the other client's deadline
	must(t, err)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s answered %d %s", path, res.StatusCode, res.Header.Get("Content-Type"))
	}
	l := &listener{news: make(chan told, 100), over: make(chan struct{})}
	begun := make(chan struct{})
	go func() {
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		for first := true; lines.Scan(); first = false {
			_, _ = l.text.Write(lines.Bytes())
			if first {
				close(begun)
			}
			if data, found := strings.CutPrefix(lines.Text(), "data: "); found {
				var event told
				if json.Unmarshal([]byte(data), &event) == nil {
					l.news <- event
				}
			}
		}
		l.end = time.Now()
		close(l.news)
		close(l.over)
	}()
	select {
	case <-begun:
	case <-l.over:
	}
	return l
}

// hears does something and returns the first news of a kind. A stream that ended before, because the machine was too busy to ask for it in
// time, is opened again, and it is done again.
func (w *town) hears(t *testing.T, path, token, kind string, do func()) told {
	t.Helper()
	for range 5 {
		l := w.listen(t, path, token)
		do()
		for event := range l.news {
			if event.Kind == kind {
				return event
			}
		}
	}
	t.Fatalf("%s never told of %s", path, kind)
	return told{}
}

// overhears is hears, but for all that the stream told until then.
func (w *town) overhears(t *testing.T, path, token, kind string, do func()) string {
	t.Helper()
	for range 5 {
		l := w.listen(t, path, token)
		do()
		for event := range l.news {
			if event.Kind == kind {
				return l.text.String()
			}
		}
	}
	t.Fatalf("%s never told of %s", path, kind)
	return ""
}

// B1, V15: a stream tells that something of the caller's has changed, and where; it says nothing to those whom it is no business of.
func TestStreamTellsWhatIsNew(t *testing.T) {
	t.Parallel()
	w := newTown(t, lasting)
	is := w.people()
	child := w.person("Alfhildis")
	thread := w.thread(is[right].token, child, textOfGuardian) // before: it is in the lists, and not told
	bystander := w.listen(t, ofGuardian, is[wrong].token)
	colleague := w.listen(t, ofStaff, is[teacher].token)
	reply := call{method: http.MethodPost, path: "/v1/staff/conversations/" + thread.String() + "/messages", token: is[leader].token,
		body: map[string]any{"text": textOfStaff, "locale": "sv", "announceBy": []string{"in_app"}}}

	if event := w.hears(t, ofGuardian, is[right].token, "message_posted", func() { w.do(reply).want(t, http.StatusCreated, "") }); event.SubjectID != thread {
		t.Errorf("the guardian was told of %s", event.SubjectID)
	}
	var absence uuid.UUID
	if event := w.hears(t, ofGuardian, is[other].token, "absence_reported", func() { absence, _ = w.absence(is[right].token, child, noteOfFamily) }); event.SubjectID != absence {
		t.Errorf("the other guardian was told of %s", event.SubjectID)
	}
	if event := w.hears(t, ofStaff, is[leader].token, "message_posted", func() {
		w.do(call{method: http.MethodPost, path: "/v1/guardian/conversations/" + thread.String() + "/messages", token: is[right].token,
			body: map[string]any{"text": textOfGuardian, "locale": "sv"}}).want(t, http.StatusCreated, "")
	}); event.SubjectID != thread {
		t.Errorf("the leader was told of %s", event.SubjectID)
	}
	var alert uuid.UUID
	if event := w.hears(t, ofGuardian, is[right].token, "alert_raised", func() { alert = w.alert(is[head].token, w.institution(kindergarten), textOfAlert) }); event.SubjectID != alert {
		t.Errorf("the guardian was told of %s", event.SubjectID)
	}
	for len(bystander.news) > 0 {
		if event := <-bystander.news; event.Kind != "alert_raised" && event.Kind != "" {
			t.Errorf("a guardian of another child was told %+v", event)
		}
	}
	for len(colleague.news) > 0 {
		t.Errorf("a leader of another institution was told %+v", <-colleague.news)
	}
}

// V15, B8, V11, V14, B12, H4: whatever ends what somebody may see ends their open streams within two seconds of its commit, on whatever way it
// comes, and nobody else's.
func TestStreamsEndWithTheAccess(t *testing.T) {
	t.Parallel()
	w := newTown(t, lasting)
	is := w.people()
	boss := is[head].token
	suspend := func(given string) {
		path := "/v1/office/guardianships/" + w.guardianship(given, "Alfhildis").String()
		w.do(call{method: http.MethodPost, path: path + "/suspension", token: boss, ifMatch: w.do(call{path: path, token: boss}).header.Get("ETag"),
			body: map[string]any{"reason": deactivationReason}}).want(t, http.StatusOK, "")
	}
	leave := func(given string) {
		w.exec(`insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
			values ($1, $2, $3, $4, now(), $5, now())`, w.here, newID(), w.person(given), w.institution(kindergarten), w.person("Heddavina"))
	}
	phone := w.family("Bodvaris", scope.Guardian)
	ways := []struct {
		name, path, token string
		end               func()
	}{
		{"signed out", ofGuardian, "", func() {}},
		{"session ended from another device", ofGuardian, phone.access, func() {
			w.do(call{method: http.MethodDelete, path: "/v1/signin/sessions/" + phone.session, token: is[other].token}).want(t, http.StatusNoContent, "")
		}},
		{"guardianship deactivated", ofGuardian, is[cutOff].token, func() { w.decide(boss, "Evelindis", "Alfhildis", "inactive") }},
		{"guardianship suspended", ofGuardian, is[right].token, func() { suspend("Annelore") }},
		{"one of two children gone", ofGuardian, is[elsewhere].token, func() { w.decide(boss, "Fridabella", "Alfhildis", "inactive") }},
		{"restricted", ofGuardian, is[other].token, func() { w.restrict(boss, "Alfhildis", "Bodvaris", "no_access") }},
		{"time-boxed access over", ofGuardian, is[elsewhere].token, func() {
			w.exec("update app.guardianship_access set until = now() where guardianship_id = $1", w.guardianship("Fridabella", "Fjalarine"))
		}},
		{"guardianship ended in the register", ofGuardian, is[wrong].token, func() {
			w.exec("update app.guardianships set ended_at = now() where id = $1", w.guardianship("Ceciliana", "Caspianus"))
		}},
		{"child left", ofGuardian, is[hilde].token, func() {
			w.exec("update app.enrolments set ended_at = now() where child_id = $1", w.person("Hjalmarine"))
		}},
		{"account ended", ofGuardian, is[foreign].token, func() {
			w.exec("update auth.accounts set ended_at = now() where person_id = $1", w.person("Monsinora"))
		}},
		{"staff restricted from a child", ofStaff, is[leader].token, func() { w.restrict(boss, "Alfhildis", "Leonorina", "no_access") }},
		{"staff on leave", ofStaff, is[employee].token, func() { leave("Emelinda") }},
		{"staff account ended", ofStaff, is[leader].token, func() {
			w.do(call{method: http.MethodDelete, token: boss,
				path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/staff-accounts/" + w.person("Leonorina").String()}).want(t, http.StatusNoContent, "")
		}},
		{"staff gone", ofStaff, is[teacher].token, func() {
			w.exec("update app.staff_roles set ended_at = now() where person_id = $1", w.person("Torunnara"))
		}},
	}
	ways[0].token = w.session("Annelore", scope.Guardian, 0)
	ways[0].end = func() {
		w.do(call{method: http.MethodDelete, path: "/v1/signin/session", token: ways[0].token}).want(t, http.StatusNoContent, "")
	}
	spared, slowest := 0, time.Duration(0)
	control := w.listen(t, ofStaff, is[rektor].token)
	for _, way := range ways {
		l := w.listen(t, way.path, way.token)
		way.end()
		committed := time.Now()
		select {
		case <-l.over:
		case <-time.After(5 * time.Second):
			t.Errorf("%s: the stream goes on", way.name)
			continue
		}
		took := l.end.Sub(committed)
		if slowest = max(slowest, took); took > 2*time.Second {
			t.Errorf("%s: the stream ended %s after the commit", way.name, took)
		}
		select {
		case <-control.over:
			control = w.listen(t, ofStaff, is[rektor].token)
		default:
			spared++
		}
	}
	t.Logf("%d streams ended at the latest %s after the commit; a bystander's went on through %d of them", len(ways), slowest.Round(time.Millisecond), spared)
	if spared < len(ways)/2 { // one may end because the machine was too busy to ask for it in time
		t.Errorf("a stream that nothing had happened to went on through %d of %d", spared, len(ways))
	}
}

// A stream that may no longer be opened is not, and one that is open many times over is not opened again.
func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	w := newTown(t, func(b *system.Base) { b.Streams = live.Config{MostPerSession: 1} })
	is := w.people()
	w.listen(t, ofGuardian, is[right].token)
	refused := w.do(call{path: ofGuardian, token: is[right].token}).want(t, http.StatusTooManyRequests, "too_many_streams")
	if refused.header.Get("Retry-After") == "" {
		t.Error("nothing says when to come back")
	}
	w.do(call{path: ofStaff, token: is[right].token}).want(t, http.StatusNotFound, "not_found")
	w.do(call{path: ofGuardian, token: is[ended].token}).want(t, http.StatusUnauthorized, "sign_in_required")
}
