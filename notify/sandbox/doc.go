// Package sandbox stands in for the providers that Budstikke talks to. One process on loopback speaks APNs, FCM, web push, Twilio Messages,
// SMTP and Swedish BankID, each with its own protocol, rules and error answers, and keeps a journal of what every receiver would have got.
//
// `budstikke dev`, `budstikke demo`, tests and benchmarks use it: the code under test runs the real client libraries, only the addresses
// differ. What can go wrong at a real provider can be switched on here, per provider and per receiver ([Fault]): throttling, outages, dead
// tokens, connections that drop after the message was accepted.
//
// Start reading at [Start] and [Config]; [Sandbox.Addresses] and [Sandbox.Credentials] are what a client needs, [Sandbox.Wait] and
// [Sandbox.Deliveries] are what a test asks afterwards. Each provider has a file of its own (apns.go, fcm.go, webpush.go, twilio.go, smtp.go,
// bankid.go); control.go is the HTTP interface for other processes and page.go the inbox for people.
//
// The package opens listeners on [Config.Host] (loopback unless told otherwise) and calls nobody, except the status callback addresses that
// an SMS names, and those only on loopback or on [TwilioConfig.CallbackHosts]. It knows no other package of Budstikke, and everything it
// holds is in memory and gone when it stops. It is not for production: its keys are made at start and handed to whoever asks.
package sandbox
