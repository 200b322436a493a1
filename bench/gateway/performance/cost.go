package main

import (
	"fmt"
	"strings"

	"budstikke.example/bench/gateway/result"
)

// costMark names the table that says where the time of a fan-out goes; everybody else's mark is the name of a benchmark.
const costMark = "fan-out, cost of a delivery"

// What the table is computed from: the case, how many receivers it had, and the share of the floor that is demanded.
const (
	costCase      = "20000 receivers, provider 0 ms"
	costReceivers = 20_000
	costDemand    = 0.65
)

// parts are what was measured by itself, in µs of one core for each delivery, once and not in the run that the rest of the table is of.
var parts = []struct {
	what string
	cost float64
	how  string
}{
	{"acceptance: a row for the inbox and one for the push, in one statement", 27, "by itself: `pg_stat_statements`, `notify.fan_out`"},
	{
		"a claim of 224: the lease, the delivery and its endpoint by key, and whether the receiver may be told at this moment (14 of it; 22 before an alert's receivers were asked one question only)",
		41, "by itself: one connection, `notify.claim_parcels`",
	},
	{"settling 330 (22 to 24 before results stayed on their page)", 18, "by itself: the same, `notify.settle_accepted`"},
}

// cost is the table, and what the demand would leave.
func cost(lines []result.Line) string {
	perDelivery := map[string]float64{}
	var at string
	for _, l := range lines {
		if l.Bench == "fan-out" && l.Case == costCase && l.CPUSeconds > 0 {
			perDelivery[l.Subject] = l.CPUSeconds * 1e6 / costReceivers
			at = l.MeasuredAt
		}
	}
	floor, all := perDelivery["bare apns2"], perDelivery["Budstikke"]
	if floor == 0 || all == 0 {
		return "Not measured yet.\n"
	}
	var s strings.Builder
	fmt.Fprintf(&s, "\nOf %s, measured at %s.\n\n| | µs | how it was measured |\n|---|---|---|\n", costCase, at)
	row := func(what string, cost float64, how string) { fmt.Fprintf(&s, "| %s | %.0f | %s |\n", what, cost, how) }
	row("the floor: apns2, HTTP/2, TLS on both sides, and the provider", floor, "*CPU s* of the floor")
	rest := all - floor
	for _, p := range parts {
		row(p.what, p.cost, p.how)
		rest -= p.cost
	}
	row("the rest: the worker's own work around each push (words, payload, exchange, results, metrics), the belt, commits and the relay", rest, "what is left of the sum")
	row("**all of it**", all, "*CPU s* of Budstikke")
	fmt.Fprintf(&s, "\nSo %g of the floor would leave %.0f µs for everything that is kept, decided and written.\n\n", costDemand, floor/costDemand-floor)
	return s.String()
}
