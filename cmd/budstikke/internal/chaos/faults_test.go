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
	over := func() { <-time.After(s.length) }
	switch s.fault {
	case killAPI:
		w.apart[s.target].Store(int64(s.apart))
		w.apis[s.target].kill()
		return nil
	case killWorker:
		w.apart[2+s.target].Store(int64(s.apart))
		w.workers[s.target].kill()
		return nil
	case wipeRedis:
		err := w.redis.FlushAll(soon(w.t))
		if err != nil { // it is stopped or frozen at this moment: then there is nothing to wipe
			err = nil
		}
		return err
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
		err := errors.Join(w.postgres.Kill(), w.postgres.Restart(soon(w.t)))
		recovered(recovery{s.kind(), time.Now()})
		return err
	case freezePostgres:
		err := w.postgres.Freeze()
		over()
		err = errors.Join(err, w.postgres.Thaw())
		recovered(recovery{s.kind(), time.Now()})
		return err
	case holePostgres:
		w.toPG.become(hole)
		over()
		w.toPG.become(clear)
		recovered(recovery{s.kind(), time.Now()})
		return nil
	case fillDisk:
		err := w.disk.fill(w, s.length)
		recovered(recovery{s.kind(), time.Now()})
		return err
	case badProvider:
		err := w.sandbox.fault(s.provider, s.mode)
		over()
		return errors.Join(err, w.sandbox.mend(s.provider))
	}
	return fmt.Errorf("nobody knows how to do %q", s.fault)
}
