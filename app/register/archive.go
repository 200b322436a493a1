package register

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// What a OneRoster zip may hold at most. A compressed file can claim to be anything, so the bytes that come out are
// counted while they are read.
const (
	maxEntries       = 100
	maxEntryBytes    = 64 << 20
	maxUnpackedBytes = 128 << 20
)

// unpack reads the wanted files of a zip into text, by lower-case name. It refuses everything that tries to be more than
// a flat zip of small text files: folders, paths, links, encryption, two files of one name, and sizes above the limits.
func unpack(file []byte, wanted func(name string) bool, fault func(entry, reason string)) map[string]string {
	if len(file) > maxFileBytes {
		fault("", "The zip file is larger than 64 MB.")
		return nil
	}
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		fault("", "This is not a zip file, or it was damaged on its way. Export it again.")
		return nil
	}
	if len(archive.File) > maxEntries {
		fault("", fmt.Sprintf("The zip file holds more than %d files; a OneRoster export holds about fifteen.", maxEntries))
		return nil
	}
	texts, left := map[string]string{}, int64(maxUnpackedBytes)
	for _, entry := range archive.File {
		if strings.HasPrefix(entry.Name, "__MACOSX/") || entry.Name == ".DS_Store" {
			continue // what a Macintosh adds; never opened
		}
		name := strings.ToLower(entry.Name)
		if reason := refusal(entry); reason != "" {
			fault(entry.Name, reason)
			continue
		}
		if _, twice := texts[name]; twice {
			fault(entry.Name, "The zip file holds two files of this name.")
			continue
		}
		if !wanted(name) {
			continue
		}
		data, reason := inflate(entry, min(maxEntryBytes, left))
		if reason != "" {
			fault(entry.Name, reason)
			continue
		}
		left -= int64(len(data))
		text, _, reason := decode(data, EncodingSniffed)
		if reason != "" {
			fault(entry.Name, reason)
			continue
		}
		texts[name] = text
	}
	return texts
}

func refusal(entry *zip.File) string {
	switch {
	case strings.ContainsAny(entry.Name, "\\:\x00") || strings.HasPrefix(entry.Name, "/") || strings.Contains(entry.Name, ".."):
		return "The zip file holds a file with a path in its name; such a file is not opened. Export it again."
	case strings.Contains(entry.Name, "/"):
		return "The files have to lie directly in the zip file, not in a folder. Mark the files themselves when you zip them."
	case !entry.Mode().IsRegular():
		return "The zip file holds something that is not an ordinary file."
	case entry.Flags&1 != 0:
		return "The zip file is locked with a password. Export it without one."
	default:
		return ""
	}
}

func inflate(entry *zip.File, limit int64) (data []byte, reason string) {
	const tooLarge = "The file becomes too large when it is unpacked."
	if entry.UncompressedSize64 > uint64(max(limit, 0)) {
		return nil, tooLarge
	}
	reader, err := entry.Open()
	if err != nil {
		return nil, "The file is packed in a way that can not be read. Zip it again with an ordinary program."
	}
	defer func() { _ = reader.Close() }() // read only: there is nothing a failing close could lose
	data, err = io.ReadAll(io.LimitReader(reader, limit+1))
	switch {
	case err != nil:
		return nil, "The file was damaged on its way. Export it again."
	case int64(len(data)) > limit:
		return nil, tooLarge
	}
	return data, ""
}
