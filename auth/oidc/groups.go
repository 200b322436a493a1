package oidc

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"
)

// The bounds of reading groups at their endpoint. Who is in more groups than fit is refused, because what was not read cannot be left out.
const (
	mostPages  = 20
	mostGroups = 10_000
)

// inGroup refuses who is in none of the groups that the profile asks for. A token that leaves the groups out, because there are too many for it,
// is never taken for one without groups: they are read at the profile's endpoint, else nobody comes in. Where the token itself points to is not
// asked, because a token must not choose whom we show the access token to. Error: *Refused.
func (p *Provider) inGroup(ctx context.Context, said claims, token *oauth2.Token) error {
	if p.Groups == nil {
		return nil
	}
	groups := said.words(p.Groups.Claim)
	_, there := said[p.Groups.Claim]
	if p.Groups.Claim == "" || said.overflows(p.Groups.Claim) || !there && p.Groups.Endpoint != "" {
		if p.Groups.Endpoint == "" {
			return refuse(NotAllowed, "the token has too many groups to list, and no endpoint is set to read them from")
		}
		var err error
		if groups, err = p.readGroups(ctx, token); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(groups, func(group string) bool { return slices.Contains(p.Groups.Any, group) }) {
		return refuse(NotAllowed, "in none of the groups that the profile asks for")
	}
	return nil
}

// overflows tells whether a token leaves its groups out: by OpenID Connect's _claim_names, or by hasgroups of Entra.
func (c claims) overflows(claim string) bool {
	if elsewhere, ok := c["_claim_names"].(map[string]any); ok {
		if _, named := elsewhere[claim]; named {
			return true
		}
	}
	_, marked := c["hasgroups"]
	return marked && c.yes("hasgroups")
}

// readGroups reads the groups of whoever the access token is for, page by page: Graph's {"value": …, "@odata.nextLink": …}, or one list.
func (p *Provider) readGroups(ctx context.Context, token *oauth2.Token) ([]string, error) {
	start, err := url.Parse(p.Groups.Endpoint)
	if err != nil {
		return nil, refuse(Unavailable, "the groups' endpoint is no address")
	}
	var groups []string
	for page, next := 0, start; next != nil; page++ {
		if page == mostPages || len(groups) > mostGroups {
			return nil, refuse(NotAllowed, "there are more groups than are read")
		}
		found, link, err := p.groupPage(ctx, next, token)
		if err != nil {
			return nil, err
		}
		groups = append(groups, found...)
		if next = nil; link != "" {
			if next, err = url.Parse(link); err != nil || next.Scheme != start.Scheme || next.Host != start.Host || next.User != nil {
				return nil, refuse(NotBelieved, "the list of groups goes on at another place")
			}
		}
	}
	return groups, nil
}

func (p *Provider) groupPage(ctx context.Context, at *url.URL, token *oauth2.Token) (groups []string, next string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, "", refuse(Unavailable, "the groups' endpoint is no address")
	}
	token.SetAuthHeader(request)
	request.Header.Set("Accept", "application/json")
	response, err := p.client.Do(request)
	if err != nil {
		return nil, "", refuse(Unavailable, "the groups' endpoint does not answer")
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, "", refuse(Unavailable, "the groups' endpoint does not give the groups")
	}
	var body json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		return nil, "", refuse(Unavailable, "the groups cannot be read")
	}
	var answer struct {
		Value []json.RawMessage `json:"value"`
		Next  string            `json:"@odata.nextLink"`
	}
	if strings.HasPrefix(strings.TrimSpace(string(body)), "[") {
		err = json.Unmarshal(body, &answer.Value)
	} else {
		err = json.Unmarshal(body, &answer)
	}
	if err != nil || answer.Value == nil {
		return nil, "", refuse(Unavailable, "the groups cannot be read")
	}
	for _, item := range answer.Value {
		var group struct {
			ID string `json:"id"`
		}
		var id string
		if json.Unmarshal(item, &id) != nil && json.Unmarshal(item, &group) == nil {
			id = group.ID
		}
		if id == "" {
			return nil, "", refuse(Unavailable, "a group has no id")
		}
		groups = append(groups, id)
	}
	return groups, answer.Next, nil
}
