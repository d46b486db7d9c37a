package edit

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/image-updater/image-updater/image"
)

// variable matches what other programs replace before an image is pulled: Helm's and Go's {{...}}, GitHub's ${{...}},
// the shell's and Compose's ${...} and $NAME, and the $(NAME) of Kubernetes.
var variable = regexp.MustCompile(`\$\{\{.*?\}\}|\{\{.*?\}\}|\$\{[^}]*\}|\$\([^)]*\)|\$[A-Za-z_][A-Za-z0-9_]*|\{\{|\$\{`)

// variableProblem says that a text has a variable in it, or returns "".
func variableProblem(text string) string {
	if !strings.ContainsAny(text, "{$") {
		return ""
	}
	if v := variable.FindString(text); v != "" {
		return fmt.Sprintf("holds the variable or template %.40q", v)
	}
	return ""
}

// defaulted matches a variable that stands for a text of its own, where it is not set or, with a +, where it is:
// ${WEB:-nginx:1.2}.
var defaulted = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*:?[-+]([^{}$]*)\}`)

// mask stands for a variable while a reference is taken apart: no reference has one.
const mask = "\x00"

// variableHint says where the tag of a reference with a variable can be written.
const variableHint = "write the variable's own value, by a marker or target where it is set"

// SettleVariables tells apart the refusals of references of Compose and Dockerfiles whose tag is a variable's: where a
// marker or target wrote the same image in the same folder, or found it there as wanted, that was the place, and the
// refusal is but a note. The written changes are those of all files, Applied and Unchanged.
func SettleVariables(refused []Refusal, written []Change) (rest, notes []Refusal) {
	type place struct {
		folder string
		image  image.Repository
	}
	set := map[place]bool{}
	for _, c := range written {
		if c.Site.Named {
			set[place{path.Dir(c.Site.Path), c.Site.Image}] = true
		}
	}
	for _, r := range refused {
		if r.Variable && set[place{path.Dir(r.Path), r.Image}] {
			notes = append(notes, r)
		} else {
			rest = append(rest, r)
		}
	}
	return rest, notes
}
