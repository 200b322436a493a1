package queue_test

import (
	"os"
	"sync"
	"testing"

	"budstikke.example/notify/queue/redistest"
)

// lasting starts servers that all tests share: they end with the package, not with the test that came first.
type lasting struct{ testing.TB }

var endings []func()

func (lasting) Cleanup(end func()) { endings = append(endings, end) }

func (l lasting) TempDir() string {
	folder, err := os.MkdirTemp("", "belt")
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

// shared starts a server once, in whichever test comes first. mu also guards endings.
type shared struct {
	once  sync.Once
	start func(testing.TB) string
	url   string
}

var (
	mu        sync.Mutex
	cluster   = shared{start: func(t testing.TB) string { return redistest.Cluster(t).URL }}
	sentinels = shared{start: func(t testing.TB) string { return redistest.Sentinel(t).URL }}
)

func (s *shared) of(t testing.TB) string {
	t.Helper()
	mu.Lock()
	defer mu.Unlock()
	s.once.Do(func() { s.url = s.start(lasting{t}) })
	if s.url == "" {
		t.Skip("the servers did not start, see the test that came first")
	}
	return s.url
}

func TestMain(m *testing.M) {
	code := m.Run()
	for i := range endings {
		endings[len(endings)-1-i]()
	}
	os.Exit(code)
}
