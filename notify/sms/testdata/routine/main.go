// Command routine tries to pass a look-alike of a text message and a routine event's set of channels with SMS; the compiler refuses both (V20).
package main

import (
	"context"

	"budstikke.example/notify"
	"budstikke.example/notify/sms"
)

type lookalike struct {
	delivery notify.Delivery
	words    notify.Words
}

func main() {
	var sender *sms.Sender
	sender.Send(context.Background(), notify.SMS(lookalike{}))
	_ = notify.ByEmail.And(notify.ChannelSMS)
}
