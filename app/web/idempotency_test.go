package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/guardian"
	"budstikke.example/app/postgres"
	"budstikke.example/app/web"
	"budstikke.example/app/web/webtest"
	"budstikke.example/auth"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
)

// writingRoom carries ChangeAbsence out in a transaction, and counts.
type writingRoom struct {
	guardianRoom
	db           *postgres.DB
	municipality uuid.UUID
	effects      atomic.Int64
	inside       func() error // asked after the effect
}

func (r *writingRoom) ChangeAbsence(ctx context.Context, q guardian.ChangeAbsenceRequestObject) (guardian.ChangeAbsenceResponseObject, error) {
	visitor := r.db.Visitor(scope.Of(r.municipality, scope.SignIn))
	return postgres.Write(scope.ByProgram(ctx), visitor, func(tx *postgres.VisitorTx) (guardian.ChangeAbsenceResponseObject, error) {
		if _, err := tx.Exec(ctx, "select 1"); err != nil {
			return nil, err
		}
		if r.inside != nil {
			if err := r.inside(); err != nil {
				return nil, err
			}
		}
		r.effects.Add(1)
		return r.guardianRoom.ChangeAbsence(ctx, q)
	})
}

func setupWriting(t *testing.T, inside func() error) (*bundle, *writingRoom) {
	t.Helper()
	db := pgtest.New(t)
	a := &answers{tb: t, contract: webtest.Contract(t)}
	room := &writingRoom{guardianRoom: guardianRoom{nil, a}, db: postgres.New(db.API, nil, slog.New(slog.DiscardHandler)), municipality: uuid.New(), inside: inside}
	_, err := db.Admin.Exec(t.Context(), `insert into app.municipalities (municipality_id, slug, name, country, locale, time_zone, terms_version, created_at)
		values ($1, 'budvik', 'Budvik', 'SE', 'sv', 'Europe/Stockholm', '1', now())`, room.municipality)
	if err != nil {
		t.Fatal(err)
	}
	all := rooms(a)
	all.Guardian = room
	server, err := web.New(web.Config{Log: slog.New(slog.DiscardHandler)}, all)
	if err != nil {
		t.Fatal(err)
	}
	token, _ := auth.NewToken(room.municipality)
	return &bundle{Server: server, tb: t, log: &logged{}, token: token.Reveal()}, room
}

// B6, P7: a write that is repeated has one effect, and the same answer each time.
func TestRepeatedWrite(t *testing.T) {
	t.Parallel()
	b, room := setupWriting(t, nil)
	first := b.do(b.request("ChangeAbsence")).want(t, http.StatusOK, "")
	if first.header.Get("Idempotent-Replay") != "" {
		t.Error("the first answer says that it is a replay")
	}
	other, _ := auth.NewToken(room.municipality)
	for name, change := range map[string]func(*http.Request){
		"the same": func(*http.Request) {},
		"other white space": func(r *http.Request) {
			withBody(r, "{ \"endsOn\" :\n \"2026-11-24\", \"startsOn\":\"2026-11-23\", \"reason\":\"illness\" }")
		},
		"with a new session": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+other.Reveal()) },
	} {
		req := b.request("ChangeAbsence")
		change(req)
		got := b.do(req).want(t, http.StatusOK, "")
		if got.body != first.body || got.header.Get("ETag") != `"3"` || got.header.Get("Content-Type") != first.header.Get("Content-Type") ||
			got.header.Get("Idempotent-Replay") != "true" || got.header.Get("X-Request-Id") == first.header.Get("X-Request-Id") {
			t.Errorf("%s: answered %v %s, want %v %s", name, got.header, got.body, first.header, first.body)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"another body":    func(r *http.Request) { withBody(r, `{"endsOn":"2026-11-25"}`) },
		"another version": func(r *http.Request) { r.Header.Set("If-Match", `"4"`) },
		"another absence": func(r *http.Request) { r.URL.Path = "/v1/guardian/absences/0191e0f0-0000-7000-8000-000000000099" },
	} {
		req := b.request("ChangeAbsence")
		change(req)
		if got := b.do(req); got.status != http.StatusUnprocessableEntity || got.Code != "idempotency_key_reused" {
			t.Errorf("%s: answered %d %s", name, got.status, got.body)
		}
	}
	if n := room.effects.Load(); n != 1 {
		t.Errorf("%d effects, want 1", n)
	}
	req := b.request("ChangeAbsence")
	req.Header.Set("Idempotency-Key", "another-key-0123456789")
	b.do(req).want(t, http.StatusOK, "")
	if n := room.effects.Load(); n != 2 {
		t.Errorf("%d effects after another key, want 2", n)
	}
}

// A refusal is not kept: nothing was done, so the same key may try again.
func TestRefusedWriteMayBeRepeated(t *testing.T) {
	t.Parallel()
	var refuse atomic.Bool
	refuse.Store(true)
	b, room := setupWriting(t, func() error {
		if refuse.Load() {
			return app.ErrVersionOutdated
		}
		return nil
	})
	b.do(b.request("ChangeAbsence")).want(t, http.StatusPreconditionFailed, "version_outdated")
	refuse.Store(false)
	b.do(b.request("ChangeAbsence")).want(t, http.StatusOK, "")
	if n := room.effects.Load(); n != 1 {
		t.Errorf("%d effects, want 1", n)
	}
}

// Two copies of a request at the same time: one is carried out, the other is told to wait.
func TestWriteInFlight(t *testing.T) {
	t.Parallel()
	inside, release := make(chan struct{}), make(chan struct{})
	b, room := setupWriting(t, func() error {
		close(inside)
		<-release
		return nil
	})
	first := make(chan answer, 1)
	req := b.request("ChangeAbsence")
	go func() { first <- b.raw(req) }()
	<-inside
	b.do(b.request("ChangeAbsence")).want(t, http.StatusConflict, "idempotency_key_in_flight")
	close(release)
	(<-first).want(t, http.StatusOK, "")
	if n := room.effects.Load(); n != 1 {
		t.Errorf("%d effects, want 1", n)
	}
}

// An answer without a body is replayed without one, and without a type of it.
func TestReplayWithoutBody(t *testing.T) {
	t.Parallel()
	b := setup(t, hooks{"SignOut": func(context.Context, any) error { return &postgres.Replay{Answer: []byte(`{"s":204}`)} }})
	got := b.do(b.request("SignOut")).want(t, http.StatusNoContent, "")
	if got.header.Get("Content-Type") != "" || got.header.Get("Idempotent-Replay") != "true" {
		t.Errorf("replayed with %v", got.header)
	}
	broken := setup(t, hooks{"SignOut": func(context.Context, any) error { return &postgres.Replay{Answer: []byte(`x`)} }})
	broken.do(broken.request("SignOut")).want(t, http.StatusInternalServerError, "internal")
}
