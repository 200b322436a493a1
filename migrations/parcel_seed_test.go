package migrations_test

func init() {
	seeds = append(seeds,
		`insert into notify.parcels (municipality_id, id, event_id, urgency, provider, deliveries, next_at, attempt, fence)
			select municipality_id, id, event_id, urgency, 'fcm', array[id], now(), 0, 0 from notify.deliveries where municipality_id = $1`,
	)
}
