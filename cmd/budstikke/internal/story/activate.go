package story

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the provider's scheme of signing
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/register/demodata"
	"budstikke.example/notify/sandbox"
)

// list is a page of anything that has an id and names.
type list struct {
	Items []struct {
		ID           uuid.UUID `json:"id"`
		ChildID      uuid.UUID `json:"childId"`
		Name         string    `json:"name"`
		ChildName    string    `json:"childName"`
		GuardianName string    `json:"guardianName"`
		Status       string    `json:"status"`
		HasAccount   bool      `json:"hasAccount"`
	} `json:"items"`
	Next string `json:"next"`
}

// activate is the third scene: the head opens the guardianship, and only now the guardian sees the child.
func (s *Story) activate(ctx context.Context) error {
	s.tell.Scene("The head activates the guardians, one tap each", "V6", "V1")
	cast := s.demo.Cast
	head, err := s.signInStaff(ctx, cast.KindergartenHead)
	if err != nil {
		return err
	}
	s.head = head
	s.tell.Did(head.Name(), "signs in with a password and a second factor", "U5")
	var institutions list
	if err := s.api.get(ctx, head.token, "/v1/staff/institutions", &institutions); err != nil {
		return err
	}
	if err := expect(len(institutions.Items) == 1, "the head has one institution, not %d", len(institutions.Items)); err != nil {
		return err
	}
	s.kindergarten = institutions.Items[0].ID
	inactive, err := s.guardianships(ctx, "inactive")
	if err != nil {
		return err
	}
	applied := map[string]bool{}
	for _, row := range inactive.Items {
		if row.HasAccount {
			applied[row.GuardianName] = true
		}
	}
	if err := expect(len(applied) == 2 && applied[s.applicant.Name()] && applied[s.second.Name()], "the two who have applied are marked, not %d", len(applied)); err != nil {
		return err
	}
	s.tell.Saw(head.Name(), fmt.Sprintf("%d guardianships of %s wait; %d of the guardians have applied", len(inactive.Items), institutions.Items[0].Name, len(applied)), "V1")
	for _, g := range []*guardian{s.applicant, s.second} {
		if err := s.activateOne(ctx, g, inactive); err != nil {
			return err
		}
	}
	return s.reachable(ctx)
}

// guardianships reads every page of the head's list.
func (s *Story) guardianships(ctx context.Context, status string) (list, error) {
	var all list
	cursor := ""
	for {
		var page list
		path := "/v1/office/institutions/" + s.kindergarten.String() + "/guardianships?limit=100&status=" + status + cursor
		if err := s.api.get(ctx, s.head.token, path, &page); err != nil {
			return all, err
		}
		all.Items = append(all.Items, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		cursor = "&cursor=" + url.QueryEscape(page.Next)
	}
}

func (s *Story) activateOne(ctx context.Context, g *guardian, inactive list) error {
	for _, row := range inactive.Items {
		if row.GuardianName != g.Name() || row.ChildName != g.Children[0].Name() {
			continue
		}
		seq := s.local.Sandbox.LastSeq()
		path := "/v1/office/guardianships/" + row.ID.String()
		header, err := s.api.call(ctx, request{method: http.MethodGet, path: path, token: s.head.token}, nil)
		if err != nil {
			return err
		}
		tap := request{method: http.MethodPost, path: path + "/activation", token: s.head.token, ifMatch: header.Get("ETag")}
		if _, err := s.api.call(ctx, tap, nil); err != nil {
			return err
		}
		s.tell.Did(s.head.Name(), "activates "+g.Name()+" for "+row.ChildName, "V6")
		if _, err := s.receive(ctx, seq, g.Name(), g.Email, sandbox.Email, "B1"); err != nil {
			return err
		}
		var children list
		if err := s.api.get(ctx, g.token, "/v1/guardian/children", &children); err != nil {
			return err
		}
		if err := expect(len(children.Items) == 1 && children.Items[0].ID == row.ChildID, "%s sees the one child that was opened, not %d", g.Name(), len(children.Items)); err != nil {
			return err
		}
		g.child = row.ChildID
		s.tell.Saw(g.Name(), children.Items[0].Name+", and nobody else's child", "V6")
		return nil
	}
	return fmt.Errorf("the head's list lacks %s", g.Name())
}

// reachable gives both guardians a device and a mobile number; the number is proven without an SMS leaving the house.
func (s *Story) reachable(ctx context.Context) error {
	for i, g := range []*guardian{s.applicant, s.second} {
		digest := sha1.Sum([]byte(g.Name()))                             //nolint:gosec // a made-up token, nothing is protected by it
		g.device = hex.EncodeToString(append(digest[:], digest[:12]...)) // 32 bytes, as Apple's
		provider := "apns"
		if i == 1 {
			provider, g.device = "fcm", "fcm-device-"+g.device
		}
		g.mobile = fmt.Sprintf("+4670174060%d", 5+i)
		s.people[g.device], s.people[g.mobile] = g.Name(), g.Name()
		if err := s.api.put(ctx, g.token, "/v1/guardian/devices", map[string]any{"provider": provider, "token": g.device, "locale": "sv"}, nil); err != nil {
			return err
		}
		var proof struct{ Code, SendTo string }
		if err := s.api.post(ctx, g.token, "/v1/guardian/mobile", map[string]any{"number": g.mobile, "locale": "sv"}, &proof); err != nil {
			return err
		}
		if err := s.textIn(ctx, g.mobile, proof.SendTo, proof.Code); err != nil {
			return err
		}
	}
	if err := expect(len(s.local.Sandbox.Deliveries(sandbox.On(sandbox.SMS))) == 0, "no SMS was sent to verify a number"); err != nil {
		return err
	}
	s.tell.Did(s.applicant.Name()+" and "+s.second.Name(), "register their phones, and prove their numbers by sending a code in: no SMS leaves for that", "H5", "V20")
	return nil
}

// textIn plays Twilio handing in an SMS that somebody sent from their phone.
func (s *Story) textIn(ctx context.Context, from, to, text string) error {
	form := url.Values{"From": {from}, "To": {to}, "Body": {text}, "MessageSid": {"SM" + strings.Repeat("0", 32)}}
	path := "/v1/machine/twilio/inbound/" + s.municipality.String()
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	mac := hmac.New(sha1.New, []byte(s.local.Sandbox.Credentials().Twilio.AuthToken))
	mac.Write([]byte(s.local.URL + path))
	for _, name := range names {
		mac.Write([]byte(name + form.Get(name)))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.local.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	res, err := s.api.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	return expect(res.StatusCode == http.StatusNoContent, "the SMS that came in is taken, got %d", res.StatusCode)
}

// signInStaff signs a member of staff in. Their account was made when the municipality was set up.
func (s *Story) signInStaff(ctx context.Context, who demodata.Member) (*worker, error) {
	login, found := s.logins[who.Email]
	if !found {
		return nil, fmt.Errorf("%s has no account", who.Name())
	}
	var opened session
	err := s.api.post(ctx, "", "/v1/signin/staff", map[string]any{
		"municipalityId": s.municipality, "username": who.Email, "password": login.Password, "code": login.Code(time.Now()),
	}, &opened)
	return &worker{Member: who, token: opened.Token}, err
}
