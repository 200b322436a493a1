package auth

import (
	"context"
	"net/netip"
)

type deviceKey struct{}

// WithDevice returns a context that carries the address of the device that calls, as the outermost proxy we trust saw it. Sign-in needs it:
// BankID is told, and failed tries are counted by it.
func WithDevice(ctx context.Context, address netip.Addr) context.Context {
	return context.WithValue(ctx, deviceKey{}, address)
}

// DeviceOf returns the address of the device that calls; the unspecified address if the request came without one.
func DeviceOf(ctx context.Context) netip.Addr {
	address, ok := ctx.Value(deviceKey{}).(netip.Addr)
	if !ok || !address.IsValid() {
		return netip.IPv4Unspecified()
	}
	return address
}
