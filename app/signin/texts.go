package signin

import "budstikke.example/auth/language"

var (
	signedInText = language.Text{
		NB: "Du er logget inn.", NN: "Du er logga inn.", DA: "Du er logget ind.", SV: "Du är inloggad.", EN: "You are signed in.",
	}
	applicationText = language.Text{
		NB: "Oppgi e-postadressen din for å søke om konto.", NN: "Oppgje e-postadressa di for å søkje om konto.",
		DA: "Angiv din e-mailadresse for at søge om en konto.", SV: "Ange din e-postadress för att ansöka om konto.",
		EN: "Give your e-mail address to apply for an account.",
	}
	// contactInstitutionText is the one answer to everybody who cannot go on by themselves, whatever the reason (H7, H11).
	contactInstitutionText = language.Text{
		NB: "Vi kan ikke åpne en konto for deg her. Ta kontakt med barnehagen eller skolen, så hjelper de deg.",
		NN: "Vi kan ikkje opne ein konto for deg her. Ta kontakt med barnehagen eller skulen, så hjelper dei deg.",
		DA: "Vi kan ikke åbne en konto til dig her. Kontakt dagtilbuddet eller skolen, så hjælper de dig.",
		SV: "Vi kan inte öppna ett konto åt dig här. Vänd dig till förskolan eller skolan, så hjälper de dig.",
		EN: "We cannot open an account for you here. Turn to the kindergarten or school, and they will help you.",
	}
	// askForAccessText is the one answer to everybody who signed in for work and has nothing to do here, whatever the reason (U1, V11).
	askForAccessText = language.Text{
		NB: "Du har ingen tilgang her. Spør styreren eller lederen din, så hjelper de deg.",
		NN: "Du har ingen tilgang her. Spør styraren eller leiaren din, så hjelper dei deg.",
		DA: "Du har ingen adgang her. Spørg din leder, så får du hjælp.",
		SV: "Du har ingen behörighet här. Fråga din rektor eller chef, så hjälper de dig.",
		EN: "You have no access here. Ask your head or leader, and they will help you.",
	}
)
