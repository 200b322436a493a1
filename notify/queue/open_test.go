package queue_test

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"budstikke.example/notify/queue"
)

func TestClusterURLs(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"redis://:secret@a:1,b:2,c", "redis://:secret@a:1?addr=b:2&addr=c:6379", "redis+cluster://:secret@a:1,b:2,c:6379/0", "rediss+cluster://:secret@a:1,b:2,c",
	} {
		client, spread, err := queue.Connect(url)
		if err != nil || !spread {
			t.Errorf("%s: %t, %v", url, spread, err)
			continue
		}
		o := client.(*redis.ClusterClient).Options()
		if strings.Join(o.Addrs, " ") != "a:1 b:2 c:6379" || o.Password != "secret" {
			t.Errorf("%s goes to %v with %q", url, o.Addrs, o.Password)
		}
		if tls := strings.HasPrefix(url, "rediss"); tls != (o.TLSConfig != nil) || tls && o.TLSConfig.ServerName != "" {
			t.Errorf("%s: TLS by %+v", url, o.TLSConfig)
		}
	}
	client, spread, err := queue.Connect("redis+cluster://one-name:7000")
	if err != nil || !spread || client.(*redis.ClusterClient).Options().Addrs[0] != "one-name:7000" {
		t.Errorf("one name for a cluster: %t, %v", spread, err)
	}
}

func TestSentinelURLs(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"redis+sentinel://me:secret@a:1,b/belt/3?sentinel_username=watch&sentinel_password=other",
		"redis://watch:other@a:1/3?addr=b:26379&master_name=belt&username=me&password=secret",
		"rediss+sentinel://me:secret@a:1,b:26379/belt/3?sentinel_username=watch&sentinel_password=other",
	} {
		o, err := queue.Sentinels(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if strings.Join(o.SentinelAddrs, " ") != "a:1 b:26379" || o.MasterName != "belt" || o.DB != 3 || o.Username != "me" || o.Password != "secret" ||
			o.SentinelUsername != "watch" || o.SentinelPassword != "other" {
			t.Errorf("%s is read as %+v", url, o)
		}
		if tls := strings.HasPrefix(url, "rediss"); tls != (o.TLSConfig != nil) || tls && o.TLSConfig.ServerName != "" {
			t.Errorf("%s: TLS by %+v", url, o.TLSConfig)
		}
	}
}

func TestWhatIsNoURLOfRedisIsRefused(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "h:1", "http://:secret@h:1", "redis://:secret@h:1/x", "redis+other://:secret@h:1", "redis+sentinel://:secret@h:1", "redis+sentinel://:secret@h:1/m/x",
		"redis+cluster://:secret@h:1/2", "redis://:secret@h:1,i:2/1", "redis://:secret@h:1?unknown=1", "redis://:secret@%zz", "redis+cluster://:secret@h:1?unknown=1",
		"redis://:secret@h:1?master_name=",
	} {
		if _, err := queue.Open(queue.Config{URL: url}); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Open(%q) = %v", url, err)
		}
	}
}
