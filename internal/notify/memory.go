package notify

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/image-updater/image-updater/internal/status"
)

// Folder is a [Memory] with a file for each channel.
type Folder string

// maxMemory bounds a file that is read, in bytes.
const maxMemory = 64 << 20

func (f Folder) file(channel string) string { return filepath.Join(string(f), "told-"+channel+".json") }

// Load returns what is kept. A file that cannot be read is none: what holds is told once more then.
func (f Folder) Load(channel string) status.Told {
	info, err := os.Stat(f.file(channel))
	if err != nil || info.Size() > maxMemory {
		return status.Told{}
	}
	data, err := os.ReadFile(f.file(channel))
	if err != nil {
		return status.Told{}
	}
	var told status.Told
	if json.Unmarshal(data, &told) != nil {
		return status.Told{}
	}
	return told
}

// Save replaces the file at once, so that it is there in full or as it was.
func (f Folder) Save(channel string, told status.Told) error {
	data, err := json.Marshal(told)
	if err != nil {
		return fmt.Errorf("writing what was told: %w", err)
	}
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	aside, err := os.CreateTemp(string(f), ".told-*")
	if err != nil {
		return err
	}
	defer os.Remove(aside.Name()) // where it was not renamed
	_, err = aside.Write(data)
	if closed := aside.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(aside.Name(), f.file(channel))
}
