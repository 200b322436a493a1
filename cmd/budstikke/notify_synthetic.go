package main

import (
	"maps"

	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/notify"
)

// syntheticAddresses are where synthetic notices go; nil when the operator has named none.
func syntheticAddresses(n boot.Notify) map[notify.Provider]string {
	all := map[notify.Provider]string{
		notify.ProviderSMTP: n.SyntheticEmail, notify.ProviderAPNs: n.SyntheticAPNs.Reveal(), notify.ProviderFCM: n.SyntheticFCM.Reveal(),
		notify.ProviderWebPush: n.SyntheticWebPush.Reveal(),
	}
	if n.SyntheticSMS == "on" {
		all[notify.ProviderTwilio] = notify.NoNumber
	}
	maps.DeleteFunc(all, func(_ notify.Provider, address string) bool { return address == "" })
	return all
}
