package writeback

import (
	"context"

	"github.com/image-updater/image-updater/edit"
)

// Dir is a folder of files.
type Dir struct{}

// OpenDir opens the folder at path.
func OpenDir(path string) (*Dir, error) { return &Dir{}, nil }

// Find returns the references that s finds in the files that match paths.
func (d *Dir) Find(ctx context.Context, s *edit.Scanner, paths edit.Paths) (edit.Found, error) {
	return edit.Found{}, nil
}

// Preview makes the edits without writing them.
func (d *Dir) Preview(ctx context.Context, changes []edit.Change) (Preview, error) {
	return Preview{}, nil
}

// Write makes the edits and writes the files.
func (d *Dir) Write(ctx context.Context, changes []edit.Change) (Preview, error) {
	return Preview{}, nil
}

// Close lets go of the folder.
func (d *Dir) Close() error { return nil }
