package trail

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/scope"
)

// Line is what the subject of a look is entitled to know of it (Art. 15; CJEU C-579/21): when, in which role, for what purpose and with which
// outcome. Who it was is told only where that is essential, and not by this report.
type Line struct {
	At      time.Time `json:"at"`
	Caller  string    `json:"caller"`
	Roles   []string  `json:"roles"`
	Purpose string    `json:"purpose"`
	Outcome Outcome   `json:"outcome"`
	Times   int       `json:"times"`
}

// Report calls each with the entries that concern a person, as a child or otherwise, from the first on. Purposes in without are left out: what
// a person must not be told (V16). An error of each ends the report and is returned.
func Report(ctx context.Context, db *scope.DB, municipality, subject uuid.UUID, without []string, each func(Line) error) error {
	rows, err := db.Reader(scope.Of(municipality, scope.Auditor)).Query(ctx, `select at, caller, roles, class, outcome, times from audit.entries
		where municipality_id = scope.municipality() and (children @> array[$1::uuid] or person_id = $1) and not class = any($2::text[])
		order by seq`, subject, without)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		line, err := scanLine(rows)
		if err != nil {
			return err
		}
		if err := each(line); err != nil {
			return err
		}
	}
	return rows.Err()
}

func scanLine(row pgx.CollectableRow) (Line, error) {
	var l Line
	var roles string
	err := row.Scan(&l.At, &l.Caller, &roles, &l.Purpose, &l.Outcome, &l.Times)
	l.At, l.Roles = l.At.UTC(), []string{}
	if roles != "" {
		l.Roles = strings.Split(roles, ",")
	}
	return l, err
}
