package oidc

import "budstikke.example/auth/language"

// Guidance says what the person is to do after a sign-in that came to nothing, in the language of locale ("nb", "nn", "da", "sv", "en"; English
// for any other).
func Guidance(locale string, reason Reason) string {
	text, known := guidance[reason]
	if !known {
		text = guidance[NotBelieved]
	}
	return text.In(locale)
}

var guidance = map[Reason]language.Text{
	Denied: {
		NB: "Innloggingen ble avbrutt. Prøv igjen når du vil.", NN: "Innlogginga vart avbroten. Prøv igjen når du vil.",
		DA: "Login blev afbrudt. Prøv igen, når du vil.", SV: "Inloggningen avbröts. Försök igen när du vill.",
		EN: "Signing in was stopped. Try again whenever you like.",
	},
	TooWeak: {
		NB: "Denne innloggingen er ikke sikker nok. Prøv igjen og velg en sikrere måte, for eksempel med to faktorer.",
		NN: "Denne innlogginga er ikkje sikker nok. Prøv igjen og vel ein sikrare måte, til dømes med to faktorar.",
		DA: "Dette login er ikke sikkert nok. Prøv igen og vælg en sikrere måde, for eksempel med to faktorer.",
		SV: "Den här inloggningen är inte säker nog. Försök igen och välj ett säkrare sätt, till exempel med två faktorer.",
		EN: "This way of signing in is not secure enough. Try again with a stronger one, for example with two factors.",
	},
	TooLongAgo: {
		NB: "Det er for lenge siden du logget inn hos tjenesten. Logg inn der på nytt.",
		NN: "Det er for lenge sidan du logga inn hos tenesta. Logg inn der på nytt.",
		DA: "Det er for længe siden, du loggede ind hos tjenesten. Log ind dér igen.",
		SV: "Det var för länge sedan du loggade in hos tjänsten. Logga in där på nytt.",
		EN: "It is too long since you signed in at the service. Sign in there again.",
	},
	NotAllowed: {
		NB: "Denne innloggingen kan ikke brukes her. Spør den som har ansvar for tilgangen din.",
		NN: "Denne innlogginga kan ikkje brukast her. Spør den som har ansvar for tilgangen din.",
		DA: "Dette login kan ikke bruges her. Spørg den, der er ansvarlig for din adgang.",
		SV: "Den här inloggningen kan inte användas här. Fråga den som ansvarar för din behörighet.",
		EN: "This way of signing in cannot be used here. Ask whoever is responsible for your access.",
	},
	NotBelieved: {
		NB: "Noe stemte ikke med innloggingen. Start på nytt fra appen.", NN: "Noko stemte ikkje med innlogginga. Start på nytt frå appen.",
		DA: "Noget stemte ikke med dit login. Start forfra i appen.", SV: "Något stämde inte med inloggningen. Börja om i appen.",
		EN: "Something was not right with the sign-in. Start again from the app.",
	},
	Unavailable: {
		NB: "Innloggingstjenesten svarer ikke nå. Prøv igjen om litt.", NN: "Innloggingstenesta svarar ikkje no. Prøv igjen om litt.",
		DA: "Login-tjenesten svarer ikke lige nu. Prøv igen om lidt.", SV: "Inloggningstjänsten svarar inte just nu. Försök igen om en stund.",
		EN: "The sign-in service does not answer at the moment. Try again in a little while.",
	},
}
