//go:build bench

package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
)

// BenchmarkReview prints how long it takes to open a review of 500 and of 2,000 guardian relations, to look for findings again and keep all
// rows in bulk, and to read the whole of it for its report. Each of them is one request or one step of the calendar, which may take 2.5 s.
func BenchmarkReview(b *testing.B) {
	fmt.Println("| rows | opening | keeping all | every row |\n|---|---|---|---|")
	for _, children := range []int{250, 1000} {
		c := newCounty(b)
		c.settle(b, children)
		var review uuid.UUID
		open := c.took(b, func(ctx context.Context) error {
			return c.Admin.QueryRow(ctx, `with clock as materialized (select scope.open($1, null, 'clock'))
				select review from clock cross join lateral app.open_reviews(now()) where institution = $2`, c.here, c.school).Scan(&review)
		})
		office := c.db.Office(c.head)
		keep := c.took(b, func(context.Context) error {
			_, err := postgres.Write(asking(b, "KeepReviewRows", review), office, func(tx *postgres.OfficeTx) (app.AccessReview, error) {
				ctx := context.Background()
				r, err := tx.OpenReview(ctx, review)
				if err != nil {
					return r, err
				}
				by, err := tx.ReviewDecider(ctx, r.Institution)
				if err != nil {
					return r, err
				}
				if err := tx.FindAgain(ctx, review); err != nil {
					return r, err
				}
				if err := tx.KeepReviewRows(ctx, review, by); err != nil {
					return r, err
				}
				return tx.Review(ctx, review)
			})
			return err
		})
		rows := 0
		every := c.took(b, func(context.Context) error {
			list, err := postgres.Read(asking(b, "CompleteReview", review), office, func(tx *postgres.OfficeTx) ([]app.ReviewRow, error) {
				return tx.ReportRows(context.Background(), review)
			})
			rows = len(list)
			return err
		})
		var kept int
		if err := c.Admin.QueryRow(context.Background(), "select count(*) from app.review_rows where review_id = $1 and decision = 'keep'", review).Scan(&kept); err != nil || kept < rows*9/10 {
			b.Fatalf("%d of %d rows were kept, %v", kept, rows, err)
		}
		fmt.Printf("| %d | %d ms | %d ms | %d ms |\n", rows, open.Milliseconds(), keep.Milliseconds(), every.Milliseconds())
	}
}

// settle puts all of so many children into the first school, and gives every guardian what a review asks about: an account, a sign-in of this
// week, an address, a record in the register. Another hundred changes of registers are held.
func (c *county) settle(b *testing.B, children int) {
	b.Helper()
	for _, sql := range []string{
		`update app.municipalities set created_at = now() - interval '1 year' where municipality_id = $1 and $2 > 0`,
		`update app.institutions set created_at = now() - interval '1 year' where municipality_id = $1 and $2 > 0`,
		`update app.enrolments set institution_id = md5('i1')::uuid, group_id = md5('g20')::uuid where municipality_id = $1 and child_id in (
			select md5('c' || n)::uuid from generate_series(1, $2::int) n)`,
		`update app.enrolments set ended_at = now() where municipality_id = $1 and institution_id = md5('i1')::uuid and child_id not in (
			select md5('c' || n)::uuid from generate_series(1, $2::int) n)`,
		`insert into auth.accounts (municipality_id, id, person_id, kind, created_at, proved_at)
			select $1, md5('acc' || n)::uuid, md5('p' || n)::uuid, 'guardian', now(), now() from generate_series(1, 20000) n where $2 > 0 on conflict do nothing`,
		`insert into auth.sessions (municipality_id, id, kind, person_id, account_id, strong, created_at, expires_at, token_hash)
			select $1, md5('ses' || n)::uuid, 'guardian', md5('p' || n)::uuid, a.id, true, now(), now() + interval '15 days', sha256(('s' || n)::bytea)
			from generate_series(1, 20000) n join auth.accounts a on a.person_id = md5('p' || n)::uuid where $2 > 0`,
		`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
			select $1, md5('ep' || n)::uuid, md5('p' || n)::uuid, 'email', 'smtp', 'p' || n || '@example.com', 'sv', 'active', now(), now(), now()
			from generate_series(1, 20000) n where $2 > 0`,
		`insert into app.register_records (municipality_id, source, noun, source_id, row_id, imported_at)
			select $1, 'bench', 'guardianship', n::text, md5('gs' || n)::uuid, now() from generate_series(1, 20000) n where $2 > 0`,
		`insert into app.held_changes (municipality_id, id, kind, row_id, person_id, source, file_name, was, wants, since, seen_at, two_people)
			select $1, md5('h' || n)::uuid, 'custody_rises', md5('gs' || n)::uuid, md5('p' || n)::uuid, 'bench', 'f', 'a', 'b', now(), now(), false
			from generate_series(19901, 20000) n where $2 > 0`,
	} {
		c.exec(b, sql, c.here, children)
	}
	c.exec(b, `update app.guardianship_access set status = 'active' where municipality_id = $1 and status <> 'ended'`, c.here)
	c.exec(b, "vacuum analyze")
}

func (c *county) took(b *testing.B, do func(ctx context.Context) error) time.Duration {
	b.Helper()
	began := time.Now()
	if err := do(context.Background()); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
