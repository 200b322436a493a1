package bankid

type hintText struct {
	status Status
	words
}

var hintWords = map[Hint]hintText{
	OutstandingTransaction: {Pending, words{
		nb: "Åpne BankID-appen.",
		nn: "Opne BankID-appen.",
		da: "Åbn BankID-appen.",
		sv: "Öppna BankID-appen.",
		en: "Open the BankID app.",
	}},
	NoClient: {Pending, words{
		nb: "Åpne BankID-appen på telefonen eller nettbrettet.",
		nn: "Opne BankID-appen på telefonen eller nettbrettet.",
		da: "Åbn BankID-appen på telefonen eller tabletten.",
		sv: "Öppna BankID-appen i mobilen eller på surfplattan.",
		en: "Open the BankID app on your phone or tablet.",
	}},
	Started: {Pending, words{
		nb: "Vi leter etter BankID-en din. Finner appen ingen, må du først skaffe en hos banken din.",
		nn: "Vi leitar etter BankID-en din. Finn appen ingen, må du først skaffe ein hos banken din.",
		da: "Vi leder efter dit BankID. Finder appen ikke et, skal du først få et hos din bank.",
		sv: "Vi letar efter ditt BankID. Hittar appen inget behöver du först skaffa ett hos din bank.",
		en: "Looking for your BankID. If the app finds none, get one from your bank first.",
	}},
	UserMRTD: {Pending, words{
		nb: "Vis legitimasjonen din slik appen ber om.",
		nn: "Vis legitimasjonen din slik appen ber om.",
		da: "Vis din legitimation, som appen beder om.",
		sv: "Visa din id-handling så som appen ber om.",
		en: "Show your identity document as the app asks.",
	}},
	UserCallConfirm: {Pending, words{
		nb: "Svar i appen på om du er i samtale med oss.",
		nn: "Svar i appen på om du er i samtale med oss.",
		da: "Svar i appen på, om du er i samtale med os.",
		sv: "Svara i appen på om du är i ett samtal med oss.",
		en: "Answer in the app whether you are in a call with us.",
	}},
	UserSign: {Pending, words{
		nb: "Skriv sikkerhetskoden i BankID-appen og bekreft.",
		nn: "Skriv tryggleikskoden i BankID-appen og stadfest.",
		da: "Indtast sikkerhedskoden i BankID-appen, og bekræft.",
		sv: "Skriv din säkerhetskod i BankID-appen och bekräfta.",
		en: "Enter your security code in the BankID app and confirm.",
	}},
	Processing: {Pending, words{
		nb: "Et øyeblikk, vi fullfører innloggingen.",
		nn: "Eit augeblink, vi fullfører innlogginga.",
		da: "Et øjeblik, vi gør login færdigt.",
		sv: "Ett ögonblick, vi slutför inloggningen.",
		en: "One moment, completing the sign-in.",
	}},
	ExpiredTransaction: {Failed, words{
		nb: "Det tok for lang tid. Begynn på nytt.",
		nn: "Det tok for lang tid. Byrja på nytt.",
		da: "Det tog for lang tid. Begynd forfra.",
		sv: "Det tog för lång tid. Börja om.",
		en: "It took too long. Start again.",
	}},
	CertificateErr: {Failed, words{
		nb: "BankID-en er sperret eller for gammel. Prøv en annen, eller spør banken din.",
		nn: "BankID-en er sperra eller for gammal. Prøv ein annan, eller spør banken din.",
		da: "Dit BankID er spærret eller for gammelt. Prøv et andet, eller spørg din bank.",
		sv: "Ditt BankID är spärrat eller för gammalt. Prova ett annat eller fråga din bank.",
		en: "This BankID is blocked or too old. Try another one, or ask your bank.",
	}},
	UserCancel: {Failed, words{
		nb: "Du avbrøt innloggingen.",
		nn: "Du avbraut innlogginga.",
		da: "Du afbrød login.",
		sv: "Du avbröt inloggningen.",
		en: "You cancelled the sign-in.",
	}},
	Cancelled: {Failed, words{
		nb: "Innloggingen ble avbrutt fordi en ny ble startet. Begynn på nytt.",
		nn: "Innlogginga vart avbroten fordi ei ny vart starta. Byrja på nytt.",
		da: "Login blev afbrudt, fordi et nyt blev startet. Begynd forfra.",
		sv: "Inloggningen avbröts för att en ny påbörjades. Börja om.",
		en: "The sign-in was cancelled because another one was started. Start again.",
	}},
	StartFailed: {Failed, words{
		nb: "BankID-appen ble ikke åpnet i tide. Sjekk at den er installert, og begynn på nytt.",
		nn: "BankID-appen vart ikkje opna i tide. Sjekk at han er installert, og byrja på nytt.",
		da: "BankID-appen blev ikke åbnet i tide. Se efter, at den er installeret, og begynd forfra.",
		sv: "BankID-appen öppnades inte i tid. Se efter att den är installerad och börja om.",
		en: "The BankID app was not opened in time. Check that it is installed, and start again.",
	}},
	UserDeclinedCall: {Failed, words{
		nb: "Du svarte at du ikke er i samtale med oss. Innloggingen er stoppet.",
		nn: "Du svarte at du ikkje er i samtale med oss. Innlogginga er stoppa.",
		da: "Du svarede, at du ikke er i samtale med os. Login er stoppet.",
		sv: "Du svarade att du inte är i samtal med oss. Inloggningen är stoppad.",
		en: "You answered that you are not in a call with us. The sign-in was stopped.",
	}},
	NotSupportedByUserApp: {Failed, words{
		nb: "BankID-appen din er for gammel til dette. Oppdater den og begynn på nytt.",
		nn: "BankID-appen din er for gammal til dette. Oppdater han og byrja på nytt.",
		da: "Din BankID-app er for gammel til dette. Opdater den, og begynd forfra.",
		sv: "Din BankID-app är för gammal för det här. Uppdatera den och börja om.",
		en: "Your BankID app is too old for this. Update it and start again.",
	}},
	ReturnExpected: {Pending, words{
		nb: "Du har bekreftet i BankID-appen. Gå tilbake hit fra den.",
		nn: "Du har stadfesta i BankID-appen. Gå tilbake hit frå han.",
		da: "Du har bekræftet i BankID-appen. Gå tilbage hertil fra den.",
		sv: "Du har bekräftat i BankID-appen. Gå tillbaka hit från den.",
		en: "You have confirmed in the BankID app. Come back here from it.",
	}},
	WrongReturn: {Failed, words{
		nb: "Innloggingen begynte et annet sted og er stoppet. Begynn på nytt her, og åpne aldri BankID fra en lenke som noen har sendt deg.",
		nn: "Innlogginga byrja ein annan stad og er stoppa. Byrja på nytt her, og opne aldri BankID frå ei lenkje som nokon har sendt deg.",
		da: "Login begyndte et andet sted og er stoppet. Begynd forfra her, og åbn aldrig BankID fra et link, som nogen har sendt dig.",
		sv: "Inloggningen påbörjades någon annanstans och är stoppad. Börja om här och öppna aldrig BankID från en länk som någon har skickat.",
		en: "The sign-in began somewhere else and was stopped. Start again here, and never open BankID from a link that somebody sent you.",
	}},
	TransactionRiskBlocked: {Failed, words{
		nb: "BankID stoppet innloggingen for din sikkerhets skyld. Begynn på nytt bare hvis det var du som startet den.",
		nn: "BankID stoppa innlogginga for din tryggleik. Byrja på nytt berre om det var du som starta henne.",
		da: "BankID stoppede login for din sikkerheds skyld. Begynd kun forfra, hvis det var dig, der startede det.",
		sv: "BankID stoppade inloggningen för din säkerhets skull. Börja om bara om det var du som startade den.",
		en: "BankID stopped the sign-in for your safety. Start again only if it was you who began it.",
	}},
}

var (
	pendingWords = words{
		nb: "Innloggingen pågår. Følg med i BankID-appen.",
		nn: "Innlogginga er i gang. Følg med i BankID-appen.",
		da: "Login er i gang. Følg med i BankID-appen.",
		sv: "Inloggningen pågår. Följ vad som står i BankID-appen.",
		en: "The sign-in is under way. Follow the BankID app.",
	}
	failedWords = words{
		nb: "Innloggingen mislyktes. Begynn på nytt.",
		nn: "Innlogginga gjekk ikkje. Byrja på nytt.",
		da: "Login mislykkedes. Begynd forfra.",
		sv: "Inloggningen misslyckades. Börja om.",
		en: "The sign-in failed. Start again.",
	}
	internalWords = words{
		nb: "Noe gikk galt mellom oss og BankID. Prøv igjen.",
		nn: "Noko gjekk gale mellom oss og BankID. Prøv igjen.",
		da: "Noget gik galt mellem os og BankID. Prøv igen.",
		sv: "Något gick fel mellan oss och BankID. Försök igen.",
		en: "Something went wrong between us and BankID. Try again.",
	}
	unreachableWords = words{
		nb: "Vi får ikke kontakt med BankID nå. Vent litt og prøv igjen.",
		nn: "Vi får ikkje kontakt med BankID no. Vent litt og prøv igjen.",
		da: "Vi kan ikke få forbindelse til BankID lige nu. Vent lidt, og prøv igen.",
		sv: "Vi når inte BankID just nu. Vänta en stund och försök igen.",
		en: "BankID cannot be reached right now. Wait a little and try again.",
	}
	restartWords = words{
		nb: "Denne innloggingen gjelder ikke lenger. Begynn på nytt.",
		nn: "Denne innlogginga gjeld ikkje lenger. Byrja på nytt.",
		da: "Dette login gælder ikke længere. Begynd forfra.",
		sv: "Den här inloggningen gäller inte längre. Börja om.",
		en: "This sign-in is no longer valid. Start again.",
	}
	setupWords = words{
		nb: "Innlogging med BankID er ikke satt opp riktig hos kommunen. Ta kontakt med barnehagen eller skolen.",
		nn: "Innlogging med BankID er ikkje rett sett opp hos kommunen. Ta kontakt med barnehagen eller skulen.",
		da: "Login med BankID er ikke sat rigtigt op hos kommunen. Kontakt børnehaven eller skolen.",
		sv: "Inloggning med BankID är inte rätt inställd hos kommunen. Kontakta förskolan eller skolan.",
		en: "Sign-in with BankID is not set up correctly at the municipality. Contact the kindergarten or the school.",
	}
)

var errorWords = map[ErrorCode]words{
	AlreadyInProgress: {
		nb: "Det var allerede en innlogging i gang med denne BankID-en. Begge er avbrutt; begynn på nytt.",
		nn: "Det var alt ei innlogging i gang med denne BankID-en. Begge er avbrotne; byrja på nytt.",
		da: "Der var allerede et login i gang med dette BankID. Begge er afbrudt; begynd forfra.",
		sv: "Det pågick redan en inloggning med detta BankID. Båda är avbrutna; börja om.",
		en: "A sign-in with this BankID was already under way. Both are cancelled; start again.",
	},
	RequestTimeout: {
		nb: "BankID brukte for lang tid på å svare. Prøv igjen.",
		nn: "BankID brukte for lang tid på å svare. Prøv igjen.",
		da: "BankID var for længe om at svare. Prøv igen.",
		sv: "BankID svarade inte i tid. Försök igen.",
		en: "BankID took too long to answer. Try again.",
	},
	Maintenance: {
		nb: "BankID har vedlikehold. Prøv igjen om en stund.",
		nn: "BankID har vedlikehald. Prøv igjen om ei stund.",
		da: "BankID er under vedligeholdelse. Prøv igen om lidt.",
		sv: "BankID har underhåll. Försök igen om en stund.",
		en: "BankID is down for maintenance. Try again in a while.",
	},
	InvalidParameters:    restartWords,
	InternalError:        internalWords,
	BadAnswer:            internalWords,
	Unauthorized:         setupWords,
	NotFound:             setupWords,
	MethodNotAllowed:     setupWords,
	UnsupportedMediaType: setupWords,
}
