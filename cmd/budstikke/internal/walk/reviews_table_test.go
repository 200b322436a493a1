package walk_test

import (
	"fmt"
	"maps"
)

// everyHead are those who answer for an institution, wherever it is.
var everyHead = append([]who{rektor, utrikine}, heads...)

func init() {
	maps.Copy(table, map[string]row{
		"ListReviews":        {allowed: heads, status: 200, arrange: (*walk).freshReview},
		"ListOverdueReviews": {allowed: everyHead, status: 200},
		"GetReview":          {allowed: heads, status: 200, arrange: (*walk).freshReview},
		"ListReviewRows":     {allowed: heads, status: 200, arrange: (*walk).freshReview, query: "?show=undecided&limit=5"},
		"DecideReviewRows": {allowed: heads, status: 200, arrange: (*walk).freshReview, body: func(_ *walk, x ids, _ who) any {
			return map[string]any{"decisions": []any{map[string]any{"rowId": x.ReviewRow, "decision": "change", "note": "Slutar i januari, Vindruvsklase."}}}
		}},
		"KeepReviewRows":  {allowed: heads, status: 200, arrange: (*walk).freshReview},
		"CompleteReview":  {allowed: heads, status: 200, arrange: (*walk).decidedReview},
		"GetReviewReport": {allowed: heads, status: 200, arrange: (*walk).completedReview},
		"GetReviewRule":   {allowed: everyHead, status: 200},
		"SetReviewRule": {allowed: []who{topOwner}, status: 200, arrange: (*walk).ruleAtHand,
			body: fixed(map[string]any{"dueDays": 10, "remindDays": 2, "quietDays": 45, "suspendAfterDays": 0})},
	})
}

// freshReview is an open review of the kindergarten, of a month of its own, with one undecided row: the leader's role.
func (w *walk) freshReview(who) ids {
	w.tb.Helper()
	x := w.real
	x.Review, x.ReviewRow, x.etag = newID(), newID(), `"1"`
	w.exec(`insert into app.reviews (municipality_id, id, institution_id, month, opened_at, due_on, quiet_days)
		select $1, $2, $3, date_trunc('month', now())::date - make_interval(months => 1 + count(*)::int), now(), current_date + 7, 60 from app.reviews`,
		w.here, x.Review, x.Institution)
	w.exec(`insert into app.review_rows (municipality_id, review_id, id, institution_id, position, kind, grant_id, person_id, role, granted_at, findings)
		select municipality_id, $1, $2, institution_id, 1, 'staff', id, person_id, role, created_at, '{}' from app.staff_roles where person_id = $3`,
		x.Review, x.ReviewRow, w.person("Leonorina"))
	return x
}

// decidedReview is one with nothing left to decide.
func (w *walk) decidedReview(caller who) ids {
	x := w.freshReview(caller)
	w.exec("update app.review_rows set decision = 'keep', decided_by = $2, decided_at = now(), outcome = 'done' where id = $1", x.ReviewRow, w.person("Heddavina"))
	return x
}

// completedReview is one that the head has completed.
func (w *walk) completedReview(caller who) ids {
	x := w.decidedReview(caller)
	w.complete(x.Review, w.is[head].token)
	return x
}

// ruleAtHand names the version of the rule that is to be changed.
func (w *walk) ruleAtHand(who) ids {
	x := w.real
	x.etag = fmt.Sprintf("%q", fmt.Sprint(one[int](w.town, "select coalesce(max(version), 0) from app.review_rules where municipality_id = $1", w.here)))
	return x
}
