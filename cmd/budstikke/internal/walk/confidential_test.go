package walk_test

import (
	"net/http"
	"strings"
	"testing"
)

// V18: a message that was sent in spite of the warning is opened by who wrote it and by those who answer for the institution; a colleague of theirs reads the rest of the
// thread without it.
func TestConfidentialMessagesAreForThoseWhoNeedThem(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	thread := w.real.Conversation.String()
	for _, reader := range []struct {
		who   who
		reads bool
	}{{head, true}, {leader, true}, {employee, false}} {
		got := w.do(call{path: "/v1/staff/conversations/" + thread + "/messages", token: w.is[reader.who].token}).want(t, http.StatusOK, "")
		if !contains(got, textOfGuardian) {
			t.Errorf("%s does not read the thread: %.200s", reader.who, got.body)
		}
		if contains(got, confidential) != reader.reads {
			t.Errorf("%s: the confidential message is there: %v", reader.who, !reader.reads)
		}
	}
	if got := w.do(call{path: "/v1/guardian/conversations/" + thread + "/messages", token: w.is[right].token}).want(t, http.StatusOK, ""); !contains(got, confidential) {
		t.Errorf("who wrote it does not read it: %.200s", got.body)
	}
}

// B4, V18: a colleague who writes something sensitive to a guardian is warned before anything is stored, with advice for a colleague, and can send it all the same.
func TestStaffAreWarnedAsStaff(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	w.settle()
	count := func() int {
		return one[int](w.town, "select count(*) from app.messages where conversation_id = $1", w.real.Conversation)
	}
	before := count()
	body := map[string]any{"text": confidential, "locale": "sv"}
	reply := call{method: http.MethodPost, path: "/v1/staff/conversations/" + w.real.Conversation.String() + "/messages", token: w.is[leader].token, body: body}
	warned := w.do(reply).want(t, http.StatusConflict, "sensitivity_confirmation_required")
	found := warned.review.Findings
	if len(found) == 0 || found[0].Category != "health_diagnosis" || !strings.Contains(found[0].Advice, "journalsystemet") {
		t.Fatalf("warned with %+v", found)
	}
	if n := count(); n != before {
		t.Errorf("%d messages, %d before the warning", n, before)
	}
	body["acknowledgement"] = warned.review.Acknowledgement
	w.do(reply).want(t, http.StatusCreated, "")
	if n := count(); n != before+1 {
		t.Errorf("%d messages after the acknowledgement, %d before", n, before)
	}
}
