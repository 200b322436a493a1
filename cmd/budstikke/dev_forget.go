package main

import (
	"context"
	"fmt"

	"budstikke.example/cmd/budstikke/internal/local"
)

// forget removes the database of earlier runs, wherever it is.
func (c devCommand) forget(ctx context.Context, t terminal) error {
	removed, err := local.Forget(ctx, local.Options{Folder: c.Data})
	for _, folder := range removed {
		fmt.Fprintln(t.out, "removed", folder)
	}
	if err == nil && len(removed) == 0 {
		fmt.Fprintln(t.out, "there is nothing to remove")
	}
	return err
}
