package main

import (
	"context"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"gopkg.in/yaml.v3"

	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/notify"
	"budstikke.example/notify/worker"
)

const (
	rulesFile     = "../../docs/monitoring/alerts.yml"
	dashboardFile = "../../docs/monitoring/dashboard.json"
	guideFile     = "../../docs/monitoring/README.md"
)

func requireNo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// nobody is a push provider that is never asked.
type nobody struct{}

// Send implements worker.Pusher.
func (nobody) Send(context.Context, notify.Push) notify.Result { return notify.Result{} }

// told is a metric that processes tell: its labels, whether any of it is there from the beginning, and by which values of its labels. Those of le are spelt as Prometheus 2 keeps them, and as
// Prometheus 3 does.
type told struct {
	labels          []string
	seen, histogram bool
	values          map[string][]string
}

// tellers are all metrics of our own.
func tellers(t *testing.T) map[string]*told {
	t.Helper()
	d := pgtest.New(t)
	w, err := worker.New(worker.Config{
		DB: d.Worker, Render: func(notify.Delivery) (notify.Words, error) { return notify.Words{}, nil },
		Senders: worker.Senders{Push: map[notify.Provider]worker.Pusher{notify.ProviderAPNs: nobody{}}},
	})
	requireNo(t, err)
	requests := system.NewRequests()
	for _, status := range []int{200, 404, 500} {
		requests.Served("GetMe", status, time.Second)
	}
	collectors := []prometheus.Collector{w, system.Alarms{DB: d.API}, system.Months{DB: d.API}, requests, system.NewUnread(func() uint64 { return 0 })}

	known := map[string]*told{}
	described := regexp.MustCompile(`fqName: "([a-z_]+)".*variableLabels: \{([a-z_,]*)\}`)
	registry := prometheus.NewPedanticRegistry()
	for _, c := range collectors {
		descriptions := make(chan *prometheus.Desc, 100)
		c.Describe(descriptions)
		close(descriptions)
		for d := range descriptions {
			found := described.FindStringSubmatch(d.String())
			if found == nil {
				t.Fatalf("nobody can read %s", d)
			}
			known[found[1]] = &told{labels: strings.FieldsFunc(found[2], func(r rune) bool { return r == ',' }), values: map[string][]string{}}
		}
		requireNo(t, registry.Register(c))
	}
	families, err := registry.Gather()
	requireNo(t, err)
	for _, f := range families {
		known[f.GetName()].gather(f)
	}
	return known
}

func (m *told) gather(f *dto.MetricFamily) {
	add := func(label, value string) {
		if !slices.Contains(m.values[label], value) {
			m.values[label] = append(m.values[label], value)
		}
	}
	m.seen, m.histogram = true, f.GetType() == dto.MetricType_HISTOGRAM
	for _, sample := range f.GetMetric() {
		for _, pair := range sample.GetLabel() {
			add(pair.GetName(), pair.GetValue())
		}
		for _, bucket := range sample.GetHistogram().GetBucket() {
			two := strconv.FormatFloat(bucket.GetUpperBound(), 'g', -1, 64)
			add("le", two)
			if !strings.Contains(two, ".") {
				add("le", two+".0")
			}
		}
	}
}

// query is what rules or the dashboard ask, and what its answer is put into words with.
type query struct {
	file, record, text string
	words              []string
}

func queries(t *testing.T) []query {
	t.Helper()
	var list []query
	var rules struct {
		Groups []struct {
			Rules []struct {
				Record, Alert, Expr string
				Annotations         map[string]string
			}
		}
	}
	text, err := os.ReadFile(rulesFile)
	requireNo(t, err)
	requireNo(t, yaml.Unmarshal(text, &rules))
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			list = append(list, query{rulesFile, r.Record, r.Expr, []string{r.Annotations["summary"]}})
		}
	}
	var dashboard struct {
		Panels []struct {
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	text, err = os.ReadFile(dashboardFile)
	requireNo(t, err)
	requireNo(t, json.Unmarshal(text, &dashboard))
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			list = append(list, query{dashboardFile, "", target.Expr, []string{target.LegendFormat}})
		}
	}
	if len(list) < 40 {
		t.Fatalf("%d queries only", len(list))
	}
	return list
}

var (
	selector = regexp.MustCompile(`\b((?:notify|http|budstikke)_[a-z_]+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`([a-z_]+)(=~|=)"([^"]*)"`)
	grouping = regexp.MustCompile(`\bby \(([a-z_, ]*)\)`)
	recorded = regexp.MustCompile(`\bbudstikke:[a-z0-9_:]+`)
	inWords  = regexp.MustCompile(`\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}`)
)

// Rules and dashboard ask for metrics that there are, by the names, labels, values and buckets that they have: what was renamed would never wake anybody.
func TestRulesAskForMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	known, all := tellers(t), queries(t)
	var records []string
	for _, q := range all {
		records = append(records, q.record)
	}
	for _, q := range all {
		var labels []string // of everything that is asked for
		for _, s := range selector.FindAllStringSubmatch(q.text, -1) {
			labels = append(labels, asks(t, known, q, s[1], s[2])...)
		}
		for _, name := range recorded.FindAllString(q.text, -1) {
			if !slices.Contains(records, name) {
				t.Errorf("%s: %s asks for %s, which no rule records", q.file, q.text, name)
			}
		}
		var kept []string
		for _, by := range grouping.FindAllStringSubmatch(q.text, -1) {
			kept = append(kept, strings.Split(by[1], ", ")...)
		}
		for _, label := range kept {
			if !slices.Contains(labels, label) {
				t.Errorf("%s: %s groups by %s, which nothing in it has", q.file, q.text, label)
			}
		}
		for _, words := range q.words {
			for _, label := range inWords.FindAllStringSubmatch(words, -1) {
				if !slices.Contains(kept, label[1]) && !slices.Contains([]string{"job", "instance"}, label[1]) { // which Prometheus gives
					t.Errorf("%s: %q names %s, which %s does not keep", q.file, words, label[1], q.text)
				}
			}
		}
	}
}

// asks checks one selector of a query, and answers the labels that its metric has.
func asks(t *testing.T, known map[string]*told, q query, name, matchers string) []string {
	t.Helper()
	base := name
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if cut, has := strings.CutSuffix(name, suffix); has && known[cut] != nil && (known[cut].histogram || !known[cut].seen) {
			base = cut // of what nobody has counted yet it is not known whether it is a histogram
		}
	}
	m := known[base]
	if m == nil {
		t.Errorf("%s: %s asks for %s, which nobody tells", q.file, q.text, name)
		return nil
	}
	labels := m.labels
	if name == base+"_bucket" {
		labels = append(slices.Clone(labels), "le")
	}
	found := matcher.FindAllStringSubmatch(matchers, -1)
	if len(found) != strings.Count(matchers, `"`)/2 {
		t.Errorf("%s: nobody can read {%s}", q.file, matchers)
	}
	for _, f := range found {
		label, regular, wanted := f[1], f[2] == "=~", f[3]
		if !slices.Contains(labels, label) {
			t.Errorf("%s: %s asks %s for its %s, which it has not", q.file, q.text, name, label)
			continue
		}
		ways := []string{regexp.QuoteMeta(wanted)}
		if regular {
			ways = strings.Split(wanted, "|")
		}
		spelt := 0
		for _, way := range ways {
			whole, err := regexp.Compile("^(?:" + way + ")$")
			requireNo(t, err)
			hits := slices.DeleteFunc(slices.Clone(m.values[label]), func(v string) bool { return !whole.MatchString(v) })
			if spelt += len(hits); len(hits) == 0 {
				t.Errorf("%s: %s asks for %s of %s, which is never %q, but %v", q.file, q.text, label, name, way, m.values[label])
			}
		}
		if label == "le" && spelt != 2 {
			t.Errorf("%s: %s takes %d spellings of a bucket, want that of Prometheus 2 and that of Prometheus 3", q.file, q.text, spelt)
		}
	}
	return labels
}

// B3, B14: what ends without having been sent is as bad as what comes late, and burns the budget of its lane.
func TestBudgetsBurnForWhatIsNeverSent(t *testing.T) {
	t.Parallel()
	late := regexp.MustCompile(`^budstikke:(critical|routine)_late:ratio_rate(5m|1h|6h)$`)
	n := 0
	for _, q := range queries(t) {
		found := late.FindStringSubmatch(q.record)
		if found == nil {
			continue
		}
		n++
		bucket := map[string]string{"critical": "15|15[.]0", "routine": "60|60[.]0"}[found[1]] // the objectives of docs/monitoring
		rate := func(metric, more string) string {
			return `sum(rate(` + metric + `{lane="` + found[1] + `"` + more + `}[` + found[2] + `]))`
		}
		want := `1 - ` + rate("notify_handoff_seconds_bucket", `,le=~"`+bucket+`"`) + ` / (` + rate("notify_handoff_seconds_count", "") + ` + ` +
			rate("notify_ended_total", `,state=~"dead|expired"`) + `)`
		if got := strings.Join(strings.Fields(q.text), " "); got != want {
			t.Errorf("%s is\n%s\nwant\n%s", q.record, got, want)
		}
	}
	if n != 4 {
		t.Errorf("%d rates of what is late, want two for each lane", n)
	}
}

// What each metric means stands in the guide, by the labels that it has.
func TestTheGuideNamesEveryMetric(t *testing.T) {
	t.Parallel()
	known := tellers(t)
	text, err := os.ReadFile(guideFile)
	requireNo(t, err)
	named := map[string]bool{}
	for _, s := range selector.FindAllStringSubmatch(string(text), -1) {
		m := known[s[1]]
		if m == nil {
			t.Errorf("%s tells of %s, which nobody tells", guideFile, s[1])
			continue
		}
		named[s[1]] = true
		for _, label := range strings.FieldsFunc(s[2], func(r rune) bool { return r == ',' }) {
			if label, _, _ = strings.Cut(label, "="); !slices.Contains(m.labels, label) {
				t.Errorf("%s tells of %s by %s, which it has not", guideFile, s[1], label)
			}
		}
	}
	for name := range known {
		if !named[name] {
			t.Errorf("%s does not say what %s means", guideFile, name)
		}
	}
}
