package migrations_test

func init() {
	seeds = append(seeds,
		`insert into notify.awaited_receipts (municipality_id, delivery_id, provider_message_id, ask_at)
			select municipality_id, id, 'SM0', now() from notify.deliveries where municipality_id = $1`,
	)
}
