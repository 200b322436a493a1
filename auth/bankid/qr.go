package bankid

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// QR returns what the animated QR code shows at a moment that lies elapsed after BankID's answer to Auth. It changes every second. It is
// computed here and not in the app, because who knows startSecret could show the code to somebody else.
func QR(startToken string, startSecret Hidden, elapsed time.Duration) string {
	seconds := strconv.FormatInt(int64(max(elapsed, 0)/time.Second), 10)
	mac := hmac.New(sha256.New, []byte(startSecret.Reveal()))
	mac.Write([]byte(seconds))
	return "bankid." + startToken + "." + seconds + "." + hex.EncodeToString(mac.Sum(nil))
}
