package sandbox

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
)

// open decrypts a push as the browser would and fills in what it would show. A push that cannot be decrypted was accepted all the same, as
// push services do; the journal then says so in the header "decrypted".
func (sub *subscription) open(d *Delivered) {
	text, err := sub.decrypt(d.Raw)
	if err != nil {
		d.Headers = append(d.Headers, Header{"decrypted", "no: " + err.Error()})
		return
	}
	d.Raw = text
	d.Headers = append(d.Headers, Header{"decrypted", "yes"})
	var shown struct {
		Title        string `json:"title"`
		Body         string `json:"body"`
		Notification struct {
			Title string `json:"title"`
			Body  string `json:"body"`
		} `json:"notification"`
	}
	if json.Unmarshal(text, &shown) != nil {
		d.Body = string(text)
		return
	}
	d.Title, d.Body = shown.Title, shown.Body
	if d.Title == "" && d.Body == "" {
		d.Title, d.Body = shown.Notification.Title, shown.Notification.Body
	}
}

// decrypt opens an aes128gcm body (RFC 8188, RFC 8291) of a single record.
func (sub *subscription) decrypt(body []byte) ([]byte, error) {
	const saltLen, headLen = 16, 16 + 4 + 1
	if len(body) < headLen || len(body) < headLen+int(body[headLen-1]) {
		return nil, errors.New("the header is cut short")
	}
	salt, keyID, sealed := body[:saltLen], body[headLen:headLen+int(body[headLen-1])], body[headLen+int(body[headLen-1]):]
	if size := binary.BigEndian.Uint32(body[saltLen:]); size < 18 || int64(len(sealed)) > int64(size) {
		return nil, errors.New("more than one record")
	}
	sender, err := ecdh.P256().NewPublicKey(keyID)
	if err != nil {
		return nil, errors.New("the key id is no P-256 point")
	}
	shared, err := sub.private.ECDH(sender)
	if err != nil {
		return nil, errors.New("the keys do not agree")
	}
	info := "WebPush: info\x00" + string(sub.private.PublicKey().Bytes()) + string(keyID)
	ikm, err1 := hkdf.Key(sha256.New, shared, sub.auth, info, 32)
	cek, err2 := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	nonce, err3 := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(cek)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	text, err := gcm.Open(nil, nonce, sealed, nil)
	if err != nil {
		return nil, errors.New("encrypted for another subscription")
	}
	for len(text) > 0 && text[len(text)-1] == 0 {
		text = text[:len(text)-1]
	}
	if len(text) == 0 || text[len(text)-1] != 2 {
		return nil, errors.New("the padding delimiter is missing")
	}
	return text[:len(text)-1], nil
}
