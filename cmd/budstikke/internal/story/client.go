package story

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// client speaks to the API as an app does.
type client struct {
	base string
	http *http.Client
}

func newClient(base string) *client {
	return &client{base: base, http: &http.Client{Timeout: 10 * time.Second}}
}

// request is one call. Writes get an Idempotency-Key of their own unless one is given.
type request struct {
	method, path string
	token        string
	ifMatch      string
	key          string
	body         any
}

// problem is a refusal as the API words it.
type problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Fields []struct {
		Pointer string `json:"pointer"`
		Detail  string `json:"detail"`
	} `json:"fields"`
	Review *review `json:"review"`
}

// review is what the sensitive-text guide found.
type review struct {
	Severity string `json:"severity"`
	Findings []struct {
		Category string `json:"category"`
		Reason   string `json:"reason"`
		Advice   string `json:"advice"`
		Spans    []struct {
			StartRune int `json:"startRune"`
			EndRune   int `json:"endRune"`
		} `json:"spans"`
	} `json:"findings"`
	Acknowledgement string `json:"acknowledgement"`
}

// Error implements error.
func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// call makes the request and reads the answer into out (nil reads nothing). A refusal is a *problem.
func (c *client) call(ctx context.Context, r request, out any) (http.Header, error) {
	var body io.Reader
	if r.body != nil {
		raw, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, body)
	if err != nil {
		return nil, err
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.ifMatch != "" {
		req.Header.Set("If-Match", r.ifMatch)
	}
	if r.method != http.MethodGet {
		if r.key == "" {
			r.key = uuid.NewString()
		}
		req.Header.Set("Idempotency-Key", r.key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= 400 {
		var p problem
		if err := json.Unmarshal(raw, &p); err != nil || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/problem+json") {
			return nil, fmt.Errorf("%s %s answered %d without a problem document", r.method, r.path, res.StatusCode)
		}
		return res.Header, &p
	}
	if out != nil {
		if err := json.Unmarshal(raw, out); err != nil {
			return nil, fmt.Errorf("%s %s: %w", r.method, r.path, err)
		}
	}
	return res.Header, nil
}

func (c *client) get(ctx context.Context, token, path string, out any) error {
	_, err := c.call(ctx, request{method: http.MethodGet, path: path, token: token}, out)
	return err
}

func (c *client) post(ctx context.Context, token, path string, body, out any) error {
	_, err := c.call(ctx, request{method: http.MethodPost, path: path, token: token, body: body}, out)
	return err
}

func (c *client) put(ctx context.Context, token, path string, body, out any) error {
	_, err := c.call(ctx, request{method: http.MethodPut, path: path, token: token, body: body}, out)
	return err
}
