package push

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
)

const (
	// The first 32 hexadecimal digits of SHA-256 over the event's and the person's id.
	testDedupe    = "7458f94794c5d3ce91dd8afa25fade98"
	criticalAPNs  = `{"aps":{"alert":{"title":"Urgent: open now","body":"There is an important notice for you."},"sound":"default","interruption-level":"time-sensitive"},"kind":"alert_raised","event":"01900000-0000-7000-8000-000000000002","subject":"01900000-0000-7000-8000-000000000003","link":"/open/alert_raised/01900000-0000-7000-8000-000000000003","dedupe":"` + testDedupe + `"}`
	entitledAPNs  = `{"aps":{"alert":{"title":"Urgent: open now","body":"There is an important notice for you."},"sound":{"critical":1,"name":"default","volume":1},"interruption-level":"critical"},"kind":"alert_raised","event":"01900000-0000-7000-8000-000000000002","subject":"01900000-0000-7000-8000-000000000003","link":"/open/alert_raised/01900000-0000-7000-8000-000000000003","dedupe":"` + testDedupe + `"}`
	routineAPNs   = `{"aps":{"alert":{"title":"New message","body":"There is a message for you to read."},"sound":"default","interruption-level":"active"},"kind":"message_posted","event":"01900000-0000-7000-8000-000000000002","subject":"01900000-0000-7000-8000-000000000003","link":"/open/message_posted/x","dedupe":"` + testDedupe + `"}`
	criticalFCM   = `{"data":{"dedupe":"` + testDedupe + `","event":"01900000-0000-7000-8000-000000000002","kind":"alert_raised","link":"/open/alert_raised/01900000-0000-7000-8000-000000000003","subject":"01900000-0000-7000-8000-000000000003"},"notification":{"title":"Urgent: open now","body":"There is an important notice for you."},"android":{"ttl":"14400s","collapse_key":"critical-2","priority":"high","notification":{"notification_priority":"PRIORITY_MAX","visibility":"PUBLIC","tag":"` + testDedupe + `","channel_id":"critical"}},"token":"00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"}`
	routineFCM    = `{"data":{"dedupe":"` + testDedupe + `","event":"01900000-0000-7000-8000-000000000002","kind":"message_posted","link":"/open/message_posted/x","subject":"01900000-0000-7000-8000-000000000003"},"notification":{"title":"New message","body":"There is a message for you to read."},"android":{"ttl":"259200s","collapse_key":"routine","priority":"normal","notification":{"notification_priority":"PRIORITY_DEFAULT","visibility":"PUBLIC","tag":"` + testDedupe + `","channel_id":"routine"}},"token":"00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"}`
	criticalBrows = `{"title":"Urgent: open now","body":"There is an important notice for you.","kind":"alert_raised","event":"01900000-0000-7000-8000-000000000002","subject":"01900000-0000-7000-8000-000000000003","link":"/open/alert_raised/01900000-0000-7000-8000-000000000003","dedupe":"` + testDedupe + `"}`
)

// What leaves is fixed to the byte for each provider: nothing can be added without this test being changed (B1).
func TestPayloadsToTheByte(t *testing.T) {
	t.Parallel()
	apns := func(p notify.Push, entitled bool) string {
		n, err := buildAPNs(p, "example.budstikke.app", entitled)
		if err != nil {
			t.Fatal(err)
		}
		return string(n.Payload.([]byte))
	}
	fcm := func(p notify.Push) string {
		body, err := json.Marshal(buildFCM(p, FCMConfig{Channel: "routine", CriticalChannel: "critical"}, testNow))
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	web, err := buildWebPush(testPush(), testNow)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ got, want string }{
		"APNs critical":          {apns(testPush(), false), criticalAPNs},
		"APNs critical entitled": {apns(testPush(), true), entitledAPNs},
		"APNs routine":           {apns(routinePush(), true), routineAPNs},
		"FCM critical":           {fcm(testPush()), criticalFCM},
		"FCM routine":            {fcm(routinePush()), routineFCM},
		"web push":               {string(web.body), criticalBrows},
	} {
		if c.got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, c.got, c.want)
		}
	}
}

// Passive routine pushes light up no screen; APNs gets neither sound nor level for them.
func TestAPNsPassive(t *testing.T) {
	t.Parallel()
	p := routinePush()
	p.Delivery.Kind = notify.KindGuardianActivated
	n, err := buildAPNs(p, "t", false)
	if err != nil {
		t.Fatal(err)
	}
	var body apnsPayload
	if err := json.Unmarshal(n.Payload.([]byte), &body); err != nil {
		t.Fatal(err)
	}
	if body.Aps.InterruptionLevel != "passive" || body.Aps.Sound != nil {
		t.Errorf("aps is %+v", body.Aps)
	}
}

// B1: the type of what leaves has exactly these fields.
func TestContentIsClosed(t *testing.T) {
	t.Parallel()
	want := []string{"Title", "Body", "Kind", "Event", "Subject", "Link", "Dedupe"}
	var got []string
	for f := range reflect.TypeFor[Content]().Fields() {
		got = append(got, f.Name)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Content has %v, want %v (B1)", got, want)
	}
}

func TestCollapseIDIsPerEventAndPerson(t *testing.T) {
	t.Parallel()
	d := testPush().Delivery
	retry := d
	retry.Attempt, retry.Fence, retry.ID, retry.Endpoint = 7, 9, uuid.New(), uuid.New()
	if collapseID(d) != collapseID(retry) {
		t.Error("another attempt or device changes the collapse id: a duplicate would be seen")
	}
	event, person := d, d
	event.Event, person.Person = uuid.New(), uuid.New()
	if collapseID(d) == collapseID(event) || collapseID(d) == collapseID(person) {
		t.Error("two events, or two people, share a collapse id: one push would hide the other")
	}
	if n := len(collapseID(d)); n > 32 {
		t.Errorf("the collapse id has %d characters, a Topic may have 32", n)
	}
}

// FCM keeps at most four collapse keys per device and drops any of the others: critical pushes must never compete with routine ones.
func TestFCMUsesAtMostFourCollapseKeys(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for range 500 {
		critical, routine := testPush().Delivery, routinePush().Delivery
		critical.Event, routine.Event = uuid.New(), uuid.New()
		keys[fcmCollapseKey(critical)] = true
		if fcmCollapseKey(routine) != "routine" {
			t.Fatalf("a routine push has key %q", fcmCollapseKey(routine))
		}
	}
	if len(keys) != 3 || keys["routine"] {
		t.Errorf("critical pushes use %v", keys)
	}
}

func TestLifetime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expires time.Time
		want    time.Duration
	}{
		"some hours":   {testNow.Add(4 * time.Hour), 4 * time.Hour},
		"half seconds": {testNow.Add(1500 * time.Millisecond), time.Second},
		"over":         {testNow.Add(-time.Second), 0},
		"unknown":      {time.Time{}, 0},
		"very long":    {testNow.Add(365 * 24 * time.Hour), 28 * 24 * time.Hour},
	} {
		if got := lifetime(notify.Delivery{ExpiresAt: c.expires}, testNow); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// A link's fragment can be a secret, and its host is none of the provider's business.
func TestLinkPath(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"https://budstikke.example/open/x/1":             "/open/x/1",
		"https://budstikke.example/confirm-email#secret": "/confirm-email",
		"https://budstikke.example/a?b=secret":           "/a",
		"https://budstikke.example":                      "/",
		"::":                                             "/",
		"":                                               "/",
	} {
		if got := linkPath(link); got != want {
			t.Errorf("linkPath(%q) = %q, want %q", link, got, want)
		}
	}
}
