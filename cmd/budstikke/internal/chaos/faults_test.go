package chaos

import (
	"errors"
	"fmt"
	"time"
)

// recovery is the end of something that the API cannot be without, or should hardly notice.
type recovery struct {
	after string
	at    time.Time
}

// do makes one fault, and undoes it when its time is over.
func (w *world) do(s step, recovered func(recovery)) error {
	e := episode{step: s, from: time.Now()}
	err := w.make(&e)
	e.to = time.Now()
	w.history.add(e)
	if ofPostgres(s) {
		recovered(recovery{s.kind(), e.to})
	}
	return err
}

func (w *world) make(e *episode) error {
	over := func() { <-time.After(e.length) }
	switch e.fault {
	case killAPI:
		w.apart[e.target].Store(int64(e.apart))
		w.apis[e.target].kill()
		return nil
	case killWorker:
		w.apart[2+e.target].Store(int64(e.apart))
		e.ports = w.workers[e.target].kill()
		return nil
	case wipeRedis:
		_ = w.redis.FlushAll(soon(w.t)) // where it is stopped or frozen at this moment there is nothing to wipe
		return nil
	case stopRedis:
		err := w.redis.Kill()
		over()
		return errors.Join(err, w.redis.Restart(soon(w.t)))
	case freezeRedis:
		err := w.redis.Freeze()
		over()
		return errors.Join(err, w.redis.Thaw())
	case holeRedis:
		w.toRedis.become(hole)
		over()
		w.toRedis.become(clear)
		return nil
	case crashPostgres:
		return errors.Join(w.postgres.now.Kill(), w.postgres.now.Restart(soon(w.t)))
	case freezePostgres:
		err := w.postgres.now.Freeze()
		over()
		return errors.Join(err, w.postgres.now.Thaw())
	case holePostgres:
		w.postgres.become(hole)
		over()
		w.postgres.become(clear)
		return nil
	case failOver:
		ended, err := w.postgres.failOver(e.length)
		if err == nil {
			e.from = ended
		}
		return err
	case fillDisk:
		return w.disk.fill(w, e.length)
	case badProvider:
		err := w.sandbox.fault(e.provider, e.mode)
		over()
		return errors.Join(err, w.sandbox.mend(e.provider))
	}
	return fmt.Errorf("nobody knows how to do %q", e.fault)
}
