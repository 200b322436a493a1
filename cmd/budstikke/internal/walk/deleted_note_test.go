package walk_test

import (
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/notify/sandbox"
)

// V17, B4: of a note that was sent in spite of the warning and that its writer deleted when staff asked for it, nothing remains: not in a table, sealed or open, nor in the
// queue, the log, or anything that was sent or told of it before or after. The absence says that it was deleted, not what.
func TestDeletedNoteIsGoneEverywhere(t *testing.T) {
	t.Parallel()
	w := newWalk(t, belted(t), lasting)
	const word = "Kvittenstam"
	anna, child := w.is[right].token, w.real.Child
	seq, written := w.sandbox.LastSeq(), len(w.log.String())

	tags, texts := map[uuid.UUID]string{}, []string{word, hex.EncodeToString([]byte(word))}
	report := func() {
		c := w.away(anna, child, w.free(child), w.free(child), "Hon har epilepsi, "+word+".")
		c.body.(map[string]any)["acknowledgement"] = w.do(c).want(t, http.StatusConflict, "sensitivity_confirmation_required").review.Acknowledgement
		r := w.do(c).want(t, http.StatusCreated, "")
		tags[r.id(t)] = r.header.Get("ETag")
	}
	atWork := w.listen(t, ofStaff, w.is[leader].token)
	told := w.overhears(t, ofGuardian, w.is[other].token, "absence_reported", report)
	w.drain(t) // what tells of the absence leaves while its note stands

	staffList := "/v1/staff/institutions/" + w.real.Institution.String() + "/absences?limit=100&date="
	var calls []call
	for id := range tags {
		texts = append(texts, one[string](w.town, "select note from app.absences where id = $1", id))
		day := one[string](w.town, "select to_char(starts_on, 'YYYY-MM-DD') from app.absences where id = $1", id)
		calls = append(calls, call{path: "/v1/guardian/absences/" + id.String()}, call{path: staffList + day})
	}
	calls = append(calls, call{path: "/v1/guardian/children/" + child.String() + "/absences?limit=100"}, call{path: "/v1/guardian/notices?limit=100"},
		call{path: "/v1/staff/notices?limit=100"})
	shown := func() (times int) {
		for _, c := range calls {
			for _, caller := range everybody {
				c.token = w.is[caller].token
				if strings.Contains(w.do(c).wire(), word) {
					times++
				}
			}
		}
		return times
	}
	if n := shown(); n < 2*len(tags) {
		t.Errorf("the notes are shown %d times before they are deleted: they are looked for in vain", n)
	}
	for id, tag := range tags {
		w.do(call{method: http.MethodDelete, path: "/v1/guardian/absences/" + id.String() + "/note", token: anna, ifMatch: tag}).want(t, http.StatusOK, "")
	}
	w.drain(t)

	if n := shown(); n != 0 {
		t.Errorf("deleted notes are shown %d times", n)
	}
	w.nameStandsNowhereElse(t, texts...)
	w.beltHoldsNone(t, []canary{{text: word}})
	if !strings.Contains(told, "absence_reported") || strings.Contains(told+atWork.text.String(), word) {
		t.Errorf("the streams told %s and %s", told, atWork.text.String())
	}
	if strings.Contains(w.log.String()[written:], word) {
		t.Error("the log holds the note")
	}
	sent := w.sandbox.Deliveries(sandbox.After(seq))
	for _, d := range sent {
		if strings.Contains(d.Title+d.Body+d.HTML+string(d.Raw), word) {
			t.Errorf("%s to %s carries the note", d.Channel, d.To)
		}
	}
	if n := one[int](w.town, "select count(*) from notify.events where subject_id = any ($1)", keysOf(tags)); n == 0 || len(sent) == 0 {
		t.Errorf("%d events and %d messages tell of the absences: they are looked at in vain", n, len(sent))
	}
	for id := range tags {
		if !one[bool](w.town, "select note = '' and not note_sensitive and note_removed_at is not null and reported_by = $2 from app.absences where id = $1", id, w.person("Annelore")) {
			t.Errorf("absence %s does not say that its note was deleted", id)
		}
	}
}

func keysOf(tags map[uuid.UUID]string) (ids []uuid.UUID) {
	for id := range tags {
		ids = append(ids, id)
	}
	return ids
}
