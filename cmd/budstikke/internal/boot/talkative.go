package boot

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Talkative names the settings by which the database server would write people's data into its log, each with its value: a statement that was
// refused, its parameters, or the row that broke a rule (P8). docs/operations.md says how they should be. It asks on a connection of its own.
func Talkative(ctx context.Context, s Settings) ([]string, error) {
	conn, err := pgx.Connect(ctx, s.Database.URL.Reveal())
	if err != nil {
		return nil, errors.New("the database does not answer")
	}
	defer conn.Close(context.WithoutCancel(ctx))
	rows, err := conn.Query(ctx, `
		select name || ' = ' || setting from pg_settings
		where name = 'log_min_error_statement' and setting not in ('log', 'fatal', 'panic')
			or name = 'log_error_verbosity' and setting <> 'terse'
			or name = 'log_parameter_max_length_on_error' and setting <> '0'
			or name = 'log_parameter_max_length' and setting <> '0'
				and (current_setting('log_statement') <> 'none' or current_setting('log_min_duration_statement') <> '-1'
					or current_setting('log_min_duration_sample') <> '-1' or current_setting('log_transaction_sample_rate') <> '0')
		order by name`)
	if err != nil {
		return nil, fmt.Errorf("the settings of the database cannot be read: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
