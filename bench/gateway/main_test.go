package gateway

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/notify/sandbox"
)

// roleVariable makes this program something else than a benchmark: a peer's worker process, or what the API is measured with and against.
const roleVariable = "BENCH_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := play(role); err != nil {
		fmt.Fprintln(os.Stderr, role+":", err)
		os.Exit(1)
	}
}

// play does not return before the process is killed, except when something is wrong.
func play(role string) error {
	ctx := context.Background()
	switch role {
	case "load":
		return Fire(os.Stdin, os.Stdout)
	case "bare":
		return ServeBare(ctx, os.Stdout, os.Getenv("DATABASE_URL"), uuid.MustParse(os.Getenv("HERE")))
	}
	m, err := sandbox.FetchManifest(ctx, os.Getenv("SANDBOX_URL"), func(error) {})
	if err != nil {
		return err
	}
	a, err := NewApple(ctx, m)
	if err != nil {
		return err
	}
	switch role {
	case "asynq":
		_, err = NewAsynq(a, os.Getenv("REDIS_URL"), recoverySlots, true)
	case "river":
		_, err = NewRiver(ctx, a, os.Getenv("DATABASE_URL"), recoverySlots, true)
	default:
		err = fmt.Errorf("there is no such role")
	}
	if err != nil {
		return err
	}
	select {}
}
