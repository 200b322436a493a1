package render

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/sms"
)

var locales = []notify.Locale{notify.Bokmaal, notify.Nynorsk, notify.Danish, notify.Swedish, notify.English}

// channelsOf is where each kind may be read, from the standing rules of package notify.
func channelsOf() map[notify.Kind][]notify.Channel {
	of := map[notify.Kind][]notify.Channel{notify.KindAlertRaised: notify.CriticalChannels()}
	for _, e := range []notify.Routine{
		notify.EmailRegistered{}, notify.GuardianActivated{}, notify.MessagePosted{}, notify.AbsenceReported{},
		notify.ReviewDue{}, notify.ApplicationDecided{}, notify.ApplicationsWaiting{}, notify.ReviewOverdue{}, notify.SecretDue{}, notify.SignInChanged{}, notify.InstitutionWithoutHead{}, notify.AccessOpened{}, notify.RevisionDue{}, notify.RevisionOverdue{},
		notify.HeldChangesWaiting{}, notify.ProofDue{}, notify.PartnerWithoutSponsor{}, notify.ClearanceGranted{}, notify.LiftingProposed{}, notify.LiftingLapsed{}, notify.HeadRestricted{}, notify.TrainingOverdue{},
	} {
		of[e.Kind()] = notify.RoutineChannelsOf(e).List()
	}
	return of
}

func testLinks() Links {
	return Links{
		PublicURL:    "https://foresatt.nordre-eksempel.example",
		ConfirmToken: func(e uuid.UUID) string { return "confirm-" + e.String() },
	}
}

func delivery(k notify.Kind, l notify.Locale, c notify.Channel) notify.Delivery {
	urgency, _ := notify.KindUrgency(k)
	return notify.Delivery{
		ID: uuid.New(), Event: uuid.New(), Person: uuid.New(), Endpoint: uuid.New(), Subject: uuid.New(),
		Kind: k, Urgency: urgency, Locale: l, Channel: c, Address: "guardian@example.com",
	}
}

// every calls f for each notice that can leave.
func every(t *testing.T, f func(t *testing.T, d notify.Delivery, w notify.Words)) {
	t.Helper()
	for kind, channels := range channelsOf() {
		for _, channel := range channels {
			for _, locale := range locales {
				t.Run(fmt.Sprintf("%s.%s.%s", kind, locale, channel), func(t *testing.T) {
					t.Parallel()
					d := delivery(kind, locale, channel)
					w, err := Render(d, testLinks())
					if err != nil {
						t.Fatalf("Render: %v", err)
					}
					f(t, d, w)
				})
			}
		}
	}
}

func TestEveryNoticeHasWords(t *testing.T) {
	t.Parallel()
	every(t, func(t *testing.T, d notify.Delivery, w notify.Words) {
		if w.Title == "" || w.Text == "" || len(w.Title) > 60 {
			t.Errorf("title %q, text %q", w.Title, w.Text)
		}
		if strings.Contains(w.Title+w.Text+w.HTML, "{{") || strings.Contains(w.Text, "@link") || strings.Contains(w.Text, "@token") {
			t.Errorf("a directive was not carried out: %q", w.Text)
		}
		if got := w.HTML != ""; got != (d.Channel == notify.ChannelEmail) {
			t.Errorf("HTML present: %v", got)
		}
		want := "https://foresatt.nordre-eksempel.example/open/" + string(d.Kind) + "/" + d.Subject.String()
		if d.Kind == notify.KindEmailRegistered {
			want = "https://foresatt.nordre-eksempel.example/confirm-email#confirm-" + d.Endpoint.String()
		}
		if w.Link != want {
			t.Errorf("link %q, want %q", w.Link, want)
		}
	})
}

// The languages are really different, title and text: a copied file would greet a Dane in Swedish.
func TestNoLanguageIsACopy(t *testing.T) {
	t.Parallel()
	for kind, channels := range channelsOf() {
		for _, channel := range channels {
			seen := map[string]notify.Locale{}
			for _, locale := range locales {
				d := delivery(kind, locale, channel)
				d.Subject, d.Endpoint = uuid.Nil, uuid.Nil
				w, err := Render(d, testLinks())
				if err != nil {
					t.Fatalf("%s.%s.%s: %v", kind, locale, channel, err)
				}
				if other, twice := seen[w.Text]; twice {
					t.Errorf("%s.%s: %s and %s have the same text", kind, channel, other, locale)
				}
				seen[w.Text] = locale
			}
		}
	}
}

// B1: what a template is given has no field that could carry content, and no template file is left over for a channel that its kind may
// not use (V20: there is no routine text message).
func TestTemplatesCannotCarryContent(t *testing.T) {
	t.Parallel()
	allowed := map[string]bool{"Link": true, "Token": true}
	for f := range reflect.TypeFor[data]().Fields() {
		if !allowed[f.Name] || f.Type.Kind() != reflect.String {
			t.Errorf("templates are given %s %s (B1)", f.Name, f.Type)
		}
	}
	want := 0
	for kind, channels := range channelsOf() {
		for _, channel := range channels {
			for _, locale := range locales {
				want++
				if _, ok := notices[key{kind, locale, channel}]; !ok {
					t.Errorf("no template for %s.%s.%s", kind, locale, channel)
				}
			}
		}
	}
	if len(notices) != want {
		t.Errorf("%d templates, want %d: one belongs to a channel that its kind may not use", len(notices), want)
	}
}

// B1: the words of two deliveries that differ in everything personal are the same but for the link.
func TestWordsDependOnLinkOnly(t *testing.T) {
	t.Parallel()
	every(t, func(t *testing.T, d notify.Delivery, w notify.Words) {
		other := delivery(d.Kind, d.Locale, d.Channel)
		other.Subject, other.Endpoint = d.Subject, d.Endpoint
		other.Address, other.Municipality = "another@example.com", uuid.New()
		again, err := Render(other, testLinks())
		if err != nil {
			t.Fatal(err)
		}
		if again != w {
			t.Errorf("words depend on more than the link:\n%q\n%q", w, again)
		}
		for _, secret := range []string{d.Address, d.Person.String(), d.Event.String(), d.ID.String()} {
			if strings.Contains(w.Title+w.Text+w.HTML, secret) {
				t.Errorf("words hold %q", secret)
			}
		}
	})
}

func TestSMSIsOneSegment(t *testing.T) {
	t.Parallel()
	links := testLinks()
	links.PublicURL = "https://" + strings.Repeat("a", 28) + ".example" // 44 characters, the promised limit
	for _, locale := range locales {
		w, err := Render(delivery(notify.KindAlertRaised, locale, notify.ChannelSMS), links)
		if err != nil {
			t.Fatal(err)
		}
		if got := sms.Measure(w.Text); got.Encoding != sms.GSM7 || got.Segments != 1 {
			t.Errorf("%s: %+v for %q", locale, got, w.Text)
		}
		if !strings.Contains(w.Text, w.Link) {
			t.Errorf("%s: the text %q does not say where to look", locale, w.Text)
		}
	}
}

// An alert says in every language that it is urgent and safe to open.
func TestAlertsSayUrgentAndSafe(t *testing.T) {
	t.Parallel()
	words := map[notify.Locale][2]string{
		notify.Bokmaal: {"haste", "trygg å åpne"}, notify.Nynorsk: {"hasta", "trygg å opne"}, notify.Danish: {"haste", "sikker at åbne"},
		notify.Swedish: {"brådskande", "säkert att öppna"}, notify.English: {"urgent", "safe to open"},
	}
	for locale, want := range words {
		for _, channel := range []notify.Channel{notify.ChannelSMS, notify.ChannelPush, notify.ChannelEmail} {
			w, err := Render(delivery(notify.KindAlertRaised, locale, channel), testLinks())
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ToLower(w.Text)
			for _, word := range want {
				if !strings.Contains(text, word) {
					t.Errorf("%s.%s: %q does not say %q", locale, channel, w.Text, word)
				}
			}
		}
	}
}

// A notice promises nothing that the program does not have: there are no settings for how one is told yet (B1), so no mail speaks of them.
func TestNoNoticeSpeaksOfSettings(t *testing.T) {
	t.Parallel()
	every(t, func(t *testing.T, _ notify.Delivery, w notify.Words) {
		for _, promise := range []string{"velger", "vel sjølv", "vælger", "väljer", "choose", "innstilling", "indstilling", "inställning", "setting"} {
			if strings.Contains(strings.ToLower(w.Title+w.Text+w.HTML), promise) {
				t.Errorf("the notice says %q: %s", promise, w.Text)
			}
		}
	})
}

// Nothing in a mail is fetched from elsewhere: no image, no font, no script, and one link only.
func TestMailsFetchNothing(t *testing.T) {
	t.Parallel()
	every(t, func(t *testing.T, d notify.Delivery, w notify.Words) {
		for _, bad := range []string{"<img", "src=", "url(", "@import", "<script", "<link", "http-equiv"} {
			if strings.Contains(w.HTML, bad) {
				t.Errorf("HTML holds %q", bad)
			}
		}
		if d.Channel == notify.ChannelEmail {
			if n := strings.Count(w.HTML, `href="https://foresatt.nordre-eksempel.example/`); n != 2 || strings.Count(w.HTML, "href=") != 2 {
				t.Errorf("%d links to the app of %d", n, strings.Count(w.HTML, "href="))
			}
			if !strings.Contains(w.HTML, `<html lang="`+string(d.Locale)+`">`) || !strings.Contains(w.HTML, "prefers-color-scheme: dark") {
				t.Error("HTML lacks its language or its dark colours")
			}
		}
	})
}

func TestHTMLEscapes(t *testing.T) {
	t.Parallel()
	_, n, err := parse("x.en.email.tmpl", "Title <b>&\n\nWords {{.Link}} <i>\n\n@link Open <now>\n\n@token")
	if err != nil {
		t.Fatal(err)
	}
	w, err := n.words(notify.English, notify.ChannelEmail, data{Link: `javascript:alert("1")`, Token: `"><script>`})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<b>", "<i>", "<now>", "<script>", `href="javascript`} {
		if strings.Contains(w.HTML, bad) {
			t.Errorf("HTML holds %q unescaped", bad)
		}
	}
	if !strings.Contains(w.HTML, "Title &lt;b&gt;&amp;") {
		t.Error("the title is missing or escaped twice")
	}
}

// H3: the code to paste is in the text and in the HTML, and only behind "#" in the link.
func TestConfirmationShowsItsCode(t *testing.T) {
	t.Parallel()
	d := delivery(notify.KindEmailRegistered, notify.Danish, notify.ChannelEmail)
	links := testLinks()
	links.ConfirmToken = func(uuid.UUID) string { return "a b/c" }
	w, err := Render(d, links)
	if err != nil {
		t.Fatal(err)
	}
	if w.Link != links.PublicURL+"/confirm-email#a%20b/c" {
		t.Errorf("link %q", w.Link)
	}
	if !strings.Contains(w.Text, "\na b/c\n") || !strings.Contains(w.HTML, "<code>a b/c</code>") {
		t.Errorf("the code cannot be pasted from %q", w.Text)
	}
}

func TestRenderRefuses(t *testing.T) {
	t.Parallel()
	if _, err := Render(delivery(notify.KindMessagePosted, notify.Swedish, notify.ChannelSMS), testLinks()); !errors.Is(err, ErrNoWords) {
		t.Errorf("a routine text message has words: %v (V20)", err)
	}
	if _, err := Render(delivery("newsletter", notify.Swedish, notify.ChannelEmail), testLinks()); !errors.Is(err, ErrNoWords) {
		t.Errorf("an unknown kind has words: %v", err)
	}
	if _, err := Render(delivery(notify.KindMessagePosted, "fi", notify.ChannelEmail), testLinks()); !errors.Is(err, ErrNoWords) {
		t.Errorf("an unknown language has words: %v", err)
	}
	d := delivery(notify.KindEmailRegistered, notify.Swedish, notify.ChannelEmail)
	for name, links := range map[string]Links{
		"no address":        {ConfirmToken: testLinks().ConfirmToken},
		"plain http":        {PublicURL: "http://budstikke.example", ConfirmToken: testLinks().ConfirmToken},
		"query":             {PublicURL: "https://budstikke.example?x=1", ConfirmToken: testLinks().ConfirmToken},
		"slash":             {PublicURL: "https://budstikke.example/", ConfirmToken: testLinks().ConfirmToken},
		"no way to confirm": {PublicURL: "https://budstikke.example"},
		"empty token":       {PublicURL: "https://budstikke.example", ConfirmToken: func(uuid.UUID) string { return "" }},
	} {
		if _, err := Render(d, links); err == nil || errors.Is(err, ErrNoWords) {
			t.Errorf("%s: Render = %v, want an error about the links", name, err)
		}
	}
	if err := (Links{PublicURL: "http://127.0.0.1:8080"}).Check(); err != nil {
		t.Errorf("loopback without TLS: %v", err)
	}
}

func TestParseRefusesBrokenTemplates(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][2]string{
		"name":         {"message_posted.sv.tmpl", "Title\n\nText"},
		"no text":      {"message_posted.sv.push.tmpl", "Title\n"},
		"bad action":   {"message_posted.sv.push.tmpl", "Title\n\n{{.Link"},
		"wrong ending": {"message_posted.sv.push.txt", "Title\n\nText"},
	} {
		if _, _, err := parse(file[0], file[1]); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	_, n, err := parse("message_posted.sv.push.tmpl", "Title\n\n{{.Child}}")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.words(notify.Swedish, notify.ChannelPush, data{}); err == nil {
		t.Error("a template that asks for a child gets one (B1)")
	}
}

// What is kept of one notice is never said in another: neither of another subject or language, nor at another address, nor a confirmation to somebody else.
func TestKeptWordsAreOfTheSameNoticeOnly(t *testing.T) {
	t.Parallel()
	every(t, func(t *testing.T, d notify.Delivery, w notify.Words) {
		other := d
		other.ID, other.Person, other.Subject, other.Endpoint = uuid.New(), uuid.New(), uuid.New(), uuid.New()
		for range 4 { // all of them together are more than is kept
			x := other
			x.Subject = uuid.New()
			if _, err := Render(x, testLinks()); err != nil {
				t.Fatal(err)
			}
		}
		theirs, err := Render(other, testLinks())
		if err != nil {
			t.Fatal(err)
		}
		ours, err := Render(d, testLinks())
		if err != nil {
			t.Fatal(err)
		}
		if ours != w || theirs.Link == w.Link || strings.Contains(theirs.Text+theirs.HTML, d.Subject.String()) || strings.Contains(theirs.Text+theirs.HTML, d.Endpoint.String()) {
			t.Errorf("%+v and then %+v of one notice, %+v of the other", w, ours, theirs)
		}
		written.RLock()
		kept, known := written.words[text{key{d.Kind, d.Locale, d.Channel}, d.Subject, testLinks().PublicURL}]
		size := len(written.words)
		written.RUnlock()
		if secret := d.Kind == notify.KindEmailRegistered; size > writtenMost || known && kept != w || known && secret {
			t.Errorf("%d texts are kept; of this one: %v, %+v", size, known, kept)
		}
		moved := testLinks()
		moved.PublicURL = "https://other.example"
		if there, err := Render(d, moved); err != nil || !strings.HasPrefix(there.Link, moved.PublicURL) {
			t.Errorf("%q, %v at another address", there.Link, err)
		}
	})
}

// What was put into words a moment ago is not put into words again.
func TestWordsAreKept(t *testing.T) {
	made := 0
	of := text{key{notify.KindAlertRaised, notify.Bokmaal, notify.ChannelPush}, uuid.New(), "https://kept.example"}
	for range 2 {
		words, err := again(of, func() (notify.Words, error) { made++; return notify.Words{Title: "once"}, nil })
		if err != nil || words.Title != "once" {
			t.Fatalf("%+v, %v", words, err)
		}
	}
	if made != 1 {
		t.Errorf("put into words %d times", made)
	}
}
