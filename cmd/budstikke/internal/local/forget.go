package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// Forget removes the database that Dev has kept for a project, and returns the folders that it removed: the one in the project's data folder
// and the one below the temporary folder that stood in for it, whichever there is. It fails, and leaves that folder alone, while a program
// uses the database, or when the folder is somebody else's.
func Forget(ctx context.Context, o Options) (removed []string, err error) {
	o, err = o.withDefaults()
	if err != nil {
		return nil, err
	}
	as, err := servant()
	if err != nil {
		return nil, err
	}
	// What stands in for the project's folder is removed as a whole: fetched binaries of PostgreSQL lie in it too.
	for _, whole := range []string{filepath.Join(o.Folder, "postgres"), elsewhere(o, as)} {
		if _, err := os.Lstat(whole); errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err := as.remove(ctx, whole); err != nil {
			return removed, err
		}
		removed = append(removed, whole)
	}
	return removed, nil
}

// remove removes a folder of the account's, holding the lock of the database in it.
func (a *account) remove(ctx context.Context, whole string) error {
	if err := a.privateFolder(whole); err != nil {
		return err
	}
	database := filepath.Join(whole, "postgres")
	if _, err := os.Lstat(database); err != nil {
		database = whole
	} else if err := a.privateFolder(database); err != nil {
		return err
	}
	held, err := lock(ctx, database)
	if err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(whole), held.Close())
}
