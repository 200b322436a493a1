package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
)

// What lay on the belt and is no ref is shown to whoever asks, once a worker has met it (B3).
func TestBrokenEntriesAreShown(t *testing.T) {
	redis := miniredis.RunT(t)
	t.Setenv("REDIS_URL", "redis://"+redis.Addr()+"/0")
	t.Setenv("REDIS_PREFIX", "here")
	t.Setenv("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
	if _, err := redis.XAdd("here:notify:broken", "1700000000000-0", []string{"key", "a belt", "entry", "1-1", "fields", "{\"x\":\"\x1b[31m\"}"}); err != nil {
		t.Fatal(err)
	}
	for _, asJSON := range []bool{false, true} {
		var out bytes.Buffer
		if err := (outboxBroken{Most: 10, JSON: asJSON}).Run(context.Background(), terminal{out: &out, err: &out}); err != nil {
			t.Fatal(err)
		}
		if told := out.String(); !strings.Contains(told, "a belt") || !strings.Contains(told, "2023-11-14") || strings.Contains(told, "\x1b") {
			t.Errorf("it told %q", told)
		}
	}
}
