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

var unsubscribeWords = map[string]words{
	"nb": {
		Lang: "nb", Title: "Varsler på e-post", Text: "Vil du ikke ha vanlige varsler på e-post? De kommer fortsatt i appen, og viktige varsler om barnets sikkerhet kommer alltid.",
		Button: "Stopp vanlige varsler på e-post", Done: "Vanlige varsler kommer ikke lenger på e-post.", Again: "Send dem likevel", AgainDone: "Vanlige varsler kommer på e-post igjen.",
		Expired: "Lenken gjelder ikke lenger. Du finner det samme valget i appen, under opplysninger om deg selv.", Failed: "Det gikk ikke denne gangen. Prøv igjen om litt.",
	},
	"nn": {
		Lang: "nn", Title: "Varsel på e-post", Text: "Vil du ikkje ha vanlege varsel på e-post? Dei kjem framleis i appen, og viktige varsel om tryggleiken til barnet kjem alltid.",
		Button: "Stopp vanlege varsel på e-post", Done: "Vanlege varsel kjem ikkje lenger på e-post.", Again: "Send dei likevel", AgainDone: "Vanlege varsel kjem på e-post igjen.",
		Expired: "Lenkja gjeld ikkje lenger. Du finn det same valet i appen, under opplysningar om deg sjølv.", Failed: "Det gjekk ikkje denne gongen. Prøv igjen om litt.",
	},
	"da": {
		Lang: "da", Title: "Beskeder på e-mail", Text: "Vil du ikke have almindelige beskeder på e-mail? De kommer stadig i appen, og vigtige beskeder om barnets sikkerhed kommer altid.",
		Button: "Stop almindelige beskeder på e-mail", Done: "Almindelige beskeder kommer ikke længere på e-mail.", Again: "Send dem alligevel", AgainDone: "Almindelige beskeder kommer på e-mail igen.",
		Expired: "Linket gælder ikke længere. Du finder det samme valg i appen under oplysninger om dig selv.", Failed: "Det lykkedes ikke denne gang. Prøv igen om lidt.",
	},
	"sv": {
		Lang: "sv", Title: "Aviseringar med e-post", Text: "Vill du inte få vanliga aviseringar med e-post? De kommer fortfarande i appen, och viktiga aviseringar om barnets säkerhet kommer alltid.",
		Button: "Stoppa vanliga aviseringar med e-post", Done: "Vanliga aviseringar kommer inte längre med e-post.", Again: "Skicka dem ändå", AgainDone: "Vanliga aviseringar kommer med e-post igen.",
		Expired: "Länken gäller inte längre. Du hittar samma val i appen, under uppgifter om dig själv.", Failed: "Det gick inte den här gången. Försök igen om en stund.",
	},
	"en": {
		Lang: "en", Title: "Notices by e-mail", Text: "Would you rather have no routine notices by e-mail? They still come in the app, and important notices about the child's safety always come.",
		Button: "Stop routine notices by e-mail", Done: "Routine notices no longer come by e-mail.", Again: "Send them all the same", AgainDone: "Routine notices come by e-mail again.",
		Expired: "This link is no longer good. You find the same choice in the app, on the page of your own details.", Failed: "It did not work this time. Try again in a little while.",
	},
}
