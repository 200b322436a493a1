package register_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"testing"

	"budstikke.example/app/register"
)

func TestArchivesThatAreMoreThanAFlatZipAreRefused(t *testing.T) {
	t.Parallel()
	crowd := []string{}
	for i := range 101 {
		crowd = append(crowd, fmt.Sprint(i, ".csv"), "")
	}
	for _, c := range []struct {
		name, words string
		file        []byte
	}{
		{"no zip", "not a zip file", []byte("PK but not really")},
		{"empty", "not a zip file", nil},
		{"climbing", "path in its name", zipOf(t, "../users.csv", "x")},
		{"absolute", "path in its name", zipOf(t, "/etc/users.csv", "x")},
		{"backslash", "path in its name", zipOf(t, `..\users.csv`, "x")},
		{"drive", "path in its name", zipOf(t, `c:users.csv`, "x")},
		{"folder", "not in a folder", zipOf(t, "export/users.csv", "x")},
		{"twice", "two files of this name", zipOf(t, "users.csv", "x", "USERS.csv", "x")},
		{"crowd", "more than 100 files", zipOf(t, crowd...)},
		{"link", "not an ordinary file", symlink(t)},
		{"bomb", "too large", bomb(t, 65<<20, 65<<20)},
		{"lying bomb", "too large", bomb(t, 65<<20, 10)},
		{"strange packing", "packed in a way", packedAs(t, 99)},
	} {
		roster, problems := register.ParseOneRoster(c.file, "r.zip", reading)
		if !problems.Failed() || !strings.Contains(problems.String(), c.words) && (c.name != "lying bomb" || !strings.Contains(problems.String(), "damaged")) || len(roster.Persons) > 0 {
			t.Errorf("%s: want an error that says %q:\n%s", c.name, c.words, problems)
		}
	}
}

func TestMacintoshLeftoversAreIgnored(t *testing.T) {
	t.Parallel()
	file := zipOf(t, "__MACOSX/._users.csv", "\x00", ".DS_Store", "\x00", "manifest.csv", manifest("1.1", "users", "bulk"), "users.csv", userHeads11+"p1,active,true,s,teacher,,Ida,Lund,,,,,,\n")
	if _, problems := register.ParseOneRoster(file, "r.zip", reading); problems.Failed() {
		t.Error(problems)
	}
}

// bomb packs size bytes of users.csv and claims another size.
func bomb(t *testing.T, size, claimed int) []byte {
	t.Helper()
	var packed, out bytes.Buffer
	squeeze, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	sum, chunk := crc32.NewIEEE(), bytes.Repeat([]byte("a"), 1<<20)
	for range size >> 20 {
		if _, err := io.MultiWriter(squeeze, sum).Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := squeeze.Close(); err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(&out)
	entry, err := archive.CreateRaw(&zip.FileHeader{Name: "users.csv", Method: zip.Deflate, CRC32: sum.Sum32(), CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(claimed)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write(packed.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func packedAs(t *testing.T, method uint16) []byte {
	t.Helper()
	return special(t, &zip.FileHeader{Name: "users.csv", Method: method, UncompressedSize64: 1, CompressedSize64: 1})
}

func symlink(t *testing.T) []byte {
	t.Helper()
	header := &zip.FileHeader{Name: "users.csv", UncompressedSize64: 1, CompressedSize64: 1}
	header.SetMode(os.ModeSymlink | 0o777)
	return special(t, header)
}

func special(t *testing.T, header *zip.FileHeader) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	entry, err := archive.CreateRaw(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
