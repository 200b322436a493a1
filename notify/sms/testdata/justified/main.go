// Command justified is the one way to send a text message; the compiler accepts it.
package main

import (
	"context"

	"budstikke.example/notify"
	"budstikke.example/notify/sms"
)

func main() {
	var sender *sms.Sender
	if m, err := notify.JustifySMS(notify.Delivery{}, notify.Words{}); err == nil {
		sender.Send(context.Background(), m)
	}
}
