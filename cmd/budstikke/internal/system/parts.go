package system

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"budstikke.example/auth/store"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify/queue"
	"budstikke.example/notify/sandbox"
)

// The groups of the two processes' logins.
const (
	ForAPI    = "budstikke_api"
	ForWorker = "budstikke_worker"
)

// Open opens what API and worker both need by the settings of their process, whose login is of the group; database is boot.OpenDatabase, or
// boot.OpenRehearsed. Close it when the process ends.
func Open(ctx context.Context, s boot.Settings, group string, log *slog.Logger,
	database func(context.Context, boot.Settings) (*scope.DB, error),
) (Base, func(), error) {
	providers, err := ProvidersOf(s)
	if err != nil {
		return Base{}, nil, err
	}
	if s.Sandbox.URL != "" {
		manifest, err := sandbox.FetchManifest(ctx, s.Sandbox.URL, func(err error) {
			log.Warn("the provider sandbox does not answer yet; it is asked for 30 s", "url", s.Sandbox.URL, "error", err)
		})
		if err != nil {
			return Base{}, nil, fmt.Errorf("SANDBOX_URL: %w", err)
		}
		if providers, err = providers.WithSandbox(manifest); err != nil {
			return Base{}, nil, err
		}
		log.Warn("the provider sandbox stands in for the providers that are not set up: nothing reaches a real person through them")
	}
	signing, err := SigningKey(s.Keys.Signing.Reveal())
	if err != nil {
		return Base{}, nil, err
	}
	db, err := database(ctx, s)
	if err != nil {
		return Base{}, nil, err
	}
	if err := boot.Belongs(ctx, db, group); err != nil {
		db.Close()
		return Base{}, nil, err
	}
	if settings, err := boot.Talkative(ctx, s); err != nil {
		log.Warn("the settings of the database's log are not known", "error", err)
	} else if len(settings) > 0 {
		log.Warn("the database writes people's data into its log", "settings", settings)
	}
	belt, err := queue.Open(queue.Config{URL: s.Redis.URL.Reveal(), Prefix: s.Redis.Prefix, Consumer: consumer()})
	if err != nil {
		db.Close()
		return Base{}, nil, err
	}
	tracer, flush, err := OpenTracing(ctx, s.Tracing.Endpoint, log)
	if err != nil {
		db.Close()
		return Base{}, nil, errors.Join(err, belt.Close())
	}
	closeAll := func() {
		_ = belt.Close()
		db.Close()
		flush()
	}
	return Base{
		DB: db, Queue: belt, Providers: providers, PublicURL: strings.TrimSuffix(s.Web.PublicURL, "/"), SigningKey: signing, Log: log, Clock: boot.Clock(),
		Passkeys: passkeysOf(s.Passkeys, s.Web.PublicURL), Tracer: tracer,
	}, closeAll, nil
}

// consumer names this process among the workers.
func consumer() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

// forgetEvery is how often the API process clears away what no longer has to be remembered.
const forgetEvery = time.Hour

func forgetSignIns(ctx context.Context, tx *scope.Tx) error {
	if _, err := store.ForgetTries(ctx, tx); err != nil {
		return err
	}
	if _, err := store.ForgetOrders(ctx, tx); err != nil {
		return err
	}
	if _, err := store.ForgetOIDCOrders(ctx, tx); err != nil {
		return err
	}
	if _, err := store.ForgetChallenges(ctx, tx); err != nil {
		return err
	}
	if _, err := store.ForgetLinks(ctx, tx); err != nil {
		return err
	}
	if err := store.ForgetGuesses(ctx, tx); err != nil {
		return err
	}
	if _, err := store.ForgetTabletCodes(ctx, tx); err != nil {
		return err
	}
	_, err := store.ForgetTokens(ctx, tx)
	return err
}

// Forget clears away, until ctx ends, what no longer has to be remembered: idempotency keys older than 7 days (B6), old failed tries,
// BankID orders older than a day, access tokens that are over, and the notes of absences that are over for long enough (V17).
func (a *API) Forget(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		if err := a.Postgres.Forget(scope.ByProgram(ctx), forgetSignIns); err != nil && ctx.Err() == nil {
			log.Warn("what is old could not be cleared away; it will be next time", "error", err)
		}
		if n, err := a.Postgres.ExpireNotes(scope.ByProgram(ctx)); err != nil && ctx.Err() == nil {
			log.Warn("notes of absences that are over could not be taken away; they will be next time", "error", err)
		} else if n > 0 {
			log.Info("notes of absences that are over were taken away", "notes", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sweepEvery is how long sessions, push tokens and waiting notices may outlive an access that has ended by time. The rule of access itself
// ends it to the minute.
const sweepEvery = 30 * time.Second

// SweepTablets changes the secrets of shared users that are due (V12) and takes the PINs of people who are gone.
func (a *API) SweepTablets(ctx context.Context) error {
	return a.Postgres.SweepAlso(scope.ByProgram(ctx), func(ctx context.Context, tx *scope.Tx) error {
		if _, err := store.RotateDue(ctx, tx); err != nil {
			return err
		}
		_, err := store.ForgetPINs(ctx, tx)
		return err
	})
}

// Sweep cuts off, until ctx ends, whoever's access has ended by time (V15, B12).
func (a *API) Sweep(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if n, err := a.Postgres.Sweep(scope.ByProgram(ctx)); err != nil && ctx.Err() == nil {
			log.Warn("what access left behind could not be swept; it will be next time", "error", err)
		} else if n > 0 {
			log.Info("access that ended by time was swept", "people", n)
		}
		if err := a.SweepTablets(ctx); err != nil && ctx.Err() == nil {
			log.Warn("the secrets of shared tablets could not be looked after; they will be next time", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// calendarEvery is how often the API process looks at the calendar. A review opens within this time after midnight.
const calendarEvery = 5 * time.Minute

// KeepCalendar does, until ctx ends, what is due by the calendar: the monthly reviews of access (V10).
func (a *API) KeepCalendar(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(calendarEvery)
	defer tick.Stop()
	for {
		if err := a.Postgres.KeepCalendar(scope.ByProgram(ctx)); err != nil && ctx.Err() == nil {
			log.Warn("what is due by the calendar could not be done; it will be next time", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
