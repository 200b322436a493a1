package office

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// RaiseAlert alerts every guardian of an institution. It answers once the alert and every notice of it are committed (B3), and
// says at once how many guardians can be reached outside the app, so that a head who reaches nobody telephones (B2).
func (f *Flows) RaiseAlert(ctx context.Context, req RaiseAlertRequestObject) (RaiseAlertResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (RaiseAlertResponseObject, error) {
		institution, err := tx.Institution(ctx, req.InstitutionID)
		if err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		alert, err := institution.Alarm(id, app.Situation(req.Body.Situation), req.Body.Text, me.ID, tx.Now)
		if err != nil {
			return nil, err
		}
		reach, err := tx.SaveAlert(ctx, alert, view.Value(req.Body.ExpectedRecipients))
		if err != nil {
			return nil, err
		}
		return RaiseAlert202JSONResponse{
			ID: alert.ID, RaisedAt: alert.RaisedAt, Guardians: reach.People, Reachable: reach.Reachable, Channels: []ChannelProgress{},
		}, nil
	})
}

// GetAlertProgress returns whom an alert has reached, by channel (B2).
func (f *Flows) GetAlertProgress(ctx context.Context, req GetAlertProgressRequestObject) (GetAlertProgressResponseObject, error) {
	alert, progress, err := f.office(ctx).Alert(ctx, req.AlertID)
	if err != nil {
		return nil, err
	}
	return GetAlertProgress200JSONResponse{
		ID: alert.ID, RaisedAt: alert.RaisedAt, Guardians: progress.People, Reachable: progress.Reachable, Reached: progress.Reached, Missed: progress.Missed,
		Channels: viewTallies(progress.Channels),
	}, nil
}

// viewTallies adds the states up to what a head needs to know of each channel: still waiting, sent, held back, failed.
func viewTallies(tallies []outbox.Tally) []ChannelProgress {
	list := make([]ChannelProgress, 0, 4)
	for _, channel := range notify.CriticalChannels() {
		p := ChannelProgress{Channel: ChannelProgressChannel(channel)}
		seen := false
		for _, t := range tallies {
			if t.Channel != channel {
				continue
			}
			seen = true
			switch t.State {
			case outbox.StatePending, outbox.StateRetry:
				p.Waiting += t.Count
			case outbox.StateSent:
				p.Sent += t.Count
			case outbox.StateSuppressed:
				p.Suppressed += t.Count
			case outbox.StateExpired, outbox.StateDead:
				p.Failed += t.Count
			}
		}
		if seen {
			list = append(list, p)
		}
	}
	return list
}
