package deadletter

import (
	"encoding/json"
	"fmt"
	"slices"
)

// endedByUs are the reasons of deliveries that no attempt ended.
var endedByUs = []string{"parked", "lost_too_often", "too_many_attempts", "over"}

// withLast completes the attempts in what is known of a delivery: the database keeps the result that ended one on the delivery itself, and the results before
// it among its attempts. An attempt whose worker was lost has no result, and stands in neither.
func withLast(document json.RawMessage) (json.RawMessage, error) {
	var told map[string]any
	if err := json.Unmarshal(document, &told); err != nil {
		return nil, fmt.Errorf("what is known of the delivery cannot be read: %w", err)
	}
	state, _ := told["state"].(string)
	reason, _ := told["reason"].(string)
	attempt, _ := told["attempt"].(float64)
	// A replay takes the status away until there is another result.
	if _, result := told["status"]; !result || attempt < 1 || state != "sent" && state != "dead" || slices.Contains(endedByUs, reason) {
		return document, nil
	}
	last := map[string]any{"attempt": told["attempt"], "outcome": told["outcome"], "finishedAt": told["settledAt"]}
	if status, _ := told["status"].(float64); status != 0 {
		last["status"] = status
	}
	if reason != "" {
		last["reason"] = reason
	}
	earlier, _ := told["attempts"].([]any)
	told["attempts"] = append(earlier, last)
	return json.Marshal(told)
}
