package queue

import (
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// poolSize is how many connections there are to a machine at most: a few per provider that is served, and those of requests that ring.
const poolSize = 24

// ErrURL is returned by Open for a URL that it cannot read. It never repeats the URL, which may hold a password.
var ErrURL = errors.New("queue: the Redis URL is none of redis://host:port/database, redis://host:port,host:port (a cluster), redis+cluster://host:port and " +
	"redis+sentinel://host:port,host:port/master/database, or these with rediss")

// Open checks the configuration and returns the belt. It opens no connection: Redis may come later, or never. Each form exists with rediss, for TLS:
//
//	redis://[user:password@]host:port/database           one Redis
//	redis://[user:password@]host:port,host:port          a Cluster, of which some machines are named; also redis://host:port?addr=host:port
//	redis+cluster://[user:password@]host:port            a Cluster, also where one name stands for all
//	redis+sentinel://[user:password@]host:port,host:port/master[/database][?sentinel_username=…&sentinel_password=…]
//	redis://[user:password@]host:port?master_name=…      Sentinels in the words of go-redis: user and password are theirs, those of Redis are parameters
//
// Errors: ErrURL.
func Open(c Config) (*Queue, error) {
	quiet()
	client, spread, err := connect(c.URL)
	if err != nil {
		return nil, err
	}
	if c.Consumer == "" {
		c.Consumer = consumerName()
	}
	return &Queue{client: client, spread: spread, prefix: c.Prefix, consumer: c.Consumer}, nil
}

// CheckURL tells whether Open can read a URL. Error: ErrURL.
func CheckURL(raw string) error {
	client, _, err := connect(raw)
	if err != nil {
		return err
	}
	return client.Close()
}

// connect makes the client that a URL asks for, and tells whether it is one of many machines.
func connect(raw string) (redis.UniversalClient, bool, error) {
	form, u, err := parse(raw)
	if err != nil {
		return nil, false, ErrURL
	}
	off := &maintnotifications.Config{Mode: maintnotifications.ModeDisabled} // they are of a hosted Redis only
	switch form {
	case "cluster":
		o, err := redis.ParseClusterURL(u.String())
		if err != nil {
			return nil, false, ErrURL
		}
		if o.TLSConfig != nil {
			o.TLSConfig.ServerName = "" // each machine's own
		}
		o.ContextTimeoutEnabled, o.DialerRetries, o.DisableIdentity, o.MaintNotificationsConfig = true, 1, true, off
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout, o.PoolSize = dialTimeout, callTimeout, callTimeout, callTimeout, poolSize
		return redis.NewClusterClient(o), true, nil
	case "sentinel":
		o, err := sentinels(u)
		if err != nil {
			return nil, false, ErrURL
		}
		o.ContextTimeoutEnabled, o.MaxRetries, o.DialerRetries, o.DisableIdentity = true, -1, 1, true
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout, o.PoolSize = dialTimeout, callTimeout, callTimeout, callTimeout, poolSize
		return redis.NewFailoverClient(o), false, nil
	default:
		o, err := redis.ParseURL(u.String())
		if err != nil {
			return nil, false, ErrURL
		}
		o.ContextTimeoutEnabled = true // without it a deadline binds nothing but the wait for a connection
		o.MaxRetries = -1              // a retried XADD whose answer was lost would write twice
		o.DialerRetries, o.DisableIdentity, o.MaintNotificationsConfig = 1, true, off
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout, o.PoolSize = dialTimeout, callTimeout, callTimeout, callTimeout, poolSize
		return redis.NewClient(o), false, nil
	}
}

// parse tells which form a URL has ("", cluster or sentinel), and writes it as go-redis does: one host, the others as parameters.
func parse(raw string) (form string, u *url.URL, err error) {
	scheme, rest, _ := strings.Cut(raw, "://")
	scheme, form, _ = strings.Cut(scheme, "+")
	authority := rest[:len(rest)-len(strings.TrimLeftFunc(rest, func(r rune) bool { return !strings.ContainsRune("/?#", r) }))]
	at := strings.LastIndexByte(authority, '@') + 1
	hosts := strings.Split(authority[at:], ",")
	if u, err = url.Parse(scheme + "://" + authority[:at] + hosts[0] + rest[len(authority):]); err != nil {
		return "", nil, err
	}
	query := u.Query()
	for i, host := range hosts {
		if _, _, err := net.SplitHostPort(host); err != nil && (len(hosts) > 1 || form == "sentinel") {
			host = net.JoinHostPort(strings.Trim(host, "[]"), map[bool]string{true: "26379", false: "6379"}[form == "sentinel"])
		}
		if i == 0 {
			u.Host = host
		} else {
			query.Add("addr", host)
		}
	}
	switch {
	case form == "cluster", form == "sentinel":
	case form != "":
		return "", nil, ErrURL
	case query.Has("master_name"):
		form = "sentinel"
	case query.Has("addr"):
		form = "cluster"
	}
	if form == "cluster" && strings.Trim(u.Path, "/0") != "" { // a cluster has no other
		return "", nil, ErrURL
	}
	u.RawQuery = query.Encode()
	return form, u, nil
}

// sentinels reads a URL of Sentinels: in the words of go-redis, or with the name of the master in its path, which has user and password for Redis.
func sentinels(u *url.URL) (*redis.FailoverOptions, error) {
	query := u.Query()
	if !query.Has("master_name") {
		master, database, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
		query.Set("master_name", master)
		query.Set("db", database)
		if u.User != nil {
			password, _ := u.User.Password()
			query.Set("username", u.User.Username())
			query.Set("password", password)
		}
		u.Path, u.User = "", nil
		if query.Has("sentinel_username") || query.Has("sentinel_password") {
			u.User = url.UserPassword(query.Get("sentinel_username"), query.Get("sentinel_password"))
		}
		query.Del("sentinel_username")
		query.Del("sentinel_password")
		u.RawQuery = query.Encode()
	}
	if query.Get("master_name") == "" {
		return nil, ErrURL
	}
	o, err := redis.ParseFailoverURL(u.String())
	if err == nil && o.TLSConfig != nil {
		o.TLSConfig.ServerName = "" // each machine's own
	}
	return o, err
}
