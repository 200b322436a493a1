package system

import (
	"context"
	"log/slog"
	"path/filepath"

	"budstikke.example/cmd/budstikke/internal/auditor"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/scope"
)

// Housekeeping is what the API process does beside answering people: the hourly anchor of the trail (B5), clearing away what is old (B6), cutting off
// access that has ended by time (V15), and what is due by the calendar, such as the reviews of the month (V10). It is the same wherever the API runs.
func (a *API) Housekeeping(db *scope.DB, where boot.Audit, log *slog.Logger) []boot.Part {
	desk := auditor.At(db, where, log)
	return []boot.Part{
		{Name: "anchoring", Serve: func(ctx context.Context) error { return desk.AnchorEvery(ctx, log) }},
		{Name: "clearing away", Serve: func(ctx context.Context) error { return a.Forget(ctx, log) }},
		{Name: "sweeping", Serve: func(ctx context.Context) error { return a.Sweep(ctx, log) }},
		{Name: "calendar", Serve: func(ctx context.Context) error { return a.KeepCalendar(ctx, log) }},
	}
}

// anchorFile is where a local installation keeps the signed end of its trail, in the data folder.
const anchorFile = "anchors.jsonl"

// KeepHouse starts the housekeeping of the API process, until Close. The first round of each part begins at once, so it is called when the municipality is
// there: a review that is due is open when whoever tries the system looks for it. A story that is told step by step does without.
func (l *Local) KeepHouse(ctx context.Context) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{}, 8) // room for all: none waits for a Close that gave up
	parts := l.API.Housekeeping(l.DB, boot.Audit{AnchorFile: filepath.Join(l.folder, anchorFile), AnchorKey: l.anchorKey}, l.log)
	for _, part := range parts {
		go func() {
			defer func() { ended <- struct{}{} }()
			if err := part.Serve(ctx); err != nil && ctx.Err() == nil {
				l.log.Error("a part ended with an error", "part", part.Name, "error", err)
			}
		}()
	}
	l.onClose(func(within context.Context) error {
		stop()
		for range parts {
			select {
			case <-ended:
			case <-within.Done():
				return within.Err()
			}
		}
		return nil
	})
}
