package web_test

import (
	"context"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/guardian"
	"budstikke.example/app/live"
	"budstikke.example/app/postgres"
	"budstikke.example/app/staff"
)

func (r guardianRoom) OpenStream(ctx context.Context, q guardian.OpenStreamRequestObject) (guardian.OpenStreamResponseObject, error) {
	return nil, listened(ctx, r.answers, "OpenStream", q)
}

func (r staffRoom) OpenStaffStream(ctx context.Context, q staff.OpenStaffStreamRequestObject) (staff.OpenStaffStreamResponseObject, error) {
	return nil, listened(ctx, r.answers, "OpenStaffStream", q)
}

// listened answers with a stream that is over in a moment, unless a test answers itself.
func listened(ctx context.Context, a *answers, id string, request any) error {
	if hook := a.on[id]; hook != nil {
		if err := hook(ctx, request); err != nil {
			return err
		}
	}
	return opened(ctx, brief)
}

// brief keeps streams that are over in a moment, for all tests.
var brief = live.New(live.Config{Lifetime: 10 * time.Millisecond}, func(_ context.Context, ears []postgres.Ear) ([]postgres.Heard, error) {
	answers := make([]postgres.Heard, len(ears))
	for i := range answers {
		answers[i].Access = "as it was"
	}
	return answers, nil
})

func opened(ctx context.Context, hub *live.Hub) error {
	stream, err := hub.Open(ctx, postgres.Ear{Session: uuid.New()})
	if err != nil {
		return err
	}
	return stream
}
