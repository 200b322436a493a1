package openid

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// ServeHTTP answers under the path of the issuer.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	base := ""
	if u, err := url.Parse(p.Issuer); err == nil {
		base = strings.TrimSuffix(u.Path, "/")
	}
	switch path := strings.TrimPrefix(r.URL.Path, base); {
	case path == "/.well-known/openid-configuration":
		writeJSON(w, http.StatusOK, p.discovery())
	case path == "/jwks":
		writeJSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{p.PublicKey()}})
	case path == "/authorize":
		p.authorize(w, r)
	case path == "/token" && r.Method == http.MethodPost:
		p.token(w, r)
	case path == "/userinfo":
		p.userInfo(w, r)
	case path == "/groups":
		p.groups(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (p *Provider) discovery() map[string]any {
	said := map[string]any{
		"issuer": p.Issuer, "authorization_endpoint": p.Issuer + "/authorize", "token_endpoint": p.Issuer + "/token", "jwks_uri": p.Issuer + "/jwks",
		"userinfo_endpoint": p.Issuer + "/userinfo", "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"ES256"}, "code_challenge_methods_supported": []string{"S256"},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post"},
		"authorization_response_iss_parameter_supported": true,
	}
	if p.Discovery != nil {
		p.Discovery(said)
	}
	return said
}

// SignIn does what a person does in the browser: it opens the address of a sign-in, signs in, and returns the address that the browser is sent
// back to. The person need not be one of Persons. The error says what is wrong with the request.
func (p *Provider) SignIn(address string, who Person) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	return p.grant(u.Query(), who)
}

// grant checks a request and makes a code.
func (p *Provider) grant(q url.Values, person Person) (string, error) {
	switch {
	case q.Get("client_id") != p.Client.ID:
		return "", errors.New("openid: unknown client_id")
	case !slices.Contains(p.Client.Returns, q.Get("redirect_uri")):
		return "", errors.New("openid: redirect_uri is not one of the client's")
	case q.Get("response_type") != "code" || !slices.Contains(strings.Fields(q.Get("scope")), "openid"):
		return "", errors.New("openid: response_type has to be code and scope to name openid")
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		return "", errors.New("openid: PKCE with S256 is required")
	case q.Get("state") == "" || q.Get("nonce") == "":
		return "", errors.New("openid: state and nonce are required here")
	}
	code := random()
	acr, _, _ := strings.Cut(q.Get("acr_values"), " ")
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.codes == nil {
		p.codes, p.held = map[string]grant{}, map[string]grant{}
	}
	p.codes[code] = grant{
		person: person, redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), nonce: q.Get("nonce"), acr: acr, at: p.Clock(),
		client: q.Get("client_id"),
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		return "", err
	}
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.Issuer}}.Encode()
	return back.String(), nil
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Sandbox sign-in</title>
<h1>Who are you today?</h1><p>Everybody here is made up.</p><ul>{{range .}}<li><a href="{{.Link}}">{{.Name}}</a></li>{{end}}</ul></html>
`))

// authorize shows the page on which anybody can be anybody, and sends them back.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if subject := q.Get("as"); subject != "" {
		person, err := p.person(subject)
		back := ""
		if err == nil {
			back, err = p.grant(q, person)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, back, http.StatusFound)
		return
	}
	type choice struct{ Link, Name string }
	var choices []choice
	for _, person := range p.Persons {
		with := maps.Clone(q)
		with.Set("as", person.Subject)
		choices = append(choices, choice{"?" + with.Encode(), person.Name})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = page.Execute(w, choices) // the browser has gone
}

// token gives tokens for a code, once.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, word string) { writeJSON(w, status, map[string]string{"error": word}) }
	if r.ParseForm() != nil {
		refuse(http.StatusBadRequest, "invalid_request")
		return
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	if id != p.Client.ID || subtle.ConstantTimeCompare([]byte(secret), []byte(p.Client.Secret)) != 1 {
		refuse(http.StatusUnauthorized, "invalid_client")
		return
	}
	p.mu.Lock()
	g, known := p.codes[r.PostForm.Get("code")]
	delete(p.codes, r.PostForm.Get("code"))
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	if !known || r.PostForm.Get("grant_type") != "authorization_code" || g.redirect != r.PostForm.Get("redirect_uri") ||
		g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) || p.Clock().Sub(g.at) > codeLife {
		refuse(http.StatusBadRequest, "invalid_grant")
		return
	}
	raw, err := p.idToken(g)
	if err != nil {
		refuse(http.StatusInternalServerError, "server_error")
		return
	}
	access := random()
	p.mu.Lock()
	p.held[access] = g
	p.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": raw})
}

// holder is whom an access token is for.
func (p *Provider) holder(r *http.Request) (grant, bool) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	p.mu.Lock()
	defer p.mu.Unlock()
	g, known := p.held[token]
	return g, bearer && known
}

func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	g, known := p.holder(r)
	if !known {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	said := map[string]any{"sub": g.person.Subject}
	maps.Copy(said, p.UserInfo)
	writeJSON(w, http.StatusOK, said)
}

// groups tells the groups in Graph's form.
func (p *Provider) groups(w http.ResponseWriter, r *http.Request) {
	if _, known := p.holder(r); !known {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	const most = 100
	from, _ := strconv.Atoi(r.URL.Query().Get("from"))
	from = min(max(from, 0), len(p.Groups))
	until := min(from+most, len(p.Groups))
	items := []map[string]string{}
	for _, id := range p.Groups[from:until] {
		items = append(items, map[string]string{"id": id})
	}
	page := map[string]any{"value": items}
	if until < len(p.Groups) {
		page["@odata.nextLink"] = p.Issuer + "/groups?from=" + strconv.Itoa(until)
	}
	writeJSON(w, http.StatusOK, page)
}
