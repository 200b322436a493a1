package sandbox_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twilio/twilio-go"
	twclient "github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"budstikke.example/notify/sandbox"
)

const swedishNumber = "+46701740605" // from the range that the Swedish regulator keeps for fiction

// toSandbox sends requests for Twilio's host to the sandbox and remembers the last answer.
type toSandbox struct {
	base *url.URL
	via  http.RoundTripper
	last *http.Response
}

func (r *toSandbox) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host = r.base.Scheme, r.base.Host
	res, err := r.via.RoundTrip(req)
	r.last = res
	return res, err
}

func twilioClient(t *testing.T, s *sandbox.Sandbox, password string) (*twilio.RestClient, *toSandbox) {
	t.Helper()
	base, err := url.Parse(s.Addresses().Twilio)
	if err != nil {
		t.Fatal(err)
	}
	rt := &toSandbox{base: base, via: web(t, s, false).Transport}
	c := s.Credentials().Twilio
	inner := &twclient.Client{Credentials: twclient.NewCredentials(c.AccountSID, password), HTTPClient: &http.Client{Transport: rt, Timeout: 10 * time.Second}}
	inner.SetAccountSid(c.AccountSID)
	return twilio.NewRestClientWithParams(twilio.ClientParams{Client: inner}), rt
}

func sms(to, body string) *api.CreateMessageParams {
	p := &api.CreateMessageParams{}
	return p.SetTo(to).SetFrom("Budstikke").SetBody(body)
}

func TestTwilioSendsListsAndFetches(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	client, _ := twilioClient(t, s, s.Credentials().Twilio.AuthToken)
	m, err := client.Api.CreateMessage(sms(swedishNumber, "Look in the app. /Solbakken"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(*m.Sid, "SM") || len(*m.Sid) != 34 || *m.Status != "queued" || *m.NumSegments != "1" || *m.To != swedishNumber || *m.Direction != "outbound-api" {
		t.Errorf("got %+v", m)
	}
	found, err := s.Wait(within(t, 5*time.Second), 1, sandbox.To(swedishNumber))
	if err != nil || found[0].Body != "Look in the app. /Solbakken" || found[0].ID != *m.Sid || found[0].Channel != sandbox.SMS || found[0].From != "Budstikke" {
		t.Errorf("delivered %+v, %v", found, err)
	}
	listed, err := client.Api.ListMessage((&api.ListMessageParams{}).SetTo(swedishNumber))
	if err != nil || len(listed) != 1 || *listed[0].Sid != *m.Sid {
		t.Errorf("listed %d, %v", len(listed), err)
	}
	if listed, err = client.Api.ListMessage((&api.ListMessageParams{}).SetTo("+46701740699")); err != nil || len(listed) != 0 {
		t.Errorf("another number: listed %d, %v", len(listed), err)
	}
	if one, err := client.Api.FetchMessage(*m.Sid, nil); err != nil || *one.Body != *m.Body {
		t.Errorf("fetched %+v, %v", one, err)
	}
	if _, err := client.Api.FetchMessage("SM"+strings.Repeat("0", 32), nil); restCode(err) != 20404 {
		t.Errorf("unknown message: %v", err)
	}
}

func TestTwilioPages(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	client, _ := twilioClient(t, s, s.Credentials().Twilio.AuthToken)
	for i := range 5 {
		if _, err := client.Api.CreateMessage(sms(swedishNumber, strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	listed, err := client.Api.ListMessage((&api.ListMessageParams{}).SetPageSize(2))
	if err != nil || len(listed) != 5 || *listed[0].Body != "4" || *listed[4].Body != "0" {
		t.Errorf("listed %d, %v", len(listed), err)
	}
}

func restCode(err error) int {
	var rest *twclient.TwilioRestError
	if errors.As(err, &rest) {
		return rest.Code
	}
	return 0
}

func TestTwilioErrors(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{Twilio: sandbox.TwilioConfig{Countries: []string{"+46", "+47"}}})
	client, rt := twilioClient(t, s, s.Credentials().Twilio.AuthToken)
	s.MarkGone(sandbox.Twilio, time.Now(), "+46701740610")
	fault(t, s, sandbox.Twilio, sandbox.Fault{Mode: "429", Match: "+46701740611", RetryAfter: 4})
	fault(t, s, sandbox.Twilio, sandbox.Fault{Mode: sandbox.ModeAcceptThen500, Match: "+46701740612"})
	for name, tt := range map[string]struct {
		params *api.CreateMessageParams
		code   int
		status int
	}{
		"no receiver":        {sms("", "x"), 21604, 400},
		"bad receiver":       {sms("0701740605", "x"), 21211, 400},
		"no text":            {sms(swedishNumber, ""), 21602, 400},
		"long text":          {sms(swedishNumber, strings.Repeat("a", 1601)), 21617, 400},
		"no sender":          {(&api.CreateMessageParams{}).SetTo(swedishNumber).SetBody("x"), 21603, 400},
		"bad sender":         {sms(swedishNumber, "x").SetFrom("Far too long a name"), 21212, 400},
		"country":            {sms("+4512345678", "x"), 21408, 400},
		"opted out":          {sms("+46701740610", "x"), 21610, 400},
		"bad callback":       {sms(swedishNumber, "x").SetStatusCallback("nowhere"), 21609, 400},
		"too many":           {sms("+46701740611", "x"), 20429, 429},
		"500 but accepted":   {sms("+46701740612", "x"), 20500, 500},
		"unknown service id": {(&api.CreateMessageParams{}).SetTo(swedishNumber).SetBody("x").SetMessagingServiceSid("MG1"), 21705, 400},
	} {
		_, err := client.Api.CreateMessage(tt.params)
		if restCode(err) != tt.code || rt.last.StatusCode != tt.status {
			t.Errorf("%s: got %d, %v", name, rt.last.StatusCode, err)
		}
		if tt.status == 429 && rt.last.Header.Get("Retry-After") != "4" {
			t.Errorf("Retry-After is %q", rt.last.Header.Get("Retry-After"))
		}
	}
	if got := s.Deliveries(nil); len(got) != 1 || got[0].To != "+46701740612" || !got[0].Unanswered {
		t.Errorf("delivered %+v", got)
	}
	stranger, _ := twilioClient(t, s, "wrong")
	if _, err := stranger.Api.CreateMessage(sms(swedishNumber, "x")); restCode(err) != 20003 {
		t.Errorf("wrong password: %v", err)
	}
	fault(t, s, sandbox.Twilio, sandbox.Fault{Mode: sandbox.ModeHTML, Count: 1})
	if _, err := client.Api.CreateMessage(sms(swedishNumber, "x")); err == nil || restCode(err) != 0 || rt.last.StatusCode != 502 {
		t.Errorf("HTML: got %d, %v", rt.last.StatusCode, err)
	}
}

func TestTwilioSignsStatusCallbacks(t *testing.T) {
	t.Parallel()
	type call struct {
		status, code string
		valid        bool
	}
	for _, tt := range []struct {
		name    string
		service bool
		fault   string
		want    []string
	}{
		{"delivered", false, "", []string{"sent", "delivered"}},
		{"through a messaging service", true, "", []string{"queued", "sent", "delivered"}},
		{"undelivered", false, sandbox.ModeUndelivered, []string{"sent", "undelivered 30003"}},
		{"failed", false, sandbox.ModeFailed, []string{"failed 30003"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, sandbox.Config{Twilio: sandbox.TwilioConfig{CallbackDelay: time.Millisecond}})
			c := s.Credentials().Twilio
			validator := twclient.NewRequestValidator(c.AuthToken)
			calls := make(chan call, 10)
			hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				if err := r.ParseForm(); err != nil {
					t.Error(err)
				}
				form := map[string]string{}
				for k := range r.PostForm {
					form[k] = r.PostForm.Get(k)
				}
				calls <- call{r.PostForm.Get("MessageStatus"), r.PostForm.Get("ErrorCode"), validator.Validate("http://"+r.Host+r.RequestURI, form, r.Header.Get("X-Twilio-Signature"))}
			}))
			t.Cleanup(hook.Close)
			client, _ := twilioClient(t, s, c.AuthToken)
			params := sms(swedishNumber, "x").SetStatusCallback(hook.URL + "/hooks/sms?notice=7#rc=2")
			first := "queued"
			if tt.service {
				params = (&api.CreateMessageParams{}).SetTo(swedishNumber).SetBody("x").SetMessagingServiceSid(c.MessagingServiceSID).SetStatusCallback(hook.URL + "/hooks/sms?notice=7")
				first = "accepted"
			}
			if tt.fault != "" {
				fault(t, s, sandbox.Twilio, sandbox.Fault{Mode: tt.fault, Match: swedishNumber})
			}
			m, err := client.Api.CreateMessage(params)
			if err != nil || *m.Status != first {
				t.Fatalf("got %+v, %v", m, err)
			}
			var got []string
			ctx := within(t, 10*time.Second)
			for range tt.want {
				select {
				case c := <-calls:
					if !c.valid {
						t.Errorf("the signature of %s is not valid", c.status)
					}
					got = append(got, strings.TrimSpace(c.status+" "+c.code))
				case <-ctx.Done():
					t.Fatalf("only %v arrived", got)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			one, err := client.Api.FetchMessage(*m.Sid, nil)
			if last := strings.Fields(tt.want[len(tt.want)-1])[0]; err != nil || *one.Status != last {
				t.Errorf("fetched %v, %v", one, err)
			}
		})
	}
}

func TestTwilioCallsNoForeignHosts(t *testing.T) {
	t.Parallel()
	log := &syncBuffer{}
	s := start(t, sandbox.Config{Log: slog.New(slog.NewTextHandler(log, nil)), Twilio: sandbox.TwilioConfig{CallbackDelay: time.Millisecond}})
	client, _ := twilioClient(t, s, s.Credentials().Twilio.AuthToken)
	if _, err := client.Api.CreateMessage(sms(swedishNumber, "x").SetStatusCallback("http://elsewhere.example/hook")); err != nil {
		t.Fatal(err)
	}
	log.await(within(t, 5*time.Second), t, "neither loopback")
}

// syncBuffer is a log that can be waited for.
type syncBuffer struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.more != nil {
		close(b.more)
		b.more = nil
	}
	return b.text.Write(p)
}

func (b *syncBuffer) await(ctx context.Context, t *testing.T, text string) {
	t.Helper()
	for {
		b.mu.Lock()
		found := strings.Contains(b.text.String(), text)
		if b.more == nil {
			b.more = make(chan struct{})
		}
		more := b.more
		b.mu.Unlock()
		if found {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("the log never said %q", text)
		}
	}
}

func TestSegments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text     string
		n        int
		encoding string
	}{
		{"", 0, "GSM-7"},
		{strings.Repeat("å", 160), 1, "GSM-7"},
		{strings.Repeat("ø", 161), 2, "GSM-7"},
		{strings.Repeat("a", 306), 2, "GSM-7"},
		{strings.Repeat("a", 307), 3, "GSM-7"},
		{strings.Repeat("€", 80), 1, "GSM-7"},
		{strings.Repeat("€", 81), 2, "GSM-7"},
		{strings.Repeat("a", 152) + "€" + strings.Repeat("b", 152), 3, "GSM-7"}, // the escape may not be cut off: 152 + (2+151) + 1
		{strings.Repeat("í", 70), 1, "UCS-2"},
		{strings.Repeat("í", 71), 2, "UCS-2"},
		{"“Hej”", 1, "UCS-2"},
		{strings.Repeat("😀", 35), 1, "UCS-2"},
		{strings.Repeat("😀", 36), 2, "UCS-2"},
		{strings.Repeat("😀", 67), 3, "UCS-2"}, // 33 to a segment: a pair is not cut in two
	} {
		if n, encoding := sandbox.Segments(tt.text); n != tt.n || encoding != tt.encoding {
			t.Errorf("%d characters of %.4q…: got %d %s, want %d %s", len([]rune(tt.text)), tt.text, n, encoding, tt.n, tt.encoding)
		}
	}
}
