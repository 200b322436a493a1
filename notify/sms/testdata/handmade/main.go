// Command handmade tries to make a text message without a critical event; the compiler refuses it (V20).
package main

import (
	"context"

	"budstikke.example/notify"
	"budstikke.example/notify/sms"
)

func main() {
	var sender *sms.Sender
	sender.Send(context.Background(), notify.SMS{delivery: notify.Delivery{}, words: notify.Words{Text: "Remember the outing"}})
}
