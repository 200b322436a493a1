package web

import (
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// device is the address of the device that calls: the peer's, or, when the peer is a proxy we trust, the last address in X-Forwarded-For that
// no trusted proxy wrote. What stands further left was written by the caller and may be anything.
func (s *Server) device(c *fiber.Ctx) netip.Addr {
	peer, ok := netip.AddrFromSlice(c.Context().RemoteIP())
	if !ok {
		return netip.Addr{}
	}
	peer = peer.Unmap()
	hops := strings.Split(strings.Join(headers(c, fiber.HeaderXForwardedFor), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(peer); i-- {
		hop, err := hopOf(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		peer = hop.Unmap().WithZone("")
	}
	return peer
}

// hopOf reads an address as proxies write it; some of them write the port behind it. Were it not read, everybody behind such a proxy would be one
// device, and one who guesses there would make all wait (P10).
func hopOf(text string) (netip.Addr, error) {
	if address, err := netip.ParseAddrPort(text); err == nil {
		return address.Addr(), nil
	}
	return netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
}

func (s *Server) trusted(address netip.Addr) bool {
	for _, network := range s.config.TrustedProxies {
		if network.Contains(address) {
			return true
		}
	}
	return false
}
