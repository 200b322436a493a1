package gateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// bareHandler is the floor of the API: Fiber and pgx, one query for each request, as the owner of the tables. It asks nobody who they are and keeps no
// rule, no trail and no repeated answer.
type bareHandler struct {
	pool *pgxpool.Pool
	here uuid.UUID
}

// notice is what an inbox shows.
type notice struct {
	ID      uuid.UUID `json:"id"`
	Kind    string    `json:"kind"`
	Urgency string    `json:"urgency"`
	Subject uuid.UUID `json:"subject"`
	At      time.Time `json:"createdAt"`
}

// ServeBare serves it on a free port of the loopback interface, says its address and does not return.
func ServeBare(ctx context.Context, out io.Writer, database string, here uuid.UUID) error {
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		return err
	}
	config.MaxConns = apiConnections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	h := &bareHandler{pool: pool, here: here}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/inbox/:person", h.inbox)
	app.Post("/absences/:child/:person", h.absence)
	app.Post("/messages/:conversation/:person", h.message)
	app.Post("/signin/:session", h.signIn)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "http://"+listener.Addr().String()); err != nil {
		return err
	}
	return app.Listener(listener)
}

// apiConnections is how many connections the API has by itself.
const apiConnections = 16

func (h *bareHandler) inbox(c *fiber.Ctx) error {
	rows, err := h.pool.Query(c.Context(), `select d.id, e.kind, e.urgency, e.subject_id, d.created_at
		from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		where d.municipality_id = $1 and d.person_id = $2 and d.channel = 'in_app' order by d.created_at desc, d.id limit 51`, h.here, c.Params("person"))
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[notice])
	if err != nil {
		return err
	}
	return c.JSON(map[string]any{"items": list})
}

func (h *bareHandler) absence(c *fiber.Ctx) error {
	var body struct{ StartsOn, EndsOn, Reason string }
	if err := json.Unmarshal(c.Body(), &body); err != nil {
		return err
	}
	id := uuid.Must(uuid.NewV7())
	_, err := h.pool.Exec(c.Context(), `insert into app.absences (municipality_id, id, child_id, institution_id, starts_on, ends_on, reason, reported_by, created_at, updated_at)
		select $1, $2, $3, e.institution_id, $4, $5, $6, $7, now(), now() from app.enrolments e where e.municipality_id = $1 and e.child_id = $3`,
		h.here, id, c.Params("child"), body.StartsOn, body.EndsOn, body.Reason, c.Params("person"))
	return created(c, id, err)
}

func (h *bareHandler) message(c *fiber.Ctx) error {
	var body struct{ Text string }
	if err := json.Unmarshal(c.Body(), &body); err != nil {
		return err
	}
	id := uuid.Must(uuid.NewV7())
	_, err := h.pool.Exec(c.Context(), `insert into app.messages (municipality_id, id, conversation_id, author_id, author_side, author_name, text, created_at)
		values ($1, $2, $3, $4, 'guardian', 'Given Family', $5, now())`, h.here, id, c.Params("conversation"), c.Params("person"), body.Text)
	return created(c, id, err)
}

func (h *bareHandler) signIn(c *fiber.Ctx) error {
	var hash [32]byte
	_, _ = rand.Read(hash[:]) // never fails
	session, err := uuid.Parse(c.Params("session"))
	if err != nil {
		return err
	}
	_, err = h.pool.Exec(c.Context(), `insert into auth.access_tokens (municipality_id, token_hash, session_id, expires_at) values ($1, $2, $3, now() + interval '15 minutes')`,
		h.here, hash[:], session)
	return created(c, session, err)
}

func created(c *fiber.Ctx, id uuid.UUID, err error) error {
	if err != nil {
		return errors.Join(fiber.ErrInternalServerError, err)
	}
	return c.Status(fiber.StatusCreated).JSON(map[string]string{"id": id.String()})
}
