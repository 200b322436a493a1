package system

import (
	"context"
	"fmt"

	"budstikke.example/notify/confirm"
	"budstikke.example/notify/email"
	"budstikke.example/notify/outbox"
)

// Reported keeps what a mail server said about one of our mails, and answers in words what was made of it. What names no mail of ours by a token that we
// made changes nothing; neither does a delay or a success. Errors: the database's.
func Reported(ctx context.Context, reader *confirm.Signer, deliveries *outbox.Outbox, report email.Report) (string, error) {
	if !report.Failed {
		return "the report tells of no failure; nothing is changed", nil
	}
	for _, token := range report.Tokens {
		delivery, err := reader.ReadBounce(token)
		if err != nil {
			continue
		}
		known, retired, err := deliveries.Bounced(ctx, delivery, report.Gone)
		switch {
		case err != nil:
			return "", err
		case !known:
			return "the mail is not there any more; nothing is changed", nil
		case retired:
			return fmt.Sprintf("delivery %s did not arrive (%s); its address does not exist and is retired", delivery, report.Status), nil
		case report.Gone:
			return fmt.Sprintf("delivery %s did not arrive (%s); its address was named again or is retired already", delivery, report.Status), nil
		}
		return fmt.Sprintf("delivery %s did not arrive (%s); its address stays", delivery, report.Status), nil
	}
	return "the report is about no mail of ours; nothing is changed", nil
}
