package redistest

import (
	"context"
	"strconv"
	"strings"
	"testing"
)

// ASentinel is a master with its replica, and three Sentinels that watch over them.
type ASentinel struct {
	URL    string // for queue.Open
	master *node
}

// Sentinel runs them and returns when the Sentinels know each other and the replica.
func Sentinel(t testing.TB) *ASentinel {
	t.Helper()
	free := ports(t, 5, 0)
	plain := []string{`save ""`, "appendonly no", "masterauth " + password, "repl-diskless-sync yes", "repl-diskless-sync-delay 0"}
	s := &ASentinel{master: start(t, password, free[0], plain...)}
	replica := start(t, password, free[1], append(plain, "replicaof 127.0.0.1 "+strconv.Itoa(free[0]))...)
	ctx := context.Background()
	eventually(t, "the replica follows", func() bool {
		return strings.Contains(replica.client.Info(ctx, "replication").Val(), "master_link_status:up")
	})
	var hosts []string
	var watchers []*node
	for _, port := range free[2:] {
		n := start(t, "watch-"+password, port, "sentinel monitor belt 127.0.0.1 "+strconv.Itoa(free[0])+" 2", "sentinel auth-pass belt "+password,
			"sentinel down-after-milliseconds belt 1000", "sentinel failover-timeout belt 3000", "sentinel sentinel-pass watch-"+password)
		hosts, watchers = append(hosts, n.address()), append(watchers, n)
	}
	eventually(t, "the Sentinels know everybody", func() bool {
		for _, n := range watchers {
			known, err := n.client.Do(ctx, "sentinel", "master", "belt").Slice()
			if err != nil || !says(known, "num-other-sentinels", "2") || !says(known, "num-slaves", "1") {
				return false
			}
		}
		return true
	})
	s.URL = "redis+sentinel://:" + password + "@" + strings.Join(hosts, ",") + "/belt/0?sentinel_password=watch-" + password
	return s
}

// KillMaster ends the master at once. The Sentinels make the replica the master after some seconds.
func (s *ASentinel) KillMaster() { s.master.kill() }

func says(list []any, name, value string) bool {
	for i := 0; i+1 < len(list); i += 2 {
		if list[i] == name {
			return list[i+1] == value
		}
	}
	return false
}
