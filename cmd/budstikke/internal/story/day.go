package story

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"budstikke.example/app"
	"budstikke.example/notify/sandbox"
)

const (
	sensitiveNote = "Hon har fått diagnosen epilepsi och tar Lamotrigin varje dag."
	question      = "Kan hon ta med cykeln på fredag?"
	answer        = "Ja, vi cyklar tillsammans efter lunch. Glöm inte hjälmen!"
)

// reportAbsence is the fourth scene: an absence, and a note that says more than it should.
func (s *Story) reportAbsence(ctx context.Context) error {
	s.tell.Scene("The guardian reports an absence, and is warned before sensitive words are stored", "V17", "B4")
	g := s.applicant
	leader, err := s.signInStaff(ctx, s.demo.Cast.KindergartenLeader)
	if err != nil {
		return err
	}
	s.leader = leader
	zone, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		return err
	}
	today := time.Now().In(zone).Format(time.DateOnly)
	report := map[string]any{"startsOn": today, "endsOn": today, "reason": "illness", "note": sensitiveNote, "locale": "sv"}
	path := "/v1/guardian/children/" + g.child.String() + "/absences"
	_, err = s.api.call(ctx, request{method: http.MethodPost, path: path, token: g.token, body: report}, nil)
	warning, err := refusal(err, "sensitivity_confirmation_required")
	if err != nil {
		return err
	}
	if err := expect(warning.Review != nil && len(warning.Review.Findings) > 0, "the warning says what it found"); err != nil {
		return err
	}
	s.tell.Did(g.Name(), "writes the note “"+sensitiveNote+"”")
	for _, f := range warning.Review.Findings {
		var marked []string
		for _, span := range f.Spans {
			marked = append(marked, "“"+string([]rune(sensitiveNote)[span.StartRune:span.EndRune])+"”")
		}
		s.tell.Saw(g.Name(), "a warning that marks "+strings.Join(marked, ", ")+" ("+f.Category+"): "+f.Reason+" "+f.Advice, "B4")
	}
	if err := s.expectAbsences(ctx, today, 0); err != nil {
		return err
	}
	s.tell.Saw(leader.Name(), "nothing yet: the warning came before anything was stored", "V17")

	seq := s.local.Sandbox.LastSeq()
	report["acknowledgement"] = warning.Review.Acknowledgement
	var absence struct {
		ID string `json:"id"`
	}
	header, err := s.api.call(ctx, request{method: http.MethodPost, path: path, token: g.token, body: report}, &absence)
	if err != nil {
		return err
	}
	s.tell.Did(g.Name(), "sends it all the same")
	for _, c := range []struct {
		to      string
		channel sandbox.Channel
	}{{s.second.device, sandbox.Push}, {s.second.Email, sandbox.Email}} {
		if _, err := s.receive(ctx, seq, s.second.Name(), c.to, c.channel, "B11", "B1"); err != nil {
			return err
		}
	}
	if err := s.expectAbsences(ctx, today, 1); err != nil {
		return err
	}
	remove := request{method: http.MethodDelete, path: "/v1/guardian/absences/" + absence.ID + "/note", token: g.token, ifMatch: header.Get("ETag")}
	if _, err := s.api.call(ctx, remove, nil); err != nil {
		return err
	}
	var left int
	if err := s.local.Admin.QueryRow(ctx, "select count(*) from app.absences where note <> ''").Scan(&left); err != nil {
		return err
	}
	if err := expect(left == 0, "the note is gone from the database"); err != nil {
		return err
	}
	s.tell.Did(g.Name(), "is called, and deletes the note: it is gone, the absence stays", "V17")
	return nil
}

// expectAbsences reads the leader's list of the day; a flagged note says what to do.
func (s *Story) expectAbsences(ctx context.Context, day string, want int) error {
	var away struct {
		Items []struct {
			ChildName     string `json:"childName"`
			Reason        string `json:"reason"`
			NoteSensitive bool   `json:"noteSensitive"`
			ToDo          string `json:"toDo"`
		} `json:"items"`
	}
	path := "/v1/staff/institutions/" + s.kindergarten.String() + "/absences?date=" + day
	if err := s.api.get(ctx, s.leader.token, path, &away); err != nil {
		return err
	}
	if err := expect(len(away.Items) == want, "%d children are away, not %d", want, len(away.Items)); err != nil {
		return err
	}
	for _, a := range away.Items {
		if err := expect(a.NoteSensitive && a.ToDo == app.AskToDeleteNote("sv"), "the sensitive note is flagged, and what to do is said in Swedish"); err != nil {
			return err
		}
		s.tell.Saw(s.leader.Name(), fmt.Sprintf("%s is away (%s), with a flag on the note: %s", a.ChildName, a.Reason, a.ToDo), "V17")
	}
	return nil
}

// talk is the fifth scene: home and institution write to each other, and nobody else learns what.
func (s *Story) talk(ctx context.Context) error {
	s.tell.Scene("Guardian and staff exchange messages; the notices say nothing of them", "V19", "V20", "B1")
	g := s.applicant
	var message struct {
		ConversationID string `json:"conversationId"`
	}
	if err := s.api.post(ctx, g.token, "/v1/guardian/conversations", map[string]any{"childId": g.child, "text": question, "locale": "sv"}, &message); err != nil {
		return err
	}
	s.tell.Did(g.Name(), "writes: “"+question+"”", "V19")
	path := "/v1/staff/conversations/" + message.ConversationID + "/messages"
	var read struct {
		Items []struct{ Text, Author string } `json:"items"`
	}
	if err := s.api.get(ctx, s.leader.token, path, &read); err != nil {
		return err
	}
	if err := expect(len(read.Items) == 1 && read.Items[0].Text == question, "the staff read the message"); err != nil {
		return err
	}
	s.tell.Saw(s.leader.Name(), "“"+read.Items[0].Text+"” from "+read.Items[0].Author)

	seq := s.local.Sandbox.LastSeq()
	if err := s.api.post(ctx, s.leader.token, path, map[string]any{"text": answer, "announceBy": []string{"email", "push"}, "locale": "sv"}, nil); err != nil {
		return err
	}
	s.tell.Did(s.leader.Name(), "answers: “"+answer+"”")
	for _, way := range []struct { // in this order, whichever comes first: the story is the same each time
		to      string
		channel sandbox.Channel
	}{{g.Email, sandbox.Email}, {g.device, sandbox.Push}} {
		d, err := s.receive(ctx, seq, g.Name(), way.to, way.channel, "V20", "B1")
		if err != nil {
			return err
		}
		for _, word := range []string{"cykl", "hjälm", g.GivenName, g.FamilyName, g.Children[0].GivenName, "Ekorren", s.leader.FamilyName} {
			if strings.Contains(string(d.Raw)+d.HTML+d.Body+d.Title, word) {
				return fmt.Errorf("expected that the %s says nothing of the content, but it has %q in it", way.channel, word)
			}
		}
	}
	other := sandbox.All(sandbox.After(seq), func(d sandbox.Delivered) bool { return d.To != g.Email && d.To != g.device })
	if err := expect(len(s.local.Sandbox.Deliveries(other)) == 0, "nobody else is told"); err != nil {
		return err
	}
	_, err := s.api.call(ctx, request{
		method: http.MethodGet, path: "/v1/guardian/conversations/" + message.ConversationID + "/messages", token: s.second.token,
	}, nil)
	p, err := refusal(err, "not_found")
	if err != nil {
		return err
	}
	s.tell.Refused(s.second.Name()+", the other guardian", "opens this thread", p.Code, "B11")
	return s.refuseSMS(ctx, path)
}

// refuseSMS tries to announce the same message by SMS, at each of the three places that refuse it.
func (s *Story) refuseSMS(ctx context.Context, path string) error {
	_, err := s.api.call(ctx, request{method: http.MethodPost, path: path, token: s.leader.token, body: map[string]any{"text": answer, "announceBy": []string{"sms"}}}, nil)
	p, err := refusal(err, "sms_only_for_critical")
	if err != nil {
		return err
	}
	s.tell.Refused(s.leader.Name(), "asks the API to announce the message by SMS", p.Code, "V20")
	constraint, err := s.smuggleSMS(ctx)
	if err != nil {
		return err
	}
	s.tell.Refused("The database's own administrator", "writes an SMS for it into the tables by hand", constraint, "V20")
	word, err := typesRefuse()
	if err != nil {
		return err
	}
	s.tell.Refused("A developer", "writes code that sends it by SMS", word, "V20")
	return nil
}

var errSmuggled = errors.New("expected that the database refuses an SMS for a message, but it took it")
