package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// What docs/formats.md shows is what the program does: each transcript is run on the files that stand before it, and
// prints what is shown, on stdout and stderr together. A file is a block below a comment with its name. set uses its files
// up, and so does the end of a section; references leaves them to the next transcript.
func TestFormatsShowWhatIsPrinted(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	scripts := formatsScripts(string(docs))
	if len(scripts) < 17 {
		t.Fatalf("found %d transcripts", len(scripts))
	}
	dir := t.TempDir()
	for i, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("formats_%02d.txtar", i)), []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, testscript.Params{Dir: dir, Setup: setUp, RequireExplicitExec: true})
}

// formatsScripts returns a script for each transcript.
func formatsScripts(docs string) []string {
	var scripts []string
	files := ""
	blocks := strings.Split("\n"+docs, "\n```")
	for i := 1; i < len(blocks); i += 2 { // those between the fences
		before, text := blocks[i-1], blocks[i]
		if strings.Contains(before, "\n## ") {
			files = ""
		}
		_, text, _ = strings.Cut(text, "\n")
		above := strings.TrimSpace(before[strings.LastIndexByte(strings.TrimRight(before, "\n"), '\n')+1:])
		if name, isFile := strings.CutPrefix(above, "<!-- "); isFile {
			files += "-- repo/" + strings.TrimSuffix(name, " -->") + " --\n" + text + "\n"
			continue
		}
		command, isTranscript := strings.CutPrefix(text, "$ ")
		if !isTranscript {
			continue
		}
		command, printed, _ := strings.Cut(command, "\n")
		code := 0
		if strings.Contains("\n"+printed, "\nimage-updater: ") {
			code = exitFailed
		}
		scripts = append(scripts, fmt.Sprintf("cd repo\nexec sh -c '%s >../printed.txt 2>&1; test $? -eq %d'\ncd ..\ncmp printed.txt want.txt\n\n-- want.txt --\n%s\n%s",
			command, code, printed, files))
		if strings.HasPrefix(command, "image-updater set ") {
			files = ""
		}
	}
	return scripts
}
