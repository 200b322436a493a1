package queue

import "github.com/redis/go-redis/v9"

// Connect is open to tests that look behind the belt.
var Connect = connect

// Sentinels reads a URL of Sentinels.
func Sentinels(raw string) (*redis.FailoverOptions, error) {
	form, u, err := parse(raw)
	if err != nil || form != "sentinel" {
		return nil, ErrURL
	}
	return sentinels(u)
}
