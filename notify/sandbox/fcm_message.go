package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxFCMMessage bounds a message without its token, in bytes of JSON. Google counts the payload only; counting everything is stricter, never laxer.
const maxFCMMessage = 4096

// fcmMessage is a message that has the shape of FCM's v1 API.
type fcmMessage struct {
	token, topic, condition string
	validateOnly            bool
	title, body             string
	data                    map[string]string
	android                 fcmAndroid
	raw                     []byte
}

type fcmAndroid struct {
	CollapseKey  string `json:"collapse_key"`
	Priority     string `json:"priority"`
	TTL          string `json:"ttl"`
	Notification struct {
		Title     string `json:"title"`
		Body      string `json:"body"`
		Tag       string `json:"tag"`
		ChannelID string `json:"channel_id"`
	} `json:"notification"`
}

// fcmProblem is a refusal that names the field.
type fcmProblem struct{ field, text string }

func (p *fcmProblem) write(w http.ResponseWriter) {
	details := []any{map[string]string{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "INVALID_ARGUMENT"}}
	if p.field != "" {
		details = append(details, map[string]any{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": []map[string]string{{"field": p.field, "description": p.text}}})
	}
	writeJSON(w, http.StatusBadRequest, map[string]any{"error": map[string]any{"code": 400, "message": p.text, "status": "INVALID_ARGUMENT", "details": details}})
}

var (
	fcmMessageFields = []string{"name", "data", "notification", "android", "webpush", "apns", "fcm_options", "fcmOptions", "token", "topic", "condition"}
	fcmAndroidFields = []string{"collapse_key", "collapseKey", "priority", "ttl", "restricted_package_name", "restrictedPackageName", "data", "notification",
		"fcm_options", "fcmOptions", "direct_boot_ok", "directBootOk", "bandwidth_constrained_ok", "restricted_satellite_ok"}
)

// parseFCM reads and validates a request.
func parseFCM(body []byte) (*fcmMessage, *fcmProblem) {
	var request struct {
		ValidateOnly bool            `json:"validate_only"`
		Message      json.RawMessage `json:"message"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, &fcmProblem{"", "Invalid JSON payload received."}
	}
	if p := unknownField("", body, []string{"validate_only", "validateOnly", "message"}); p != nil {
		return nil, p
	}
	if len(request.Message) == 0 {
		return nil, &fcmProblem{"message", "Message is required."}
	}
	var m struct {
		Token, Topic, Condition string
		Data                    map[string]string
		Notification            struct{ Title, Body string }
		Android                 json.RawMessage
	}
	if err := json.Unmarshal(request.Message, &m); err != nil {
		return nil, &fcmProblem{"message", "Invalid value at 'message': data values and targets must be strings."}
	}
	if p := unknownField("message", request.Message, fcmMessageFields); p != nil {
		return nil, p
	}
	out := &fcmMessage{token: m.Token, topic: m.Topic, condition: m.Condition, validateOnly: request.ValidateOnly, title: m.Notification.Title, body: m.Notification.Body,
		data: m.Data, raw: request.Message}
	if len(m.Android) > 0 {
		if json.Unmarshal(m.Android, &out.android) != nil {
			return nil, &fcmProblem{"message.android", "Invalid value at 'message.android'"}
		}
		if p := unknownField("message.android", m.Android, fcmAndroidFields); p != nil {
			return nil, p
		}
	}
	return out, out.check()
}

// check keeps the rules that go beyond the shape.
func (m *fcmMessage) check() *fcmProblem {
	targets := 0
	for _, t := range []string{m.token, m.topic, m.condition} {
		if t != "" {
			targets++
		}
	}
	switch {
	case targets == 0:
		return &fcmProblem{"message", "Recipient of the message is not set."}
	case targets > 1:
		return &fcmProblem{"message", "Exactly one of token, topic and condition can be set."}
	case m.token != "" && strings.ContainsFunc(m.token, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != ':' && r != '-'
	}):
		return &fcmProblem{"message.token", "The registration token is not a valid FCM registration token"}
	case len(m.raw)-len(m.token) > maxFCMMessage:
		return &fcmProblem{"message", "Android message is too big"}
	}
	for key := range m.data {
		if key == "from" || strings.HasPrefix(key, "google") || strings.HasPrefix(key, "gcm") {
			return &fcmProblem{"message.data", "Invalid data payload key: " + key}
		}
	}
	if p := strings.ToLower(m.android.Priority); p != "" && p != "high" && p != "normal" {
		return &fcmProblem{"message.android.priority", "Invalid value at 'message.android.priority'"}
	}
	if ttl := m.android.TTL; ttl != "" {
		d, err := time.ParseDuration(ttl)
		if err != nil || !strings.HasSuffix(ttl, "s") || d < 0 || d > 28*24*time.Hour {
			return &fcmProblem{"message.android.ttl", "Invalid TTL: use seconds such as \"3.5s\", at most 28 days"}
		}
	}
	return nil
}

// unknownField refuses names that the API doesn't have, as Google does.
func unknownField(at string, object []byte, known []string) *fcmProblem {
	var fields map[string]json.RawMessage
	if json.Unmarshal(object, &fields) != nil {
		return &fcmProblem{at, "Invalid JSON payload received."}
	}
	for name := range fields {
		if !slices.Contains(known, name) {
			return &fcmProblem{at, fmt.Sprintf("Invalid JSON payload received. Unknown name %q at '%s': Cannot find field.", name, at)}
		}
	}
	return nil
}

func (m *fcmMessage) receiver() string {
	switch {
	case m.topic != "":
		return "/topics/" + m.topic
	case m.condition != "":
		return m.condition
	}
	return m.token
}

func (m *fcmMessage) delivered(name, project string, unanswered bool) Delivered {
	d := Delivered{Provider: FCM, Channel: Push, To: m.receiver(), ID: name, From: project, Title: m.title, Body: m.body, Unanswered: unanswered, Raw: m.raw}
	a := m.android
	for _, h := range []Header{{"priority", a.Priority}, {"ttl", a.TTL}, {"collapse_key", a.CollapseKey}, {"tag", a.Notification.Tag}, {"channel_id", a.Notification.ChannelID}} {
		if h.Value != "" {
			d.Headers = append(d.Headers, h)
		}
	}
	d.Title, d.Body = cmp.Or(a.Notification.Title, d.Title), cmp.Or(a.Notification.Body, d.Body)
	for k, v := range m.data { // data-only messages are shown by the app, by these names if it has them
		d.Headers = append(d.Headers, Header{"data." + k, v})
	}
	d.Title, d.Body = cmp.Or(d.Title, m.data["title"]), cmp.Or(d.Body, m.data["body"])
	slices.SortStableFunc(d.Headers, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	switch {
	case a.Notification.Tag != "":
		d.Key = "tag:" + a.Notification.Tag
	case a.CollapseKey != "":
		d.Key = "collapse:" + a.CollapseKey
	default:
		d.Key = contentKey(string(m.raw))
	}
	return d
}
