package redistest

import (
	"context"
	"strings"
	"testing"
)

const (
	slots   = 16384
	masters = 3
	busPort = 10000 // a cluster's servers talk to each other on a port so much further on
)

// ACluster is a running Redis Cluster.
type ACluster struct {
	URL   string // for queue.Open
	nodes []*node
}

// Cluster runs three masters with a replica each and returns when all of them know of all.
func Cluster(t testing.TB) *ACluster {
	t.Helper()
	c := &ACluster{}
	var hosts []string
	for _, port := range ports(t, 2*masters, busPort) {
		n := start(t, password, port, `save ""`, "appendonly no", "masterauth "+password, "cluster-enabled yes", "cluster-node-timeout 1000",
			"cluster-config-file nodes.conf", "repl-diskless-sync yes", "repl-diskless-sync-delay 0")
		c.nodes, hosts = append(c.nodes, n), append(hosts, n.address())
	}
	ctx := context.Background()
	for i, n := range c.nodes[:masters] {
		add := []any{"cluster", "addslots"}
		for slot := i; slot < slots; slot += masters {
			add = append(add, slot)
		}
		n.do(t, add...)
		n.do(t, "cluster", "set-config-epoch", i+1)
	}
	for _, n := range c.nodes[1:] {
		c.nodes[0].do(t, "cluster", "meet", "127.0.0.1", n.port)
	}
	eventually(t, "all have met", func() bool {
		for _, n := range c.nodes {
			if strings.Count(n.client.ClusterNodes(ctx).Val(), " connected") != 2*masters {
				return false
			}
		}
		return true
	})
	for i, n := range c.nodes[masters:] {
		id, err := c.nodes[i].client.Do(ctx, "cluster", "myid").Text()
		if err != nil {
			t.Fatal(err)
		}
		n.do(t, "cluster", "replicate", id)
	}
	eventually(t, "the cluster is whole", func() bool {
		for _, n := range c.nodes {
			if !strings.Contains(n.client.ClusterInfo(ctx).Val(), "cluster_state:ok") {
				return false
			}
		}
		for _, n := range c.nodes[masters:] {
			if !strings.Contains(n.client.Info(ctx, "replication").Val(), "master_link_status:up") {
				return false
			}
		}
		for _, n := range c.nodes { // whoever is asked tells of all replicas
			if strings.Count(n.client.ClusterNodes(ctx).Val(), "slave ") != masters {
				return false
			}
		}
		return true
	})
	c.URL = "redis://:" + password + "@" + strings.Join(hosts, ",")
	return c
}

// KillMasterOf ends the master of a key at once. Its replica takes its place after a second or two.
func (c *ACluster) KillMasterOf(t testing.TB, key string) {
	t.Helper()
	slot, err := c.nodes[0].client.ClusterKeySlot(context.Background(), key).Result()
	if err != nil {
		t.Fatal(err)
	}
	c.nodes[slot%masters].kill()
}
