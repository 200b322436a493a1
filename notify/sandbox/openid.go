package sandbox

import (
	"budstikke.example/notify/sandbox/openid"
)

// OpenIDConfig holds what is particular to the OpenID Connect provider.
type OpenIDConfig struct {
	// Persons can sign in; those of TestPersons when empty, each with pid, the identity number.
	Persons []openid.Person
}

// OpenIDCredentials is what the relying party is known by.
type OpenIDCredentials struct {
	ClientID     string            `json:"clientId"`
	ClientSecret string            `json:"clientSecret"`
	Returns      map[string]string `json:"returns"`  // by the client's name
	EntryKey     string            `json:"entryKey"` // 32 bytes in base64, which sign links into the staff app (HMAC-SHA-256)
}

// openIDReturns is where people may be sent back to. Nothing listens there: who tries it out copies the address.
var openIDReturns = map[string]string{
	"app": "https://app.budstikke.example/signed-in", "browser": "https://staff.budstikke.example/signed-in",
}

func (s *Sandbox) startOpenID() error {
	l, err := s.listen("openid", s.cfg.Ports.OpenID)
	if err != nil {
		return err
	}
	s.addrs.OpenID = "http://" + s.hostPort(l)
	persons := s.cfg.OpenID.Persons
	if len(persons) == 0 {
		for _, p := range s.cfg.BankID.Persons {
			persons = append(persons, openid.Person{
				Subject: "sandbox-" + p.PersonalNumber, Name: p.GivenName + " " + p.Surname, Claims: map[string]any{"pid": p.PersonalNumber},
			})
		}
	}
	s.openid = &openid.Provider{
		Usual:  map[string]any{"protected": false},
		Issuer: s.addrs.OpenID, Persons: persons, Clock: s.now,
		Client: openid.Client{ID: "budstikke", Secret: s.keys.openIDSecret, Returns: []string{openIDReturns["app"], openIDReturns["browser"]}},
	}
	s.serveWeb(l, nil, s.openid)
	return nil
}

// OpenID is the OpenID Connect provider. Its people may be changed before somebody signs in.
func (s *Sandbox) OpenID() *openid.Provider { return s.openid }
