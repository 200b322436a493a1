package gateway

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/jackc/pgx/v5"

	"budstikke.example/notify/sandbox"
)

// What a worker that was killed has left behind in its store: the devices of all that it had taken and not ended.
const (
	heldByUs = `select e.address from notify.parcels p
		join notify.deliveries d on d.municipality_id = p.municipality_id and d.id = any (p.deliveries)
		join notify.endpoints e on e.municipality_id = d.municipality_id and e.id = d.endpoint_id
		where p.lease_until is not null and d.fence < p.fence and d.state in ('pending', 'retry')`
	heldByRiver = `select args ->> 'Token' from river_job where state = 'running'`
)

// held asks the town's database for devices.
func (t *town) held(b *testing.B, sql string) []string {
	b.Helper()
	found, err := t.Admin.Query(b.Context(), sql)
	if err != nil {
		b.Fatal(err)
	}
	tokens, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		b.Fatal(err)
	}
	return tokens
}

// heldByAsynq asks the Redis of a round.
func heldByAsynq(b *testing.B, round int) []string {
	b.Helper()
	options, err := asynq.ParseRedisURI(redisOf(b, round+1))
	if err != nil {
		b.Fatal(err)
	}
	look := asynq.NewInspector(options)
	defer look.Close()
	tasks, err := look.ListActiveTasks("critical", asynq.PageSize(10*recoverySlots))
	if err != nil {
		b.Fatal(err)
	}
	tokens := make([]string, len(tasks))
	for i, task := range tasks {
		var r Receiver
		if err := json.Unmarshal(task.Payload, &r); err != nil {
			b.Fatal(err)
		}
		tokens[i] = r.Token
	}
	return tokens
}

// caught is to how many of the devices that a killed worker held nothing had come from it. Where it is none, everybody whom it had taken had their push,
// though its store did not know it, and there was nothing to recover from. A connection that sent something before the kill was the killed worker's.
func (p *provider) caught(b *testing.B, held []string, killed time.Time) int {
	b.Helper()
	all := p.journal(b, sandbox.APNs, 0)
	dead := map[string]bool{}
	for _, d := range all {
		if !d.At.After(killed) {
			dead[d.Peer] = true
		}
	}
	without := map[string]bool{}
	for _, token := range held {
		without[token] = true
	}
	for _, d := range all {
		if dead[d.Peer] {
			delete(without, d.To)
		}
	}
	return len(without)
}
