package render

import "budstikke.example/notify"

// synthetic are the words of a notice to the operator. They are not translated: no guardian and no member of staff ever reads them.
var synthetic = notify.Words{
	Title: "Budstikke: synthetic notice", Text: "Sent by Budstikke every minute, to see whether notices arrive. Nothing is to be done.", Link: "/",
}
