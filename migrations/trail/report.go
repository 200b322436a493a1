package trail

import (
	"context"
	"errors"
	"regexp"
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

// Asker is who asks for a report at the command line, and why. The entry that it leaves says both.
type Asker struct {
	Operator string // the name of whoever runs the command: letters, digits, and . _ @ + -, 64 at most
	Purpose  string // one word for why: access_request, incident, supervision
}

// ErrAsker refuses a report that nobody in particular asks for, or for nothing that can be said in a word.
var ErrAsker = errors.New("trail: say who asks (letters, digits and . _ @ + -, 64 at most) and why, in one word")

var (
	operators = regexp.MustCompile(`^[A-Za-z0-9._@+-]{1,64}$`)
	purposes  = regexp.MustCompile(`^[a-z][a-z_]{1,40}$`)
)

// roles are what stands in the place of the roles of a caller who has none in the municipality. The subject is told the words before the colons.
func (a Asker) roles() (string, error) {
	if !operators.MatchString(a.Operator) || !purposes.MatchString(a.Purpose) {
		return "", ErrAsker
	}
	return "operator:" + a.Operator + ",for:" + a.Purpose, nil
}

// Asked leaves the entry that the trail about a person was read. It stands before anything is told, so that nobody reads without it; the chain holds it
// like every other entry. Error: ErrAsker.
func Asked(ctx context.Context, db *scope.DB, municipality, subject uuid.UUID, by Asker) error {
	roles, err := by.roles()
	if err != nil {
		return err
	}
	return db.WithScope(ctx, scope.Of(municipality, scope.Auditor), func(tx *scope.Tx) error {
		tx.Last(recordSQL, tx.Now, "AuditReport", "looks", roles, nil, []uuid.UUID{}, subject, nil, nil)
		return nil
	})
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
		for role := range strings.SplitSeq(roles, ",") {
			word, _, named := strings.Cut(role, ":") // whoever asked for a report is named in the trail, and not to its subject
			if word != "for" || !named {
				l.Roles = append(l.Roles, word)
			}
		}
	}
	return l, err
}
