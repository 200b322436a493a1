package chaos

import (
	"errors"
	"testing"
	"time"

	"budstikke.example/cmd/budstikke/internal/local"
)

// database is the PostgreSQL of a run: the server that is written to, and the two places where Budstikke looks for it.
type database struct {
	t      *testing.T
	now    *local.Postgres
	places [2]*proxy
	active int               // where now is found
	others []*local.Postgres // those that were started for a fail-over
}

func newDatabase(t *testing.T, server *local.Postgres) *database {
	t.Helper()
	d := &database{t: t, now: server}
	for i := range d.places {
		d.places[i] = newProxy(t, hostOf(t, server.URL()))
	}
	d.places[1].become(refused) // there is no other server yet
	return d
}

// become changes the weather between Budstikke and the server.
func (d *database) become(w weather) { d.places[d.active].become(w) }

// failOver gives the server a stand-by, which follows it for so long and has every commit before it is answered, ends the server as by a crash for good,
// and lets the stand-by take its place. It answers when the server ended.
func (d *database) failOver(follows time.Duration) (time.Time, error) {
	standBy, err := d.now.StandBy(soon(d.t))
	if err != nil {
		return time.Time{}, err
	}
	d.others = append(d.others, standBy)
	next := 1 - d.active
	d.places[next].lead(hostOf(d.t, standBy.URL()))
	d.places[next].become(clear)
	<-time.After(follows)
	ended := time.Now()
	err = errors.Join(d.now.Crash(), standBy.Promote(soon(d.t)))
	d.places[d.active].become(refused)
	d.now, d.active = standBy, next
	return ended, err
}

// stop ends what was started for fail-overs.
func (d *database) stop() {
	_ = d.now.Thaw() // a frozen one would obey no signal
	for _, p := range d.others {
		if err := p.Stop(soon(d.t)); err != nil {
			d.t.Errorf("a server of PostgreSQL: %v", err)
		}
	}
}
