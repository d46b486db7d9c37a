package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/image-updater/image-updater/edit"
	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/message"
	"github.com/image-updater/image-updater/internal/plan"
)

func TestWorded(t *testing.T) {
	t.Parallel()
	nginx, err := image.ParseRepository("nginx")
	if err != nil {
		t.Fatal(err)
	}
	g := plan.NewGroup("fleet", []plan.Change{
		{Site: edit.Site{Path: "web.yaml", Line: 3, Image: nginx, Tag: "1.25.3"}, To: "1.27.4"},
	})
	const trailer = "Image-Updater-Change: web.yaml docker.io/library/nginx 1.25.3 -> 1.27.4\n"
	for text, want := range map[message.Text]string{
		{Subject: "Ship"}: "Ship\n\n" + trailer,
		{Subject: "Ship", Body: "One.\n\nTwo: it is"}: "Ship\n\nOne.\n\nTwo: it is\n\n" + trailer,
	} {
		if diff := cmp.Diff(want, g.Worded(text)); diff != "" {
			t.Error(diff)
		}
	}
}
