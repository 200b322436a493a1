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

// Asker is who asks for something at the command line, a report or a replay, and why. The entry that it leaves says both.
type Asker struct {
	Operator string // the name of whoever runs the command: letters, digits, and . _ @ + -, 64 at most
	Purpose  string // one word for why, such as access_request, incident or supervision
}

// ErrAsker refuses what nobody in particular asks for, or for nothing that can be said in a word.
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
	return db.WithScope(ctx, scope.Of(municipality, scope.Auditor), func(tx *scope.Tx) error {
		return by.Leave(tx, Act{Operation: "AuditReport", Class: "looks", Person: subject})
	})
}

// Leave puts what was done at the command line into the trail when tx commits, with who did it and why in the place of the roles. Error: ErrAsker.
func (a Asker) Leave(tx *scope.Tx, done Act) error {
	roles, err := a.roles()
	if err != nil {
		return err
	}
	tx.Last(recordSQL, tx.Now, done.Operation, done.Class, roles, nil, append([]uuid.UUID{}, done.Children...), orNull(done.Person), orNull(done.Institution),
		orNull(done.Resource))
	return nil
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
