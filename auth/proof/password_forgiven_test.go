package proof_test

import (
	"errors"
	"testing"

	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
)

// P10: who gets in after some mistakes begins anew, and does not wait at the next one.
func TestGettingInForgivesTheMistakes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := proof.Try{Username: "astrid@example.com", Password: plain, Code: b.code(t, b.enrol(t), 0), Address: device}
	wrong := good
	wrong.Password = "feil hest batteri stift"
	mistakes := func() {
		for n := range store.UsernameFailures - 1 {
			if err := b.prove(wrong); !errors.Is(err, proof.ErrRefused) {
				t.Fatalf("mistake %d: %v, want ErrRefused", n+1, err)
			}
		}
	}
	mistakes()
	must(t, b.prove(good))
	mistakes()
}

// A code for an account that has no second factor is wrong, whatever it is: it is not passed over.
func TestCodeWithoutASecondFactorIsWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	try := proof.Try{Username: "astrid@example.com", Password: plain, Code: b.code(t, b.enrol(t), 0), Address: device}
	b.exec(t, "update auth.passwords set totp_sealed = null, totp_key = null")
	for _, code := range []string{try.Code, "000000", "aaaa-aaaa-aaaa"} {
		try.Code = code
		if err := b.prove(try); !errors.Is(err, proof.ErrRefused) {
			t.Errorf("the code %s: %v, want ErrRefused", code, err)
		}
	}
	try.Code = ""
	must(t, b.prove(try))
}
