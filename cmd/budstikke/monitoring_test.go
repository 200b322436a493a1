package main

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/worker"
)

// nobody is a push provider that is never asked.
type nobody struct{}

// Send implements worker.Pusher.
func (nobody) Send(context.Context, notify.Push) notify.Result { return notify.Result{} }

// Rules and dashboard ask for metrics that there are, by the names that they have: one that was renamed would never wake anybody.
func TestRulesAskForMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	descriptions := make(chan *prometheus.Desc, 100)
	w, err := worker.New(worker.Config{
		DB: &scope.DB{}, Render: func(notify.Delivery) (notify.Words, error) { return notify.Words{}, nil },
		Senders: worker.Senders{Push: map[notify.Provider]worker.Pusher{notify.ProviderAPNs: nobody{}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Describe(descriptions)
	system.Alarms{}.Describe(descriptions)
	system.Months{}.Describe(descriptions)
	system.NewRequests().Describe(descriptions)
	system.NewUnread(nil).Describe(descriptions)
	close(descriptions)
	named := regexp.MustCompile(`fqName: "([a-z_]+)"`)
	var known []string
	for d := range descriptions {
		known = append(known, named.FindStringSubmatch(d.String())[1])
	}
	readme, err := os.ReadFile("../../docs/monitoring/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range known {
		if !strings.Contains(string(readme), name) {
			t.Errorf("docs/monitoring/README.md does not say what %s means", name)
		}
	}
	asked := regexp.MustCompile(`\b(?:notify|http|budstikke)_[a-z_]+`)
	for _, file := range []string{"../../docs/monitoring/alerts.yml", "../../docs/monitoring/dashboard.json", "../../docs/monitoring/README.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := asked.FindAllString(string(text), -1)
		if len(names) < 8 {
			t.Errorf("%s asks for %d metrics only", file, len(names))
		}
		for _, name := range names {
			for _, suffix := range []string{"_bucket", "_count", "_sum"} {
				if base := strings.TrimSuffix(name, suffix); slices.Contains(known, base) {
					name = base
				}
			}
			if !slices.Contains(known, name) {
				t.Errorf("%s asks for %s, which nobody tells", file, name)
			}
		}
	}
}
