package worker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// damage makes the database raise an error, as if their rows lay on a damaged page, wherever a parcel with one of these deliveries is claimed, or where one of
// them is written.
func (r *rig) damage(t *testing.T, code, where string) {
	t.Helper()
	r.exec(t, `create table public.damaged (id uuid primary key)`)
	r.exec(t, `grant select on public.damaged to public`)
	touched := `new.id in (select id from public.damaged)`
	if where == "notify.parcels" {
		touched = `new.lease_until is not null and exists (select from public.damaged x where x.id = any (new.deliveries))`
	}
	r.exec(t, `create function public.raise_damage() returns trigger language plpgsql as $$
		begin
			if `+touched+` then
				raise exception 'invalid page in block 7' using errcode = '`+code+`';
			end if;
			return new;
		end $$`)
	r.exec(t, `create trigger damage before update on `+where+` for each row execute function public.raise_damage()`)
}

// pushOf is the one push of somebody.
func (r *rig) pushOf(t *testing.T, person uuid.UUID) (id uuid.UUID) {
	t.Helper()
	if err := r.Admin.QueryRow(t.Context(), `select id from notify.deliveries where person_id = $1 and channel = 'push'`, person).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// B3: a notice that no claim can read, for its row is damaged or takes too long each time, holds up nobody, not even those in its parcel, with the belt and
// without. It is told, and gets there when the row is mended.
func TestWhatNoClaimCanReadIsSetAside(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{"damaged": "XX001", "too slow": "57014"} {
		for way, belt := range map[string]bool{"belt": true, "no belt": false} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				const people = 70 // three parcels
				r := newRig(t, people)
				r.damage(t, code, "notify.parcels")
				c := r.config()
				if !belt {
					c.Queue = nil
				}
				w := r.start(t, c)
				w.Pause()
				r.raise(t, r.everybody())
				damaged := r.pushOf(t, r.guardians[40])
				r.exec(t, `insert into public.damaged values ($1)`, damaged)
				w.Resume()
				eventually(t, "the others have theirs", func() bool { return r.pushes(t, outbox.StateSent) == people-1 })
				eventually(t, "it is told", func() bool { return scraped(t, w)["notify_set_aside_total provider=apns"] >= 1 })
				if !strings.Contains(r.log.String(), "is set aside") {
					t.Error("the log does not tell of it")
				}
				if n := r.pushes(t, outbox.StatePending); n != 1 {
					t.Errorf("%d wait, want the damaged one", n)
				}
				r.raise(t, outbox.OfInstitution(r.institution, r.guardians[:3]...))
				eventually(t, "who is told next has it", func() bool { return r.pushes(t, outbox.StateSent) == people+2 })
				r.exec(t, `delete from public.damaged`)
				eventually(t, "it gets there once its row is mended", func() bool { return r.pushes(t, outbox.StateSent) == people+3 })
				if n := r.phones.len(); n != people+3 {
					t.Errorf("%d pushes left for %d notices", n, people+3)
				}
			})
		}
	}
}

// B3: a result that the database fails at holds up no other. It is tried until its lease is over, and then told and given up; what it is of goes on when its row
// is mended, and until then no other lease waits to be released.
func TestAResultThatCannotBeWrittenHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	const people = 40
	r := newRig(t, people)
	r.damage(t, "XX001", "notify.deliveries")
	c := r.config()
	c.Terms, c.SendTimeout = lease(4*time.Second), short(3*time.Second)
	w := r.start(t, c)
	w.Pause()
	r.raise(t, r.everybody())
	damaged := r.pushOf(t, r.guardians[7])
	r.exec(t, `insert into public.damaged values ($1)`, damaged)
	w.Resume()
	eventually(t, "the others are written", func() bool { return r.pushes(t, outbox.StateSent) == people-1 })
	r.phones.exactlyOnce(t, people)
	eventually(t, "it is told and given up", func() bool { return scraped(t, w)["notify_results_lost_total "] == 1 })
	eventually(t, "its lease cannot be released", func() bool { return scraped(t, w)["notify_set_aside_total provider=apns"] >= 1 })
	r.exec(t, `delete from public.damaged`)
	eventually(t, "it gets there once its row is mended", func() bool { return r.pushes(t, outbox.StateSent) == people })
	if n := r.count(t, `select possible_duplicates from notify.deliveries where id = $1`, damaged); n != 1 {
		t.Errorf("%d possible duplicates, want 1", n)
	}
}

// What takes too long is a fault of the batch only for as long as the database answers otherwise; what is away is repeated.
func TestFaults(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0)
	for code, want := range map[string]outbox.Fault{
		"XX001": outbox.FaultInside, "XX002": outbox.FaultInside, "22001": outbox.FaultInside, "23505": outbox.FaultInside, "57014": outbox.FaultSlow, "58030": outbox.FaultSlow, "58P01": outbox.FaultSlow,
		"57P01": outbox.FaultElsewhere, "08006": outbox.FaultElsewhere, "53300": outbox.FaultElsewhere, "40001": outbox.FaultElsewhere, "25006": outbox.FaultElsewhere,
	} {
		_, err := r.Admin.Exec(t.Context(), `do $$ begin raise exception 'x' using errcode = '`+code+`'; end $$`)
		if got := outbox.FaultOf(err); got != want {
			t.Errorf("%s is %v, want %v", code, got, want)
		}
	}
	o := outbox.New(r.Worker, outbox.Terms{})
	if !o.Answers(t.Context()) {
		t.Error("a database that answers does not")
	}
	r.Worker.Close()
	if o.Answers(t.Context()) {
		t.Error("a database that is away answers")
	}
	if _, err := o.Claim(t.Context(), notify.ProviderAPNs, []outbox.Ref{{Municipality: r.municipality, Parcel: newID()}}, 1, nil); outbox.FaultOf(err) != outbox.FaultElsewhere {
		t.Errorf("a database that is away is %v (%v)", outbox.FaultOf(err), err)
	}
}
