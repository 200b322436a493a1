package notify

// Channel is a way to reach a person.
type Channel string

// The four channels.
const (
	ChannelEmail Channel = "email"
	ChannelPush  Channel = "push"
	ChannelInApp Channel = "in_app" // a row that the person's own app fetches; nothing leaves the house
	ChannelSMS   Channel = "sms"    // critical events only (V20)
)

// Provider is who carries a delivery out: one stream, one slot pool and one sender each.
type Provider string

// The providers. In-app notices have none.
const (
	ProviderSMTP    Provider = "smtp"
	ProviderAPNs    Provider = "apns"
	ProviderFCM     Provider = "fcm"
	ProviderWebPush Provider = "webpush"
	ProviderTwilio  Provider = "twilio"
)

// Providers lists every provider in a fixed order.
func Providers() []Provider {
	return []Provider{ProviderAPNs, ProviderFCM, ProviderWebPush, ProviderTwilio, ProviderSMTP}
}

// Channel tells which channel a provider serves, and false for a word that is no provider.
func (p Provider) Channel() (Channel, bool) {
	switch p {
	case ProviderSMTP:
		return ChannelEmail, true
	case ProviderAPNs, ProviderFCM, ProviderWebPush:
		return ChannelPush, true
	case ProviderTwilio:
		return ChannelSMS, true
	}
	return "", false
}

// RoutineChannels is a set of channels that a Routine event may use. Its fields are unexported and there is no way to put SMS in it: a
// call that would send a routine SMS cannot be written down (V20).
type RoutineChannels struct{ email, push, inApp bool }

// The routine channels, one by one; join them with And.
var (
	ByEmail = RoutineChannels{email: true}
	ByPush  = RoutineChannels{push: true}
	InApp   = RoutineChannels{inApp: true}
)

// And returns the channels of both sets.
func (c RoutineChannels) And(other RoutineChannels) RoutineChannels {
	return RoutineChannels{
		email: c.email || other.email,
		push:  c.push || other.push,
		inApp: c.inApp || other.inApp,
	}
}

// List returns the channels in a fixed order.
func (c RoutineChannels) List() []Channel {
	var list []Channel
	if c.inApp {
		list = append(list, ChannelInApp)
	}
	if c.push {
		list = append(list, ChannelPush)
	}
	if c.email {
		list = append(list, ChannelEmail)
	}
	return list
}

// CriticalChannels lists the channels that a Critical event uses: all of them, because safety notices cannot be switched off (B1).
func CriticalChannels() []Channel {
	return []Channel{ChannelInApp, ChannelPush, ChannelSMS, ChannelEmail}
}
