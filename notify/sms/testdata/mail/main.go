// Command mail tries to send a mail as a text message; the compiler refuses it (V20).
package main

import (
	"context"

	"budstikke.example/notify"
	"budstikke.example/notify/sms"
)

func main() {
	var sender *sms.Sender
	sender.Send(context.Background(), notify.Mail{})
}
