package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/migrations/seal"
)

const (
	apiGuardians = 4_000
	apiNotices   = 20 // in each inbox
	apiAtOnce    = 64
	apiSeconds   = 3.0
	apiShare     = 0.7 // of what each of the two bears, when the time of an answer is measured
	apiWarm      = 2.0 // seconds of load on each of the two before the first round of an operation
	apiFresh     = 100 // requests in the first second of a process that has just started
)

// BenchmarkAPI holds four operations of the API, with everything on, against a bare handler that does one query for each. The load comes from a process of its
// own, the same for both, which have had some of it before they are measured: PostgreSQL plans each statement once for a connection. What that costs a process
// that has just started is a figure of its own. None of the four has a limit of its own to how often it may be asked, so none was changed for this.
func BenchmarkAPI(b *testing.B) {
	p := startProvider(b)
	t := newTown(b, apiGuardians)
	l := t.callers(b, (*rounds+1)*30_000)
	real, _ := t.startAPI(b, p)
	bare := t.startBare(b)
	for _, operation := range []Operation{SignIn, Inbox, Absence, Message} {
		rate := &measured{bench: "api", name: string(operation) + ", saturated", unit: "requests/s", more: true}
		wait := &measured{bench: "api", name: string(operation) + ", p99 at 70 % of that", unit: "ms"}
		fresh := &measured{bench: "api", name: string(operation) + ", p99 in the first second of a process", unit: "ms"}
		l.Operation, l.AtOnce, l.From = operation, apiAtOnce, 0
		for _, base := range []string{bare, real} {
			l.load(b, base, base == bare, 0, apiWarm)
		}
		for round := range *rounds {
			cal := calibration()
			for _, at := range []struct {
				s     *series
				base  string
				timed bool // how long an answer takes is the figure
			}{{rate.of("bare Fiber and pgx"), bare, false}, {rate.of("Budstikke"), real, false}, {wait.of("bare Fiber and pgx"), bare, true}, {wait.of("Budstikke"), real, true}} {
				seconds, perSecond := apiSeconds, 0
				if *quick {
					seconds = 1
				}
				if at.timed {
					all := rate.of(at.s.subject).figures
					perSecond = max(int(apiShare*all[len(all)-1]), 1)
				}
				before := busy()
				r := l.load(b, at.base, at.base == bare, perSecond, seconds)
				figure := r.PerSecond
				if at.timed {
					figure = r.P99
				}
				at.s.figures, at.s.cal, at.s.cpu = append(at.s.figures, figure), append(at.s.cal, cal), append(at.s.cpu, busy()-before)
				add(&at.s.lost, r.refused())
				b.Logf("%s, %s: %.0f/s, p50 %.1f ms, p99 %.1f ms, %v %v", operation, at.s.subject, r.PerSecond, r.P50, r.P99, r.Codes, r.Errors)
			}
			first, process := t.startAPI(b, p)
			before := busy()
			r := l.load(b, first, false, apiFresh, 1)
			process.kill()
			own := fresh.of("Budstikke")
			own.figures, own.cal, own.cpu = append(own.figures, r.P99), append(own.cal, cal), append(own.cpu, busy()-before)
			add(&own.lost, r.refused())
			b.Logf("round %d of %d", round+1, *rounds)
		}
		rate.against("bare Fiber and pgx")
		rate.demand("Budstikke", "bare Fiber and pgx", 0.5)
		wait.against("bare Fiber and pgx") // what two cores do to a tail that the load itself shares
		own := wait.of("Budstikke")
		own.atMost("p99 ≤ 25 ms", 25, middle(own.figures))
		rate.publish(b)
		wait.publish(b)
		fresh.publish(b)
	}
}

// refused is how many requests were not answered as they should be.
func (r LoadResult) refused() (n int) {
	for code, times := range r.Codes {
		if !strings.HasPrefix(code, "2") {
			n += times
		}
	}
	return n
}

// load asks an address for so much a second (0: as much as can be) for so many seconds, from where the requests before left off.
func (l *Load) load(b *testing.B, base string, bare bool, perSecond int, seconds float64) LoadResult {
	b.Helper()
	l.Base, l.Bare, l.PerSecond, l.Seconds = base, bare, perSecond, seconds
	r := l.fire(b)
	l.From += r.Requests
	return r
}

// fire makes the load in a process of its own.
func (l *Load) fire(b *testing.B) (r LoadResult) {
	b.Helper()
	text, err := json.Marshal(l)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stdin, cmd.Stderr = append(os.Environ(), roleVariable+"=load"), bytes.NewReader(text), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatal(err)
	}
	if err := json.Unmarshal(out, &r); err != nil {
		b.Fatal(err)
	}
	return r
}

// callers gives every guardian of the town a session, a conversation and an inbox, and makes so many sessions more that can be prolonged.
func (t *town) callers(b *testing.B, sessions int) *Load {
	b.Helper()
	q, office := t.bell(b)
	o := &ours{town: t, queue: q, office: office}
	for range apiNotices {
		if err := o.raise(b.Context(), t.school); err != nil {
			b.Fatal(err)
		}
	}
	t.freshen(b)
	l := &Load{Device: strings.Repeat("A", 43)}
	device, err := auth.ParseDevice(l.Device, "A telephone")
	if err != nil {
		b.Fatal(err)
	}
	var hashes, stems, current [][]byte
	var ids []uuid.UUID
	for i, person := range t.people {
		token, digest := auth.NewToken(t.here)
		l.Tokens, hashes = append(l.Tokens, token.Reveal()), append(hashes, digest[:])
		l.People, l.Children = append(l.People, person.String()), append(l.Children, t.hashed(fmt.Sprintf("c%d", i+1)))
		l.Conversations = append(l.Conversations, t.hashed(fmt.Sprintf("co%d", i+1)))
	}
	for range sessions {
		token, refresh := auth.NewRefresh(t.here)
		l.Refreshes, stems, current = append(l.Refreshes, token.Reveal()), append(stems, refresh.Stem[:]), append(current, refresh.Digest[:])
		id := uuid.New()
		ids, l.Sessions = append(ids, id), append(l.Sessions, id.String())
	}
	n := len(t.people)
	t.exec(b, `insert into auth.accounts (municipality_id, id, person_id, kind, created_at, proved_at)
		select $1, md5('ac' || n)::uuid, md5('p' || n)::uuid, 'guardian', now(), now() from generate_series(1, $2::int) n`, t.here, n)
	t.exec(b, `insert into app.conversations (municipality_id, id, child_id, guardian_id, institution_id, created_at, last_message_at)
		select $1, md5('co' || n)::uuid, md5('c' || n)::uuid, md5('p' || n)::uuid, $2, now(), now() from generate_series(1, $3::int) n`, t.here, t.school, n)
	t.exec(b, `insert into auth.sessions (municipality_id, id, token_hash, kind, person_id, account_id, strong, created_at, expires_at)
		select $1, md5('se' || n)::uuid, h, 'guardian', md5('p' || n)::uuid, md5('ac' || n)::uuid, true, now(), now() + interval '30 days'
		from unnest($2::bytea[]) with ordinality x (h, n)`, t.here, hashes)
	t.exec(b, `update auth.access_tokens set expires_at = now() + interval '3 hours' where municipality_id = $1`, t.here)
	t.exec(b, `insert into auth.sessions (municipality_id, id, kind, person_id, account_id, strong, created_at, expires_at, device_hash)
		select $1, i, 'guardian', md5('p' || 1 + n % $4)::uuid, md5('ac' || 1 + n % $4)::uuid, true, now(), now() + interval '30 days', $3
		from unnest($2::uuid[]) with ordinality x (i, n)`, t.here, ids, device.Digest, n)
	t.exec(b, `insert into auth.refreshes (municipality_id, session_id, stem_hash, current_hash, rotated_at, idle_until)
		select $1, i, s, c, now() - interval '1 hour', now() + interval '10 days' from unnest($2::uuid[], $3::bytea[], $4::bytea[]) x (i, s, c)`, t.here, ids, stems, current)
	t.exec(b, "vacuum analyze")
	return l
}

// startAPI starts `budstikke api` as it is installed, and returns its address when it is ready.
func (t *town) startAPI(b *testing.B, p *provider) (string, *process) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	api := start(b, []string{
		"DATABASE_URL=" + t.APIURL, "REDIS_URL=" + os.Getenv("REDIS_URL"), "REDIS_PREFIX=" + t.prefix(), "PUBLIC_URL=https://budstikke.example", "WEB_ADDRESS=" + address,
		"SANDBOX_URL=" + p.Addresses.Control, "SIGNING_KEY=" + signingKey, "NATIONAL_ID_KEYS=" + seal.FreshKey(1), "BLIND_INDEX_KEYS=" + seal.FreshKey(1),
	}, program(b), "api")
	waitFor(b, "the API is ready", func() bool {
		response, err := http.Get("http://" + address + "/health/ready")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return "http://" + address, api
}

// startBare starts the bare handler in a process of its own, and returns its address.
func (t *town) startBare(b *testing.B) string {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), roleVariable+"=bare", "DATABASE_URL="+t.adminURL(b), "HERE="+t.here.String()), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var address string
	if _, err := fmt.Fscanln(out, &address); err != nil {
		b.Fatal(err)
	}
	return address
}
