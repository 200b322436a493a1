package story

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify/sandbox"
)

const alarm = "Brandlarmet har gått. Alla barn är ute och oskadda. Kom inte hit; vi skriver igen inom 20 minuter."

// alertProgress is the head's board.
type alertProgress struct {
	ID        uuid.UUID `json:"id"`
	Guardians int       `json:"guardians"`
	Reached   int       `json:"reached"`
	Channels  []struct {
		Channel    string `json:"channel"`
		Waiting    int    `json:"waiting"`
		Sent       int    `json:"sent"`
		Suppressed int    `json:"suppressed"`
		Failed     int    `json:"failed"`
	} `json:"channels"`
}

func (s *Story) raise(ctx context.Context) (alertProgress, error) {
	var p alertProgress
	err := s.api.post(ctx, s.head.token, "/v1/office/institutions/"+s.kindergarten.String()+"/alerts",
		map[string]any{"situation": "evacuation", "text": alarm}, &p)
	return p, err
}

// board asks the head's board until nothing waits any more.
func (s *Story) board(ctx context.Context, alert uuid.UUID) (alertProgress, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var p alertProgress
		if err := s.api.get(ctx, s.head.token, "/v1/office/alerts/"+alert.String(), &p); err != nil {
			return p, err
		}
		waiting := 0
		for _, c := range p.Channels {
			waiting += c.Waiting
		}
		if waiting == 0 {
			return p, nil
		}
		select {
		case <-ctx.Done():
			return p, fmt.Errorf("expected that the alert has gone out, %d notices still wait", waiting)
		case <-tick.C:
		}
	}
}

func (p alertProgress) String() string {
	parts := make([]string, 0, len(p.Channels))
	for _, c := range p.Channels {
		parts = append(parts, fmt.Sprintf("%s %d sent, %d held back, %d failed", c.Channel, c.Sent, c.Suppressed, c.Failed))
	}
	return fmt.Sprintf("%d of %d guardians reached (%s)", p.Reached, p.Guardians, strings.Join(parts, "; "))
}

// alert is the sixth scene: a critical alert to a whole institution, by every channel, SMS included.
func (s *Story) alert(ctx context.Context) error {
	s.tell.Scene("The fire alarm: the head alerts the whole kindergarten", "V20", "B2", "B3")
	seq, began := s.local.Sandbox.LastSeq(), time.Now()
	raised, err := s.raise(ctx)
	if err != nil {
		return err
	}
	s.tell.Did(s.head.Name(), fmt.Sprintf("raises the alert; it is accepted for %d guardians once it cannot be lost any more", raised.Guardians), "B3")
	for _, g := range []*guardian{s.applicant, s.second} {
		for _, c := range []struct {
			to      string
			channel sandbox.Channel
		}{{g.device, sandbox.Push}, {g.mobile, sandbox.SMS}, {g.Email, sandbox.Email}} {
			d, err := s.receive(ctx, seq, g.Name(), c.to, c.channel, "B1")
			if err != nil {
				return err
			}
			if strings.Contains(string(d.Raw)+d.HTML+d.Body+d.Title, "Brandlarm") {
				return fmt.Errorf("expected that the %s does not carry the alert's text", c.channel)
			}
		}
	}
	took := time.Since(began)
	p, err := s.board(ctx, raised.ID)
	if err != nil {
		return err
	}
	if err := expect(p.Reached == 2 && p.Guardians == 2, "both guardians are reached, got %s", p); err != nil {
		return err
	}
	s.tell.Saw(s.head.Name(), fmt.Sprintf("%s, %.1f s after the alert was raised", p, took.Seconds()), "B2")
	var read struct{ Text string }
	if err := s.api.get(ctx, s.applicant.token, "/v1/guardian/alerts/"+raised.ID.String(), &read); err != nil {
		return err
	}
	s.tell.Saw(s.applicant.Name(), "in the app, after signing in: “"+read.Text+"”", "B1")
	return nil
}

// cutOff is the seventh scene: access is taken away while an alert is already inside the gateway.
func (s *Story) cutOff(ctx context.Context) error {
	s.tell.Scene("A guardian loses access while an alert is already on its way", "V15")
	g := s.second
	s.local.Worker.Pause()
	seq := s.local.Sandbox.LastSeq()
	raised, err := s.raise(ctx)
	if err != nil {
		s.local.Worker.Resume()
		return err
	}
	s.tell.Did(s.head.Name(), fmt.Sprintf("raises a second alert: committed for %d guardians, nothing sent yet", raised.Guardians), "B3")
	if err := s.deactivate(ctx, g); err != nil {
		s.local.Worker.Resume()
		return err
	}
	s.tell.Did(s.head.Name(), "makes "+g.Name()+" inactive in that moment", "V15")
	s.local.Worker.Resume()
	if _, err := s.receive(ctx, seq, s.applicant.Name(), s.applicant.mobile, sandbox.SMS); err != nil {
		return err
	}
	p, err := s.board(ctx, raised.ID)
	if err != nil {
		return err
	}
	theirs := sandbox.All(sandbox.After(seq), func(d sandbox.Delivered) bool { return d.To == g.device || d.To == g.mobile || d.To == g.Email })
	if err := expect(len(s.local.Sandbox.Deliveries(theirs)) == 0, "nothing left for %s", g.Name()); err != nil {
		return err
	}
	s.tell.Nothing(g.Name(), "receives nothing: no push, no e-mail, no SMS", "V15")
	s.tell.Saw(s.head.Name(), p.String(), "B2")
	_, err = s.api.call(ctx, request{method: http.MethodGet, path: "/v1/guardian/children", token: g.token}, nil)
	refused, err := refusal(err, "sign_in_required")
	if err != nil {
		return err
	}
	s.tell.Refused(g.Name(), "opens the app with the session of a minute ago", refused.Code, "V15")
	var tokens int
	if err := s.local.Admin.QueryRow(ctx, "select count(*) from notify.endpoints where address = $1 and state <> 'retired'", g.device).Scan(&tokens); err != nil {
		return err
	}
	if err := expect(tokens == 0, "the push token is dead"); err != nil {
		return err
	}
	s.tell.Nothing(g.Name(), "has a push token no more", "V15")
	return nil
}

func (s *Story) deactivate(ctx context.Context, g *guardian) error {
	active, err := s.guardianships(ctx, "active")
	if err != nil {
		return err
	}
	for _, row := range active.Items {
		if row.GuardianName != g.Name() {
			continue
		}
		path := "/v1/office/guardianships/" + row.ID.String()
		header, err := s.api.call(ctx, request{method: http.MethodGet, path: path, token: s.head.token}, nil)
		if err != nil {
			return err
		}
		_, err = s.api.call(ctx, request{
			method: http.MethodPost, path: path + "/deactivation", token: s.head.token, ifMatch: header.Get("ETag"),
			body: map[string]any{"reason": "Boendet har ändrats enligt beslut."},
		}, nil)
		return err
	}
	return fmt.Errorf("the head's list lacks %s among the active", g.Name())
}
