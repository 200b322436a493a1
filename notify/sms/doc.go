// Package sms sends text messages through Twilio, and only for critical events.
//
// V20 is kept three times here: Send takes a notify.SMS, which nothing but notify.JustifySMS can make and which a test proves with the
// compiler; the zero value, which every Go type has, is refused at run time; and the package has no other way out. A text message costs
// money and is not idempotent at Twilio: whenever a request may have been taken, the answer is Unknown and the request is not repeated.
//
// The package opens connections to Config.BaseURL and nothing else. Start reading at sender.go; segments.go counts what a text costs.
package sms
