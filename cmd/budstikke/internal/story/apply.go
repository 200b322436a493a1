package story

import (
	"context"
	"fmt"
	"reflect"
	"regexp"

	"budstikke.example/app/register/demodata"
	"budstikke.example/notify/sandbox"
)

type session struct {
	Token string `json:"token"`
	Kind  string `json:"kind"`
}

// progress is how a BankID sign-in stands.
type progress struct {
	Status  string   `json:"status"`
	Text    string   `json:"text"`
	Hint    string   `json:"hint"`
	Session *session `json:"session"`
}

// bankID signs somebody in with BankID: the app asks, the person signs in the sandbox's BankID app, the app collects.
func (s *Story) bankID(ctx context.Context, who demodata.Member) (progress, error) {
	var order struct {
		Holder string `json:"holder"`
		QR     string `json:"qr"`
	}
	if err := s.api.post(ctx, "", "/v1/signin/bankid", map[string]any{"municipalityId": s.municipality}, &order); err != nil {
		return progress{}, err
	}
	pending, err := s.local.Sandbox.OrderByQR(order.QR)
	if err != nil {
		return progress{}, err
	}
	person := sandbox.Person{PersonalNumber: who.Number.Digits(), GivenName: who.GivenName, Surname: who.FamilyName}
	if err := s.local.Sandbox.CompleteOrder(pending.OrderRef, person); err != nil {
		return progress{}, err
	}
	var p progress
	err = s.api.post(ctx, "", "/v1/signin/bankid/collect", map[string]any{"holder": order.Holder, "locale": "sv"}, &p)
	return p, err
}

var confirmToken = regexp.MustCompile(`bec_[A-Za-z0-9_-]+`)

// apply is the second scene: a guardian applies for an account, and those who cannot get one and the same answer.
func (s *Story) apply(ctx context.Context) error {
	s.tell.Scene("A guardian applies for an account with BankID", "H1", "H2", "H3", "H7", "H11", "H12")
	cast := s.demo.Cast
	var err error
	if s.applicant, err = s.openAccount(ctx, cast.Applicant, true); err != nil {
		return err
	}
	again, err := s.bankID(ctx, cast.Applicant)
	if err != nil {
		return err
	}
	if err := expect(again.Status == "signed_in" && again.Session != nil && again.Session.Kind == "guardian", "a second application leads to the account, got %s", again.Status); err != nil {
		return err
	}
	s.tell.Did(cast.Applicant.Name(), "applies a second time and is led to the account that exists", "H2")

	seq := s.local.Sandbox.LastSeq()
	var first progress
	for i, who := range []struct {
		demodata.Member
		why string
	}{
		{cast.Stranger, "whom no register knows"},
		{cast.Contact, "who is listed with a child but has no parental responsibility"},
		{cast.Protected, "who has a protected identity"},
	} {
		p, err := s.bankID(ctx, who.Member)
		if err != nil {
			return err
		}
		if i == 0 {
			first = p
		}
		if err := expect(p.Status == "contact_institution" && reflect.DeepEqual(p, first), "%s gets the same neutral answer, got %+v", who.why, p); err != nil {
			return err
		}
		s.tell.Refused(who.Name()+", "+who.why, "applies: “"+p.Text+"”", p.Status, "H7", "H11")
	}
	if err := s.quiet(seq); err != nil {
		return err
	}
	s.second, err = s.openAccount(ctx, cast.SecondGuardian, false)
	return err
}

// openAccount takes somebody through the whole application.
func (s *Story) openAccount(ctx context.Context, who demodata.Member, aloud bool) (*guardian, error) {
	name := who.Name()
	did := func(what string, rules ...string) {
		if aloud {
			s.tell.Did(name, what, rules...)
		}
	}
	p, err := s.bankID(ctx, who)
	if err != nil {
		return nil, err
	}
	if err := expect(p.Status == "application" && p.Session != nil, "%s may apply, got %q", name, p.Status); err != nil {
		return nil, err
	}
	did("signs in with BankID and may apply: a legal guardian in the register", "H1", "H11")
	applicant := p.Session.Token

	seq := s.local.Sandbox.LastSeq()
	s.people[who.Email] = name
	var application struct {
		EmailConfirmed bool   `json:"emailConfirmed"`
		TermsVersion   string `json:"termsVersion"`
	}
	if err := s.api.put(ctx, applicant, "/v1/signin/application/email", map[string]any{"email": who.Email, "locale": "sv"}, &application); err != nil {
		return nil, err
	}
	did("registers the address "+who.Email, "H3")
	mail, err := s.arrived(ctx, seq, who.Email, sandbox.Email, 1)
	if err != nil {
		return nil, err
	}
	if aloud {
		s.tell.Received(name, "email", mail.Title, mail.Body, "H3", "B1")
		if _, err := s.api.call(ctx, request{method: "POST", path: "/v1/signin/application/submission", token: applicant}, nil); err == nil {
			return nil, fmt.Errorf("expected that an unconfirmed address is refused")
		} else if p, err := refusal(err, "email_not_confirmed"); err != nil {
			return nil, err
		} else {
			s.tell.Refused(name, "hands the application in at once", p.Code, "H3")
		}
	}
	token := confirmToken.FindString(mail.Body)
	if err := s.api.post(ctx, "", "/v1/signin/email-confirmations", map[string]any{"token": token}, nil); err != nil {
		return nil, err
	}
	did("opens the link in the mail: the address is confirmed", "H3")
	if err := s.api.post(ctx, applicant, "/v1/signin/application/terms", map[string]any{"version": application.TermsVersion}, nil); err != nil {
		return nil, err
	}
	did("accepts the terms, version "+application.TermsVersion, "H12")
	var opened session
	if err := s.api.post(ctx, applicant, "/v1/signin/application/submission", nil, &opened); err != nil {
		return nil, err
	}
	g := &guardian{Member: who, token: opened.Token}
	var children struct {
		Items []any `json:"items"`
	}
	if err := s.api.get(ctx, g.token, "/v1/guardian/children", &children); err != nil {
		return nil, err
	}
	if err := expect(len(children.Items) == 0, "nothing is visible before the head has decided"); err != nil {
		return nil, err
	}
	did("has an account and sees no child yet: the head has not decided", "V1", "V6")
	return g, nil
}
