package queue

import (
	"errors"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Open checks the configuration and returns the belt. It opens no connection: Redis may come later, or never. The error never repeats the
// URL, which may hold a password.
func Open(c Config) (*Queue, error) {
	quiet()
	options, err := redis.ParseURL(c.URL)
	if err != nil {
		return nil, errors.New("queue: the Redis URL is not of the form redis://host:port/database")
	}
	options.ContextTimeoutEnabled = true // without it a deadline binds nothing but the wait for a connection
	options.MaxRetries = -1              // a retried XADD whose answer was lost would write twice
	options.DialerRetries = 1
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = dialTimeout, callTimeout, callTimeout, callTimeout
	options.PoolSize = poolSize
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled} // of a hosted Redis only
	if c.Consumer == "" {
		c.Consumer = consumerName()
	}
	return &Queue{client: redis.NewClient(options), prefix: c.Prefix, consumer: c.Consumer}, nil
}

const poolSize = 24 // per machine
