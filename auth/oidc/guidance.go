package oidc

import "strings"

// words is one text in the five languages that people are spoken to in.
type words struct{ nb, nn, da, sv, en string }

func (w words) in(locale string) string {
	language, _, _ := strings.Cut(strings.ToLower(locale), "-")
	switch language {
	case "nb", "no":
		return w.nb
	case "nn":
		return w.nn
	case "da":
		return w.da
	case "sv":
		return w.sv
	}
	return w.en
}

// Guidance says what the person is to do after a sign-in that came to nothing, in the language of locale ("nb", "nn", "da", "sv", "en"; English
// for any other).
func Guidance(locale string, reason Reason) string {
	text, known := guidance[reason]
	if !known {
		text = guidance[NotBelieved]
	}
	return text.in(locale)
}

var guidance = map[Reason]words{
	Denied: {
		nb: "Innloggingen ble avbrutt. Prøv igjen når du vil.", nn: "Innlogginga vart avbroten. Prøv igjen når du vil.",
		da: "Login blev afbrudt. Prøv igen, når du vil.", sv: "Inloggningen avbröts. Försök igen när du vill.",
		en: "Signing in was stopped. Try again whenever you like.",
	},
	TooWeak: {
		nb: "Denne innloggingen er ikke sikker nok. Prøv igjen og velg en sikrere måte, for eksempel med to faktorer.",
		nn: "Denne innlogginga er ikkje sikker nok. Prøv igjen og vel ein sikrare måte, til dømes med to faktorar.",
		da: "Dette login er ikke sikkert nok. Prøv igen og vælg en sikrere måde, for eksempel med to faktorer.",
		sv: "Den här inloggningen är inte säker nog. Försök igen och välj ett säkrare sätt, till exempel med två faktorer.",
		en: "This way of signing in is not secure enough. Try again with a stronger one, for example with two factors.",
	},
	TooLongAgo: {
		nb: "Det er for lenge siden du logget inn hos tjenesten. Logg inn der på nytt.",
		nn: "Det er for lenge sidan du logga inn hos tenesta. Logg inn der på nytt.",
		da: "Det er for længe siden, du loggede ind hos tjenesten. Log ind dér igen.",
		sv: "Det var för länge sedan du loggade in hos tjänsten. Logga in där på nytt.",
		en: "It is too long since you signed in at the service. Sign in there again.",
	},
	NotAllowed: {
		nb: "Denne innloggingen kan ikke brukes her. Spør den som har ansvar for tilgangen din.",
		nn: "Denne innlogginga kan ikkje brukast her. Spør den som har ansvar for tilgangen din.",
		da: "Dette login kan ikke bruges her. Spørg den, der er ansvarlig for din adgang.",
		sv: "Den här inloggningen kan inte användas här. Fråga den som ansvarar för din behörighet.",
		en: "This way of signing in cannot be used here. Ask whoever is responsible for your access.",
	},
	NotBelieved: {
		nb: "Noe stemte ikke med innloggingen. Start på nytt fra appen.", nn: "Noko stemte ikkje med innlogginga. Start på nytt frå appen.",
		da: "Noget stemte ikke med dit login. Start forfra i appen.", sv: "Något stämde inte med inloggningen. Börja om i appen.",
		en: "Something was not right with the sign-in. Start again from the app.",
	},
	Unavailable: {
		nb: "Innloggingstjenesten svarer ikke nå. Prøv igjen om litt.", nn: "Innloggingstenesta svarar ikkje no. Prøv igjen om litt.",
		da: "Login-tjenesten svarer ikke lige nu. Prøv igen om lidt.", sv: "Inloggningstjänsten svarar inte just nu. Försök igen om en stund.",
		en: "The sign-in service does not answer at the moment. Try again in a little while.",
	},
}
