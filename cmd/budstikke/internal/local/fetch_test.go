package local

import (
	"archive/zip"
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDownloadIsUnpackedAndNothingIsStarted serves an archive in the shape of the download server's: a jar with a
// .txz in it. Its initdb leaves a trace if it is ever run.
func TestDownloadIsUnpackedAndNothingIsStarted(t *testing.T) {
	if _, err := exec.LookPath("xz"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("xz is needed to make the archive: .ci/run installs it")
		}
		t.Skip("xz is needed to make the archive")
	}
	h, tree := testHome(t), t.TempDir()
	t.Setenv("TMPDIR", t.TempDir()) // the library leaves its log there
	trace := filepath.Join(tree, "initdb-was-run")
	bin := fakePostgres(t, filepath.Join(tree, "bin"), says("17.5"))
	for _, name := range []string{"initdb", "pg_ctl"} {
		writeProgram(t, filepath.Join(bin, name), "#!/bin/sh\ntouch "+trace+"\n")
	}
	packed, err := exec.Command("tar", "-C", tree, "-cJf", "-", "bin").Output()
	if err != nil {
		t.Fatal(err)
	}
	var jar bytes.Buffer
	z := zip.NewWriter(&jar)
	w, err := z.Create("postgres.txz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(packed); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 8)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, ".jar") {
			http.NotFound(w, r)
			return
		}
		asked <- r.URL.Path
		_, _ = w.Write(jar.Bytes())
	}))
	defer server.Close()
	downloadFrom = server.URL
	defer func() { downloadFrom = "" }()

	dir, err := fetchDownload(t.Context(), h, 17)
	if err != nil {
		t.Fatal(err)
	}
	if path := <-asked; !strings.Contains(path, "/17.5.0/") {
		t.Errorf("asked for %s", path)
	}
	if found, err := (search{home: h}).probe(t.Context(), binaries{dir: dir}); err != nil || found.major != 17 {
		t.Errorf("probe: %+v, %v", found, err)
	}
	if !gone(trace) {
		t.Error("the download started something")
	}
	if _, err := fetchDownload(t.Context(), h, 17); err != nil || len(asked) != 0 {
		t.Errorf("the second time it was downloaded again (%v)", err)
	}

	server.Close()
	if _, err := fetchDownload(t.Context(), h, 16); err == nil || !strings.Contains(err.Error(), "unable to connect") {
		t.Errorf("without a network: %v", err)
	}
}
