package office

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/notify"
)

// PreviewAlert says whom an alert would go to, how many of them can be reached and by what, and who cannot and why (B2, B9). It sends and stores
// nothing; what it gives as recipients makes RaiseAlert go to exactly these people. Faults: not_found, text_empty.
func (f *Flows) PreviewAlert(ctx context.Context, req PreviewAlertRequestObject) (PreviewAlertResponseObject, error) {
	return postgres.Read(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (PreviewAlertResponseObject, error) {
		institution, err := tx.Institution(ctx, req.InstitutionID)
		if err != nil {
			return nil, err
		}
		if _, err := institution.Alarm(uuid.Nil, app.Situation(req.Body.Situation), req.Body.Text, uuid.Nil, tx.Now); err != nil {
			return nil, err
		}
		receivers, err := tx.AlertReceivers(ctx, institution.ID)
		if err != nil {
			return nil, err
		}
		return PreviewAlert200JSONResponse(viewPreview(institution.ID, receivers)), nil
	})
}

func viewPreview(institution uuid.UUID, receivers []postgres.Receiver) AlertPreview {
	seen := AlertPreview{Guardians: len(receivers), Channels: []ChannelReach{}, Unreachable: []UnreachableGuardian{}}
	people := make(app.Recipients, len(receivers))
	counts := map[notify.Channel]int{}
	for i, r := range receivers {
		people[i] = r.Person
		for _, channel := range r.Channels {
			counts[channel]++
		}
		if r.Account {
			counts[notify.ChannelInApp]++
		}
		switch {
		case len(r.Channels) > 0:
			seen.Reachable++
		case r.Protected:
			seen.Unnamed++
		default:
			seen.Unreachable = append(seen.Unreachable, UnreachableGuardian{PersonID: r.Person, Name: r.Name, Why: UnreachableGuardianWhy(r.Why)})
		}
	}
	for _, channel := range notify.CriticalChannels() {
		seen.Channels = append(seen.Channels, ChannelReach{Channel: ChannelReachChannel(channel), Guardians: counts[channel]})
	}
	seen.Recipients = people.Mark(institution)
	return seen
}
