package story

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/notify"
)

// smuggleSMS writes an SMS delivery for a routine event as the database's administrator, whom neither grants nor row-level security bind, and
// returns the name of the constraint that refuses it (V20).
func (s *Story) smuggleSMS(ctx context.Context) (string, error) {
	_, err := s.local.Admin.Exec(ctx, `
		insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, child_id, channel, provider, endpoint_id, created_at)
		select e.municipality_id, $1, e.id, e.urgency, p.person_id, 'child', $2, 'sms', 'twilio', p.id, now()
		from notify.events e join notify.endpoints p on p.municipality_id = e.municipality_id and p.channel = 'sms'
		where e.kind = 'message_posted' limit 1`, uuid.New(), s.applicant.child)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.ConstraintName != "" {
		return refused.ConstraintName, nil
	}
	return "", errors.Join(errSmuggled, err)
}

// typesRefuse shows what the compiler holds on to: a message is no critical event, a set of routine channels has no place for SMS, and an SMS
// cannot be made of a routine delivery. The tests compile such code and see it refused.
func typesRefuse() (string, error) {
	critical := reflect.TypeFor[notify.Critical]()
	if reflect.TypeFor[notify.MessagePosted]().Implements(critical) {
		return "", fmt.Errorf("expected that a message is no critical event")
	}
	for _, c := range notify.ByEmail.And(notify.ByPush).And(notify.InApp).List() {
		if c == notify.ChannelSMS {
			return "", fmt.Errorf("expected that routine channels have no SMS")
		}
	}
	if _, err := notify.JustifySMS(notify.Delivery{Kind: notify.KindMessagePosted, Urgency: notify.UrgencyRoutine, Channel: notify.ChannelSMS}, notify.Words{}); err == nil {
		return "", fmt.Errorf("expected that an SMS cannot be made of a routine delivery")
	}
	return "MessagePosted does not implement Critical", nil
}
