package webtest

import (
	"fmt"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// Large is a company with n images, of which some are in each state.
func Large(now time.Time, n int) status.Status {
	s := Status(now)
	s.Policies = nil
	for i := range n {
		p := fleet[i%len(fleet)]
		if i%23 != 0 {
			p = policy{registry: "ghcr.io", kind: "semver", rule: "*", git: "fleet", from: "1.2.3", to: "1.2.3", state: status.UpToDate, since: time.Hour}
		}
		p.name = fmt.Sprintf("service-%05d", i)
		p.image = "ghcr.io/acme/" + p.name
		p.files = []string{"apps/" + p.name + "/deployment.yaml"}
		s.Policies = append(s.Policies, p.status(s.At, i))
	}
	return s
}
