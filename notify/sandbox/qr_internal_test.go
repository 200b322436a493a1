package sandbox

import "testing"

// TestQRCodeOfBankIDsOwnExample checks the signature against the values that BankID's documentation gives as an example.
func TestQRCodeOfBankIDsOwnExample(t *testing.T) {
	t.Parallel()
	for seconds, want := range []string{
		"dc69358e712458a66a7525beef148ae8526b1c71610eff2c16cdffb4cdac9bf8",
		"949d559bf23403952a94d103e67743126381eda00f0b3cbddbf7c96b1adcbce2",
		"a9e5ec59cb4eee4ef4117150abc58fad7a85439a6a96ccbecc3668b41795b3f3",
	} {
		if got := qrCode("d28db9a7-4cde-429e-a983-359be676944c", seconds); got != want {
			t.Errorf("second %d: got %s, want %s", seconds, got, want)
		}
	}
}
