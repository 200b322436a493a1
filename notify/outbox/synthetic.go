package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"budstikke.example/notify"
)

// CheckAddress tells whether an address has the form of its provider's. Error: ErrBadEndpoint.
func CheckAddress(p notify.Provider, address string) error {
	_, err := Endpoint{Person: notify.SyntheticHome, Provider: p, Address: address, Locale: notify.English}.check()
	return err
}

// SendSynthetic writes a synthetic notice to each of the operator's addresses, by provider, unless one was written less than every ago by the database's clock
// or another worker is writing it: then it answers nothing. That of an SMS has no address, and notify.NoNumber takes its place (V20). Hand the refs to
// queue.Ring. Errors: the database's.
func (o *Outbox) SendSynthetic(ctx context.Context, to map[notify.Provider]string, every time.Duration) ([]Ref, error) {
	providers, addresses := make([]string, 0, len(to)), make([]string, 0, len(to))
	for p, address := range to {
		if p == notify.ProviderTwilio {
			address = notify.NoNumber
		}
		providers, addresses = append(providers, string(p)), append(addresses, address)
	}
	rows, err := o.db.Pool().Query(ctx, `select parcel_id, provider from notify.send_synthetic($1, $2, $3)`, providers, addresses, every.Milliseconds())
	if err != nil {
		return nil, fmt.Errorf("outbox: synthetic notices: %w", err)
	}
	refs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Ref, error) {
		ref := Ref{Municipality: notify.SyntheticHome, Urgency: notify.UrgencyCritical, Size: 1}
		err := row.Scan(&ref.Parcel, &ref.Provider)
		return ref, err
	})
	if err != nil {
		return nil, fmt.Errorf("outbox: synthetic notices: %w", err)
	}
	return refs, nil
}

// LastSynthetic tells when a synthetic notice was last taken by each provider, whichever worker handed it over. One that has taken none within the last hour is
// left out. Errors: the database's.
func (o *Outbox) LastSynthetic(ctx context.Context) (map[notify.Provider]time.Time, error) {
	rows, err := o.db.Pool().Query(ctx, `
		select d.provider, max(d.settled_at) from notify.deliveries d
		where d.municipality_id = $1 and d.id > notify.since_id(clock_timestamp() - interval '1 hour') and d.state = 'sent'
		group by d.provider`, notify.SyntheticHome)
	if err != nil {
		return nil, fmt.Errorf("outbox: synthetic notices: %w", err)
	}
	last := map[notify.Provider]time.Time{}
	var provider notify.Provider
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&provider, &at}, func() error { last[provider] = at; return nil })
	if err != nil {
		return nil, fmt.Errorf("outbox: synthetic notices: %w", err)
	}
	return last, nil
}
