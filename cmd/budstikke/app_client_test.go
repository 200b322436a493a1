package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/uuid"
)

// answer is what the API said.
type answer struct {
	status int
	header http.Header
	body   map[string]any
}

// text returns a member of the answer's body that is text, or "".
func (a answer) text(member string) string {
	s, _ := a.body[member].(string)
	return s
}

// items returns the page that the answer is.
func (a answer) items() []map[string]any {
	var list []map[string]any
	items, _ := a.body["items"].([]any)
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			list = append(list, object)
		}
	}
	return list
}

// client is an app that talks to the API at base, signed in when it has a token.
type client struct {
	base, token string
}

// call makes a request with an Idempotency-Key of its own and returns whatever the API says; ifMatch may be empty.
func (c client) call(t *testing.T, method, path, ifMatch string, body any) answer {
	t.Helper()
	raw := new(bytes.Buffer)
	if body != nil {
		if err := json.NewEncoder(raw).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(soon(t), method, c.base+path, raw)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "Idempotency-Key": uuid.NewString(), "If-Match": ifMatch} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode, header: res.Header}
	if res.ContentLength != 0 {
		if err := json.NewDecoder(res.Body).Decode(&a.body); err != nil {
			t.Fatalf("%s %s answered %d with no JSON: %v", method, path, res.StatusCode, err)
		}
	}
	return a
}

// do is call for requests that must succeed.
func (c client) do(t *testing.T, method, path string, body any) answer {
	t.Helper()
	a := c.call(t, method, path, "", body)
	if a.status >= 300 {
		t.Fatalf("%s %s: %d %v", method, path, a.status, a.body)
	}
	return a
}

// signInStaff opens a session for a member of staff.
func (c client) signInStaff(t *testing.T, municipality, username, password, code string) client {
	t.Helper()
	a := c.do(t, http.MethodPost, "/v1/signin/staff",
		map[string]any{"municipalityId": municipality, "username": username, "password": password, "code": code})
	return client{c.base, a.text("token")}
}

// municipality returns the id of the one municipality that there is.
func (c client) municipality(t *testing.T) string {
	t.Helper()
	list := c.do(t, http.MethodGet, "/v1/municipalities", nil).items()
	if len(list) != 1 {
		t.Fatalf("%d municipalities, want one", len(list))
	}
	name, _ := list[0]["id"].(string)
	return name
}
