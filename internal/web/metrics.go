package web

import (
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/image-updater/image-updater/internal/status"
)

// mostScrapes bounds how many answers of /metrics are made or taken at once: of 10,000 images each is a megabyte and the
// work of a tenth of a second, and hundreds at once would have everybody else wait for a minute.
const mostScrapes = 10

// metrics answers /metrics: what [statusCollector] makes of a Status, and what Go and the system tell of the process.
func (s *site) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), statusCollector{s})
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelError), ErrorHandling: promhttp.ContinueOnError,
		MaxRequestsInFlight: mostScrapes,
	})
}

// family is one metric with all its series.
type family struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func gauge(name, help string, labels ...string) family {
	return family{prometheus.NewDesc("image_updater_"+name, help, labels, nil), prometheus.GaugeValue}
}

func counter(name, help string, labels ...string) family {
	return family{prometheus.NewDesc("image_updater_"+name, help, labels, nil), prometheus.CounterValue}
}

// The metrics. Each label has values of the policy files or of this program, never of a registry or a sender, so that
// nobody outside can make more series.
var (
	buildInfo = gauge("build_info", "Always 1; the labels tell which program this is.", "version", "goversion")
	ready     = gauge("ready", "1 when the policies are loaded and each Git repository was read once.")

	configOK     = gauge("config_reload_success", "1 when the policy files were valid when they were last read.")
	configLoaded = gauge("config_loaded_timestamp_seconds", "When the policies that hold now were read.")
	configShort  = gauge("config_shortages", "What the policies ask of registries and do not get.")

	policies   = gauge("policies", "Policies by state.", "state")
	references = gauge("references", "References in Git that policies govern, by what was decided of them.", "state")
	scanAge    = gauge("scan_age_seconds", "Age of the list of tags of an image, once there is one.", "registry", "image")

	registryRequests = counter("registry_requests_total",
		"HTTP requests to a registry: pull are those that it counts as such, other are the rest.", "registry", "kind")
	registryImages  = gauge("registry_images", "Images of a registry that are looked at.", "registry")
	registryOldest  = gauge("registry_oldest_scan_age_seconds", "Age of the oldest list of tags of a registry.", "registry")
	registryFailing = gauge("registry_failing_looks", "Looks at a registry that have failed in a row.", "registry")
	registryPaused  = gauge("registry_paused", "1 while a registry, or the tag API beside it, is not asked since it has said so.", "registry")
	registryParked  = gauge("registry_credentials_refused", "1 when a registry refuses the credentials.", "registry")

	quotaAllowance = gauge("quota_allowance_pulls", "Pulls that a registry allows in its window.", "registry")
	quotaRemaining = gauge("quota_remaining_pulls", "Pulls of it that remain, as the registry says.", "registry")
	quotaReserve   = gauge("quota_reserve_pulls", "Pulls of it that are left to others.", "registry")
	quotaSpent     = gauge("quota_spent_pulls", "Pulls of it that this program has spent.", "registry")
	quotaAvailable = gauge("quota_available_pulls", "Pulls of it that this program may spend now.", "registry")

	passes       = counter("passes_total", "Passes that have ended, by result.", "result")
	passDuration = prometheus.NewDesc("image_updater_pass_duration_seconds", "How long passes took.", nil, nil)
	passEnded    = gauge("pass_ended_timestamp_seconds", "When the last pass has ended.")
	passStuck    = gauge("pass_stuck", "1 while a pass does not go on.")
	changes      = counter("changes_total", "Changes of references that were written.")
	commits      = counter("commits_total", "Commits that were pushed.")
	proposals    = counter("pull_requests_total", "Pull requests that were opened or updated.")

	gitQueue     = gauge("git_queued_changes", "Changes that are decided and not written yet.", "git")
	gitRetries   = counter("git_push_retries_total", "Pushes that had to be made again.", "git")
	gitWrite     = gauge("git_written_timestamp_seconds", "When a Git repository was last written to.", "git")
	gitRead      = gauge("git_read_timestamp_seconds", "When a Git repository was last read.", "git")
	gitFailing   = gauge("git_failing", "1 while a Git repository cannot be read or written, or its policy files do not hold.", "git")
	openRequests = gauge("open_pull_requests", "Open pull requests by state.", "git", "state")

	fileFailing = gauge("file_failing", "1 while what a flag of the server names cannot be read, and what it held before holds.", "flag")

	hookEvents    = counter("hook_events_total", "Requests at a push hook, by result.", "hook", "kind", "result")
	hookUnnamed   = counter("hook_unnamed_events_total", "Events at a push hook about images that no policy names.", "hook", "kind")
	notifications = counter("notifications_total", "Messages by channel and result.", "channel", "kind", "result")
	notifyQueued  = gauge("notifications_queued", "Events of messages that are not sent yet.", "channel", "kind")
)

var families = []family{
	buildInfo, ready, configOK, configLoaded, configShort, policies, references, scanAge, registryRequests, registryImages, registryOldest,
	registryFailing, registryPaused, registryParked, quotaAllowance, quotaRemaining, quotaReserve, quotaSpent, quotaAvailable, passes,
	passEnded, passStuck, changes, commits, proposals, gitQueue, gitRetries, gitWrite, gitRead, gitFailing, openRequests, fileFailing, hookEvents,
	hookUnnamed, notifications, notifyQueued,
}

// statusCollector makes the metrics of the Status at the moment it is asked.
type statusCollector struct{ site *site }

func (c statusCollector) Describe(out chan<- *prometheus.Desc) {
	out <- passDuration
	for _, f := range families {
		out <- f.desc
	}
}

func (c statusCollector) Collect(out chan<- prometheus.Metric) {
	m := meter{view{c.site.Status(), clock{c.site.Now()}}, out}
	m.tell(buildInfo, 1, m.Version, runtime.Version())
	m.flag(ready, m.Ready)
	m.flag(configOK, m.Config.Fault == "")
	m.moment(configLoaded, m.Config.Loaded)
	m.tell(configShort, float64(len(m.Config.Short)))
	m.policies()
	m.registries()
	m.passes()
	m.git()
	m.ends()
}

// meter writes the series of one moment.
type meter struct {
	view
	out chan<- prometheus.Metric
}

func (m meter) tell(f family, value float64, labels ...string) {
	for i, label := range labels {
		labels[i] = strings.ToValidUTF8(label, "\uFFFD")
	}
	m.out <- prometheus.MustNewConstMetric(f.desc, f.kind, value, labels...)
}

func (m meter) flag(f family, is bool, labels ...string) {
	value := 0.0
	if is {
		value = 1
	}
	m.tell(f, value, labels...)
}

// moment tells a time, once there is one.
func (m meter) moment(f family, t time.Time, labels ...string) {
	if !t.IsZero() {
		m.tell(f, float64(t.UnixMilli())/1000, labels...)
	}
}

// age tells how long ago a time was, once there is one.
func (m meter) age(f family, t time.Time, labels ...string) {
	if !t.IsZero() {
		m.tell(f, max(0, m.now.Sub(t).Seconds()), labels...)
	}
}

// policies counts them and their references, and tells how old each list is. An image of several policies is one series.
func (m meter) policies() {
	inState := make(map[status.State]int, len(status.States))
	type image struct{ registry, name string }
	told := make(map[image]bool, len(m.Policies))
	for i := range m.Policies {
		p := &m.Policies[i]
		for j := range p.References {
			inState[p.References[j].State]++
		}
		if it := (image{p.Registry, p.Image}); !p.Looked.IsZero() && !told[it] {
			told[it] = true
			m.age(scanAge, p.Looked, p.Registry, p.Image)
		}
	}
	for _, c := range countStates(m.Policies) {
		m.tell(policies, float64(c.N), string(c.State))
		m.tell(references, float64(inState[c.State]), string(c.State))
	}
}

func (m meter) registries() {
	for i := range m.Registries {
		r := &m.Registries[i]
		m.tell(registryRequests, float64(r.Pulls), r.Host, "pull")
		m.tell(registryRequests, float64(max(0, r.Requests-r.Pulls)), r.Host, "other")
		m.tell(registryImages, float64(r.Images), r.Host)
		m.age(registryOldest, r.Oldest, r.Host)
		m.tell(registryFailing, float64(r.FailingFor), r.Host)
		m.flag(registryPaused, r.PausedUntil.After(m.now) || r.TagsPaused.After(m.now), r.Host)
		m.flag(registryParked, r.Parked != "", r.Host)
		if !r.Metered {
			continue
		}
		m.tell(quotaAllowance, float64(r.Allowance), r.Host)
		if r.Remaining >= 0 {
			m.tell(quotaRemaining, float64(r.Remaining), r.Host)
		}
		m.tell(quotaReserve, float64(r.Reserve), r.Host)
		m.tell(quotaSpent, float64(r.Spent), r.Host)
		m.tell(quotaAvailable, float64(r.Left), r.Host)
	}
}

func (m meter) passes() {
	t := &m.Totals
	m.tell(passes, float64(t.Passes-t.Failed), "ok")
	m.tell(passes, float64(t.Failed), "failed")
	within := make(map[float64]uint64, len(status.PassBounds))
	for i, bound := range status.PassBounds {
		within[bound.Seconds()] = uint64(t.Within[i])
	}
	m.out <- prometheus.MustNewConstHistogram(passDuration, uint64(t.Passes), t.Took.Seconds(), within)
	m.moment(passEnded, m.Last.Ended)
	m.flag(passStuck, m.Running.Stuck)
	m.tell(changes, float64(t.Changes))
	m.tell(commits, float64(t.Commits))
	m.tell(proposals, float64(t.PullRequests))
}

func (m meter) git() {
	for i := range m.Git {
		g := &m.Git[i]
		m.tell(gitQueue, float64(g.Queue), g.Name)
		m.tell(gitRetries, float64(g.Retry), g.Name)
		m.moment(gitWrite, g.Write, g.Name)
		m.moment(gitRead, g.Read, g.Name)
		m.flag(gitFailing, g.Error != "" || g.Fault != "", g.Name)
		open := make(map[string]int)
		for j := range g.Open {
			open[g.Open[j].State]++
		}
		for state, n := range open {
			m.tell(openRequests, float64(n), g.Name, state)
		}
	}
}

func (m meter) ends() {
	for _, f := range m.Files {
		m.flag(fileFailing, f.Error != "", f.Flag)
	}
	for _, h := range m.Hooks {
		m.tell(hookEvents, float64(h.Events), h.Name, h.Kind, "accepted")
		m.tell(hookEvents, float64(h.Refused), h.Name, h.Kind, "refused")
		m.tell(hookUnnamed, float64(h.Unnamed), h.Name, h.Kind)
	}
	for _, c := range m.Channels {
		m.tell(notifications, float64(c.Sent), c.Name, c.Kind, "sent")
		m.tell(notifications, float64(c.Failed), c.Name, c.Kind, "failed")
		m.tell(notifyQueued, float64(c.Queued), c.Name, c.Kind)
	}
}
