package pages

var confirmWords = map[string]words{
	"nb": {
		Lang: "nb", Title: "Bekreft e-postadressen din", Text: "Trykk på knappen for å bekrefte at adressen er din.", Button: "Bekreft adressen",
		Done: "Adressen er bekreftet. Du kan lukke siden og gå tilbake til appen.", Expired: "Lenken er for gammel. Registrer adressen på nytt i appen, så får du en ny.",
		Failed: "Det gikk ikke denne gangen. Prøv igjen om litt.",
	},
	"nn": {
		Lang: "nn", Title: "Stadfest e-postadressa di", Text: "Trykk på knappen for å stadfeste at adressa er di.", Button: "Stadfest adressa",
		Done: "Adressa er stadfesta. Du kan lukke sida og gå tilbake til appen.", Expired: "Lenkja er for gammal. Registrer adressa på nytt i appen, så får du ei ny.",
		Failed: "Det gjekk ikkje denne gongen. Prøv igjen om litt.",
	},
	"da": {
		Lang: "da", Title: "Bekræft din e-mailadresse", Text: "Tryk på knappen for at bekræfte, at adressen er din.", Button: "Bekræft adressen",
		Done: "Adressen er bekræftet. Du kan lukke siden og gå tilbage til appen.", Expired: "Linket er for gammelt. Registrer adressen igen i appen, så får du et nyt.",
		Failed: "Det lykkedes ikke denne gang. Prøv igen om lidt.",
	},
	"sv": {
		Lang: "sv", Title: "Bekräfta din e-postadress", Text: "Tryck på knappen för att bekräfta att adressen är din.", Button: "Bekräfta adressen",
		Done: "Adressen är bekräftad. Du kan stänga sidan och gå tillbaka till appen.", Expired: "Länken är för gammal. Registrera adressen igen i appen, så får du en ny.",
		Failed: "Det gick inte den här gången. Försök igen om en stund.",
	},
	"en": {
		Lang: "en", Title: "Confirm your e-mail address", Text: "Tap the button to confirm that the address is yours.", Button: "Confirm the address",
		Done: "The address is confirmed. You can close this page and go back to the app.", Expired: "This link is too old. Register the address once more in the app to get a new one.",
		Failed: "It did not work this time. Try again in a little while.",
	},
}

var openWords = map[string]words{
	"nb": {Lang: "nb", Title: "Åpne Budstikke", Text: "Åpne appen på telefonen og logg inn. Der ser du det varselet gjelder."},
	"nn": {Lang: "nn", Title: "Opne Budstikke", Text: "Opne appen på telefonen og logg inn. Der ser du det varselet gjeld."},
	"da": {Lang: "da", Title: "Åbn Budstikke", Text: "Åbn appen på telefonen, og log ind. Der kan du se, hvad beskeden handler om."},
	"sv": {Lang: "sv", Title: "Öppna Budstikke", Text: "Öppna appen i telefonen och logga in. Där ser du vad aviseringen gäller."},
	"en": {Lang: "en", Title: "Open Budstikke", Text: "Open the app on your phone and sign in. There you see what the notice is about."},
}
