package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// FetchManifest asks a running sandbox, by the address of its control interface, where its providers are and how to be let in. It keeps
// asking until ctx ends or 30 s have passed, because processes that start together start in any order; waiting is told, once, why it has to ask again.
func FetchManifest(ctx context.Context, control string, waiting func(error)) (Manifest, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for told := false; ; told = true {
		m, err := fetchOnce(ctx, control)
		if err == nil {
			return m, nil
		}
		if !told {
			waiting(err)
		}
		select {
		case <-ctx.Done():
			return Manifest{}, fmt.Errorf("the sandbox does not answer: %w", err)
		case <-tick.C:
		}
	}
}

func fetchOnce(ctx context.Context, control string) (Manifest, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, control+"/manifest", nil)
	if err != nil {
		return Manifest{}, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return Manifest{}, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return Manifest{}, fmt.Errorf("answer %d", res.StatusCode)
	}
	var m Manifest
	return m, json.NewDecoder(res.Body).Decode(&m)
}
