package web_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"
)

const absence = `"startsOn":"2026-11-23","endsOn":"2026-11-23","reason":"illness"`

// Every mistake in a body is a problem with a pointer and a sentence, and nothing reaches the room.
func TestBodies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ operation, body, pointer, detail string }{
		"missing":            {"ReportAbsence", `{"startsOn":"2026-11-23","reason":"illness"}`, "/endsOn", "is missing"},
		"unknown":            {"ReportAbsence", `{` + absence + `,"colour":"red"}`, "/colour", "not known"},
		"unknown, escaped":   {"ReportAbsence", `{` + absence + `,"a/b~c":1}`, "/a~1b~0c", "not known"},
		"other case":         {"ReportAbsence", `{` + absence + `,"Note":"x"}`, "/Note", "not known"},
		"wrong type":         {"ReportAbsence", `{` + absence + `,"note":5}`, "/note", "must be text"},
		"null":               {"ReportAbsence", `{` + absence + `,"note":null}`, "/note", "must not be null"},
		"list for text":      {"ReportAbsence", `{` + absence + `,"note":["x"]}`, "/note", "must be text"},
		"not in the list":    {"ReportAbsence", `{"startsOn":"2026-11-23","endsOn":"2026-11-23","reason":"bored"}`, "/reason", "illness, medical_appointment"},
		"no such day":        {"ReportAbsence", `{"startsOn":"2026-02-30","endsOn":"2026-11-23","reason":"illness"}`, "/startsOn", "a date such as"},
		"day with time":      {"ReportAbsence", `{"startsOn":"2026-11-23T00:00:00Z","endsOn":"2026-11-23","reason":"illness"}`, "/startsOn", "a date"},
		"year zero":          {"ReportAbsence", `{"startsOn":"0000-01-01","endsOn":"2026-11-23","reason":"illness"}`, "/startsOn", "a date"},
		"too long":           {"ReportAbsence", `{` + absence + `,"note":"` + strings.Repeat("å", 2001) + `"}`, "/note", "at most 2000 characters"},
		"empty":              {"PostMessage", `{"text":""}`, "/text", "must not be empty"},
		"bad UUID":           {"StartConversation", `{"childId":"0191e0f0000070008000000000000003","text":"x"}`, "/childId", "must be a UUID"},
		"UUID in braces":     {"StartConversation", `{"childId":"{0191e0f0-0000-7000-8000-000000000003}","text":"x"}`, "/childId", "must be a UUID"},
		"bad e-mail":         {"RegisterApplicationEmail", `{"email":"Kim <kim@example.com>","locale":"sv"}`, "/email", "an e-mail address"},
		"pattern":            {"RegisterMobile", `{"number":"0701740605","locale":"sv"}`, "/number", "+46701740605"},
		"twice the same":     {"ReplyToGuardian", `{"text":"x","announceBy":["push","push"]}`, "/announceBy", "the same twice"},
		"empty list":         {"ReplyToGuardian", `{"text":"x","announceBy":[]}`, "/announceBy", "at least 1"},
		"entry of a list":    {"ReplyToGuardian", `{"text":"x","announceBy":["push","pigeon"]}`, "/announceBy/1", "email, push, in_app"},
		"nothing to change":  {"ChangeAbsence", `{}`, "", "at least 1 field"},
		"field given twice":  {"PostMessage", `{"text":"a","text":"b"}`, "/text", "more than once"},
		"twice by escape":    {"PostMessage", `{"text":"a","\u0074ext":"b"}`, "/text", "more than once"},
		"goes on":            {"PostMessage", `{"text":"a"}{}`, "", "after its end"},
		"garbage behind":     {"PostMessage", `{"text":"a"} x`, "", "after its end"},
		"broken off":         {"PostMessage", `{"text":"a"`, "", "is not JSON"},
		"no JSON":            {"PostMessage", `text=a`, "", "is not JSON"},
		"comma at the end":   {"PostMessage", `{"text":"a",}`, "", "is not JSON"},
		"a list":             {"PostMessage", `["text"]`, "", "must be an object"},
		"just null":          {"PostMessage", `null`, "", "must not be null"},
		"nothing":            {"PostMessage", ``, "", "the body is missing"},
		"not UTF-8":          {"PostMessage", "{\"text\":\"\xff\"}", "", "UTF-8"},
		"NUL":                {"PostMessage", `{"text":"a\u0000b"}`, "/text", "NUL"},
		"half a character":   {"PostMessage", `{"text":"\ud83d"}`, "/text", "half of a character"},
		"other half":         {"PostMessage", `{"text":"\\\ude00"}`, "/text", "half of a character"},
		"deep":               {"PostMessage", `{"text":` + strings.Repeat(`[`, 5000) + strings.Repeat(`]`, 5000) + `}`, "", "deeper than 32"},
		"wide":               {"ReplyToGuardian", `{"text":"x","announceBy":[` + strings.Repeat(`1,`, 6000) + `1]}`, "", "more than 5000 values"},
		"number too large":   {"PostMessage", `{"text":1e999}`, "/text", "out of range"},
		"body where none is": {"SignOut", `{}`, "", "takes no body"},
		"form: missing":      {"ReceiveSMS", `From=%2B46701740605`, "/Body", "is missing"},
		"form: twice":        {"ReceiveSMS", `From=1&From=2&Body=x`, "/From", "more than once"},
		"form: other case":   {"ReceiveSMS", `From=1&from=2&Body=x`, "", "more than once"},
		"form: NUL":          {"ReceiveSMS", `From=1&Body=a%00`, "", "NUL"},
		"form: bad escape":   {"UnsubscribeEmail", `List-Unsubscribe=%zz`, "", "not encoded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, hooks{c.operation: mustNotRun(t)})
			got := b.do(withBody(b.request(c.operation), c.body)).want(t, http.StatusBadRequest, "request_invalid")
			if name == "deep" {
				c.pointer = "/text" + strings.Repeat("/0", 32)
			}
			if name == "form: other case" && len(got.Fields) == 1 {
				c.pointer = got.Fields[0].Pointer // either of the two
			}
			got.at(t, c.pointer, c.detail)
		})
	}
}

func TestManyMistakesAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	got := b.do(withBody(b.request("ReportAbsence"), `{"startsOn":"x","reason":"y","a":1,"b":2,"note":true}`))
	got.want(t, http.StatusBadRequest, "request_invalid")
	for _, pointer := range []string{"/startsOn", "/endsOn", "/reason", "/a", "/b", "/note"} {
		got.at(t, pointer, "")
	}
	if len(got.Fields) != 6 {
		t.Errorf("%d fields, want 6: %s", len(got.Fields), got.body)
	}
	wide := `{"text":"x"`
	for i := range 3000 {
		wide += `,"f` + strings.Repeat("x", i%50) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)) + `":1`
	}
	if got := b.do(withBody(b.request("PostMessage"), wide+`}`)); len(got.Fields) != 20 {
		t.Errorf("%d fields, want the first 20", len(got.Fields))
	}
}

// What people really write passes as it is.
func TestGoodTexts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Hei på dej, Ærø! 👩‍👧", "שלום \u2067(Ærø)\u2069 \u202a+46 70\u202c \u200fا\u061c", "کتاب\u200cها", `quote " and \ back`, "line\nbreak\ttab", "\u00a0", strings.Repeat("å", 10000), "\ufffd"} {
		var seen string
		b := setup(t, hooks{"PostMessage": textOf(&seen)})
		b.do(withBody(b.request("PostMessage"), `{"text":`+encode(t, "", text)+`}`)).want(t, http.StatusCreated, "")
		if seen != text {
			t.Errorf("the room saw %.40q, want %.40q", seen, text)
		}
	}
	var seen string
	b := setup(t, hooks{"PostMessage": textOf(&seen)})
	b.do(withBody(b.request("PostMessage"), `{"text":"\ud83d\ude00 \\ud83d \ufffd"}`)).want(t, http.StatusCreated, "")
	if want := "😀 \\ud83d \ufffd"; seen != want {
		t.Errorf("the room saw %q, want %q", seen, want)
	}
}

// V20: the API names the rule, not only the list of what is allowed.
func TestSMSOnlyForCritical(t *testing.T) {
	t.Parallel()
	b := setup(t, hooks{"ReplyToGuardian": mustNotRun(t)})
	for _, channels := range []string{`["sms"]`, `["email","sms"]`, `["pigeon","sms"]`} {
		got := b.do(withBody(b.request("ReplyToGuardian"), `{"text":"x","announceBy":`+channels+`}`))
		got.want(t, http.StatusBadRequest, "sms_only_for_critical")
		if !strings.Contains(got.Detail, "critical") {
			t.Errorf("detail = %q", got.Detail)
		}
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ operation, query, pointer, detail string }{
		"unknown":         {"ListAbsences", "colour=red", "colour", "not a parameter"},
		"unknown, case":   {"ListAbsences", "Limit=3", "Limit", "not a parameter"},
		"twice":           {"ListAbsences", "limit=3&limit=4", "limit", "more than once"},
		"no number":       {"ListAbsences", "limit=ten", "limit", "whole number"},
		"signed":          {"ListAbsences", "limit=%2B5", "limit", "whole number"},
		"leading zero":    {"ListAbsences", "limit=05", "limit", "whole number"},
		"fraction":        {"ListAbsences", "limit=1.5", "limit", "whole number"},
		"too small":       {"ListAbsences", "limit=0", "limit", "at least 1"},
		"too large":       {"ListAbsences", "limit=101", "limit", "at most 100"},
		"far too large":   {"ListAbsences", "limit=99999999999999999999", "limit", "whole number"},
		"empty":           {"ListAbsences", "cursor=", "cursor", "must not be empty"},
		"too long":        {"ListAbsences", "cursor=" + strings.Repeat("a", 201), "cursor", "at most 200"},
		"NUL":             {"ListAbsences", "cursor=a%00b", "cursor", "NUL"},
		"not UTF-8":       {"ListAbsences", "cursor=%ff", "cursor", "UTF-8"},
		"bad escape":      {"ListAbsences", "cursor=%zz", "", "not encoded"},
		"semicolon":       {"ListAbsences", "limit=3;cursor=x", "", "not encoded"},
		"missing":         {"ListReportedAbsences", "", "date", "is missing"},
		"no date":         {"ListReportedAbsences", "date=tomorrow", "date", "a date"},
		"not in the list": {"ListGuardianships", "status=gone", "status", "inactive, active"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, hooks{c.operation: mustNotRun(t)})
			req := b.request(c.operation)
			req.URL.RawQuery = c.query
			b.do(req).want(t, http.StatusBadRequest, "request_invalid").at(t, c.pointer, c.detail)
		})
	}
	b := setup(t, nil)
	for _, id := range []string{"x", "0191e0f0000070008000000000000003", "%00", "0191e0f0-0000-7000-8000-00000000000%", "urn:uuid:0191e0f0-0000-7000-8000-000000000003"} {
		req := b.request("GetChild")
		req.URL.Opaque = "/v1/guardian/children/" + id
		if got := b.raw(req); got.status != http.StatusBadRequest || len(got.Fields) != 1 || got.Fields[0].Pointer != "childId" {
			t.Errorf("child %q: %d %s", id, got.status, got.body)
		}
	}
	req := b.request("GetChild")
	req.URL.Opaque = "/v1/guardian/children/%30191e0f0-0000-7000-8000-00000000000%33" // decoded once, before it is judged
	b.raw(req).want(t, http.StatusOK, "")
	req = b.request("ReceiveSMS")
	req.Header.Del("X-Twilio-Signature")
	b.do(req).want(t, http.StatusUnauthorized, "signature_invalid")
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for media, want := range map[string]int{
		"application/json": http.StatusCreated, "Application/JSON; charset=UTF-8": http.StatusCreated, "": http.StatusUnsupportedMediaType,
		"text/plain": http.StatusUnsupportedMediaType, "application/x-www-form-urlencoded": http.StatusUnsupportedMediaType,
		"application/json; charset=latin1": http.StatusUnsupportedMediaType, "application/merge-patch+json": http.StatusUnsupportedMediaType,
		"multipart/form-data; boundary=x": http.StatusUnsupportedMediaType, "application/json, text/plain": http.StatusUnsupportedMediaType,
	} {
		req := b.request("PostMessage")
		req.Header.Del("Content-Type")
		if media != "" {
			req.Header.Set("Content-Type", media)
		}
		if got := b.do(req); got.status != want {
			t.Errorf("%q: %d %s, want %d", media, got.status, got.body, want)
		}
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(`{"text":"x"}`))
	_ = w.Close()
	req := withBody(b.request("PostMessage"), packed.String())
	req.Header.Set("Content-Encoding", "gzip")
	b.do(req).want(t, http.StatusUnsupportedMediaType, "media_type_not_supported")
}

func TestKeysAndVersions(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, operation := range b.Contract().Operations {
		if operation.Repeatable {
			for _, key := range []string{"", "short", "with space 0123456789", strings.Repeat("a", 129), "0123456789abcdef\xff"} {
				req := b.sample(operation)
				req.Header["Idempotency-Key"] = []string{key}
				b.do(req).want(t, http.StatusBadRequest, "idempotency_key_missing").at(t, "Idempotency-Key", "16 to 128")
			}
			req := b.sample(operation)
			req.Header.Del("Idempotency-Key")
			b.do(req).want(t, http.StatusBadRequest, "idempotency_key_missing")
			req = b.sample(operation)
			req.Header.Add("Idempotency-Key", "another-key-0123456789")
			b.do(req).want(t, http.StatusBadRequest, "idempotency_key_missing")
		}
		if operation.Versioned {
			req := b.sample(operation)
			req.Header.Del("If-Match")
			b.do(req).want(t, http.StatusPreconditionRequired, "version_required")
			for _, version := range []string{"3", `W/"3"`, "*", `"abc"`, `"3", "4"`, `"99999999999"`} {
				req := b.sample(operation)
				req.Header.Set("If-Match", version)
				b.do(req).want(t, http.StatusPreconditionFailed, "version_outdated")
			}
		}
	}
	// A request that could not be carried out anyway is told so first.
	req := withBody(b.request("ChangeAbsence"), `{"startsOn":"x"}`)
	req.Header.Set("If-Match", `"abc"`)
	b.do(req).want(t, http.StatusBadRequest, "request_invalid")
}
