package outbox_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/notify"
)

// B13: a mail that came back is told by its delivery's receipt, and an address that does not exist gets no more; one that its owner has named again since
// does, and so does one whose mailbox was full.
func TestBounced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		gone, again, retired bool
	}{
		"no such address":             {gone: true, retired: true},
		"mailbox full":                {},
		"named again in the meantime": {gone: true, again: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, 1)
			ctx, o := context.Background(), h.outbox()
			endpoint := h.endpoint(t, h.guardians[0], notify.ProviderSMTP, "a@example.com")
			h.announce(t, h.everybody(), notify.ByEmail)
			id := uuid.MustParse(h.text(t, `select id from notify.deliveries where channel = 'email'`))
			if c.again {
				h.exec(t, `update notify.endpoints set registered_at = now() where id = $1`, endpoint)
			}
			for twice := range 2 {
				known, retired, err := o.Bounced(ctx, id, c.gone)
				if err != nil || !known || retired != (c.retired && twice == 0) {
					t.Errorf("the report for the %d. time: known %t, retired %t, %v", twice+1, known, retired, err)
				}
			}
			if got, want := h.text(t, `select state from notify.endpoints where id = $1`, endpoint), map[bool]string{true: "retired", false: "active"}[c.retired]; got != want {
				t.Errorf("the address is %s, want %s", got, want)
			}
			if got := h.text(t, `select receipt from notify.deliveries where id = $1`, id); got != "undelivered" {
				t.Errorf("the receipt is %s", got)
			}
		})
	}
}

// A report about a push, or about nothing that there is, changes nothing.
func TestBouncedIsAboutMails(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	h.raise(t, h.everybody())
	for _, id := range []uuid.UUID{h.push(t, h.guardians[0]), newID(), uuid.Nil} {
		if known, retired, err := h.outbox().Bounced(context.Background(), id, true); err != nil || known || retired {
			t.Errorf("%s: known %t, retired %t, %v", id, known, retired, err)
		}
	}
	if n := h.count(t, `select count(*) from notify.endpoints where state = 'retired'`) + h.count(t, `select count(*) from notify.deliveries where receipt is not null`); n != 0 {
		t.Errorf("%d rows have changed", n)
	}
}
