package signin

// words is one text in the five languages.
type words struct{ nb, nn, da, sv, en string }

func (w words) in(locale string) string {
	switch locale {
	case "nb":
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

var (
	signedInText = words{
		nb: "Du er logget inn.", nn: "Du er logga inn.", da: "Du er logget ind.", sv: "Du är inloggad.", en: "You are signed in.",
	}
	applicationText = words{
		nb: "Oppgi e-postadressen din for å søke om konto.", nn: "Oppgje e-postadressa di for å søkje om konto.",
		da: "Angiv din e-mailadresse for at søge om en konto.", sv: "Ange din e-postadress för att ansöka om konto.",
		en: "Give your e-mail address to apply for an account.",
	}
	// contactInstitutionText is the one answer to everybody who cannot go on by themselves, whatever the reason (H7, H11).
	contactInstitutionText = words{
		nb: "Vi kan ikke åpne en konto for deg her. Ta kontakt med barnehagen eller skolen, så hjelper de deg.",
		nn: "Vi kan ikkje opne ein konto for deg her. Ta kontakt med barnehagen eller skulen, så hjelper dei deg.",
		da: "Vi kan ikke åbne en konto til dig her. Kontakt dagtilbuddet eller skolen, så hjælper de dig.",
		sv: "Vi kan inte öppna ett konto åt dig här. Vänd dig till förskolan eller skolan, så hjälper de dig.",
		en: "We cannot open an account for you here. Turn to the kindergarten or school, and they will help you.",
	}
	// askForAccessText is the one answer to everybody who signed in for work and has nothing to do here, whatever the reason (U1, V11).
	askForAccessText = words{
		nb: "Du har ingen tilgang her. Spør styreren eller lederen din, så hjelper de deg.",
		nn: "Du har ingen tilgang her. Spør styraren eller leiaren din, så hjelper dei deg.",
		da: "Du har ingen adgang her. Spørg din leder, så får du hjælp.",
		sv: "Du har ingen behörighet här. Fråga din rektor eller chef, så hjälper de dig.",
		en: "You have no access here. Ask your head or leader, and they will help you.",
	}
)
