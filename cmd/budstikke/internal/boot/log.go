package boot

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"
)

// NewLog returns the log of a process: JSON lines, or readable text when w is a terminal or the settings ask for
// it. No personal data go into any log.
func NewLog(w io.Writer, p Process) *slog.Logger {
	var level slog.Level
	if level.UnmarshalText([]byte(p.LogLevel)) != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if p.LogFormat == "text" || (p.LogFormat != "json" && isTerminal(w)) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
