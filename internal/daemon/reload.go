package daemon

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/plan"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/policy"
)

// loaded is what was read and not yet taken over.
type loaded struct {
	at     time.Time // when it was
	setup  *Setup
	images map[image.Repository]*watched
}

// load reads the policy files.
func (d *Daemon) load(ctx context.Context) (*loaded, error) {
	setup, err := d.o.Load(ctx)
	if err != nil {
		return nil, err
	}
	return &loaded{at: d.o.Now(), setup: setup, images: newWatched(ctx, setup.Registry, setup.Config)}, nil
}

// rereading is the least time between two readings of the policy files: each leads to a pass of everything.
const rereading = 2 * time.Second

// handover is how long what goes on may take to end by itself, when the policy files were read again.
const handover = 3 * time.Second

// handedOver reports whether what was read is to be followed now: at once where nothing goes on but what is silent.
func (l *loop) handedOver(now time.Time) bool {
	if l.loaded == nil {
		return false
	}
	silent := l.looking.silent(now) + l.asking.silent(now) + l.writing.silent(now)
	return l.running <= silent || !now.Before(l.loaded.at.Add(handover))
}

// reloading reads the policy files again when somebody wants it, or some time after that has failed: what they name may be
// there by then.
func (l *loop) reloading(ctx context.Context, now time.Time) {
	l.mu.Lock()
	l.reloadAt = l.retryAt
	if l.reload {
		l.reloadAt = latest(now, l.readAt.Add(rereading))
	}
	due := !l.reloadAt.IsZero() && !l.reloadAt.After(now) && !l.loading && l.loaded == nil
	if due {
		l.reload = false
	}
	l.mu.Unlock()
	if !due {
		return
	}
	l.reloadAt, l.retryAt = time.Time{}, time.Time{}
	l.loading, l.readAt = true, now
	l.start(ctx, func(ctx context.Context) outcome {
		read, err := l.load(ctx)
		return func(context.Context) {
			l.loading = false
			l.loaded = read
			if err != nil && ctx.Err() == nil {
				l.faulty(err)
			}
		}
	})
}

// faulty tells that the policy files do not hold, and that those of before do.
func (l *loop) faulty(err error) {
	now := l.now()
	l.unloaded++
	l.retryAt = now.Add(pauseAfter(l.unloaded))
	text := err.Error()
	if l.status.Config.Fault != text {
		l.o.Log.Error("the policy files have an error; those of before still hold", "err", err)
	}
	l.fold(l.status.Fault(text, now))
	l.show(now)
}

// apply takes over what was read. What still goes on by what was read before has been ended, and is no longer counted: but
// for passes, for there is one at a time of each Git repository.
func (l *loop) apply(ctx context.Context, read *loaded) {
	now := l.now()
	l.unloaded, l.retryAt = 0, time.Time{}
	before := l.setup
	if err := l.put(read.setup); err != nil {
		l.o.Log.Warn("closing what was read before", "err", err)
	}
	if before != nil {
		l.usage.keep(before.Quotas.Requests())
	}
	l.looking, l.asking = newSlots(looksAtOnce, hostAtOnce, silentLooks), newSlots(asksAtOnce, asksAtServer, silentAsks)
	l.survey = false
	for _, t := range l.trees {
		t.asking = false
	}
	c := read.setup.Joined()
	if c != read.setup.Config { // a pass has read a folder of policies since
		read.images = newWatched(ctx, read.setup.Registry, c)
	}
	known, again := l.images, l.images != nil
	l.learn(ctx, c, read.images, now, status.Config{Loaded: now})
	if again {
		l.lookSoon(known, now)
	}
	reason := "the program was started"
	if again {
		reason = "the policy files were read"
	}
	for _, t := range l.trees {
		t.because(now, cause{words: []string{reason}}, true)
		t.due, t.retry = now, now
	}
	clear(l.until)
	l.nextUntil = time.Time{}
	l.surveyAt = now
	l.show(now)
	if again {
		l.o.Log.Info("policy files were read", "policies", len(c.Policies))
	}
}

// lookSoon has images looked at that were in no policy until now, however young the list at hand is, and those that could
// not be looked at: who has written a policy, or a credential, wants to see what comes of it. And what registries told of the
// former until now was told to nobody.
func (l *loop) lookSoon(before map[image.Repository]*watched, now time.Time) {
	for repository, w := range l.images {
		if was := before[repository]; was == nil || was.failures > 0 {
			w.pushed = now
		}
	}
}

// put puts a setup in the place of the one there is, which is closed: from then on no registry is asked by that.
func (d *Daemon) put(s *Setup) error {
	d.mu.Lock()
	old := d.setup
	d.setup = s
	d.mu.Unlock()
	if old == nil {
		return nil
	}
	return old.Close()
}

// learn takes over a configuration with its images.
func (l *loop) learn(ctx context.Context, c *config.Config, images map[image.Repository]*watched, now time.Time, files status.Config) {
	for repository, w := range images {
		if was := l.images[repository]; was != nil {
			w.take(was)
		}
	}
	l.images, l.wishes = images, make(map[image.Repository]reconcile.Wish, len(images))
	known := make(map[image.Repository]bool, len(images))
	for repository, w := range images {
		l.wishes[repository], known[repository] = w.wish, true
	}
	l.mu.Lock()
	l.known, l.config = known, c
	l.mu.Unlock()
	l.plant(c)
	l.findAll()
	l.gather(ctx)
	read := l.loadedOf(c, now)
	files.Files = c.Files
	read.Config = files
	l.fold(l.looksTaken().Load(read))
}

// unreadFor is for how long a branch is never left unread: people push to it at other times than images are pushed.
const unreadFor = time.Hour

// plant makes the Git repositories of the policies. Those that were there before go on.
func (l *loop) plant(c *config.Config) {
	before, refers := l.trees, l.refers
	l.trees, l.writesTo, l.refers = nil, map[string][]string{}, map[string]map[image.Repository]bool{}
	writing := map[string][]config.Policy{} // by Git repository
	for _, p := range c.Policies {
		l.writesTo[p.Name] = p.Git
		for _, git := range p.Git {
			writing[git] = append(writing[git], p)
		}
	}
	for _, g := range c.Git {
		t := &tree{awaited: l.now()}
		if i := slices.IndexFunc(before, func(old *tree) bool { return old.git.Name == g.Name && old.git.URL == g.URL }); i >= 0 {
			t = before[i]
		}
		l.refers[g.Name] = refers[g.Name]
		t.goBy(g, writing[g.Name], c.Interval)
		if len(t.policies) > 0 || g.Policies != "" {
			l.trees = append(l.trees, t)
		}
	}
}

// goBy takes over what is said of a Git repository, and by the policies that write to it. While there are none it is asked
// by the interval given.
func (t *tree) goBy(g config.Git, policies []config.Policy, interval time.Duration) {
	t.git, t.proposes = g, g.Proposes(policies)
	t.server, t.place = placeOf(g.URL)
	t.policies, t.interval = nil, unreadFor
	for _, p := range policies {
		t.policies = append(t.policies, p.Name)
		t.interval = min(t.interval, askedEach(p.Interval))
	}
	if len(policies) == 0 {
		t.interval = min(t.interval, askedEach(interval))
	}
}

// askedEach returns how often it is asked where a branch stands, by the interval of a policy.
func askedEach(interval time.Duration) time.Duration {
	return max(cmp.Or(interval, usualInterval), time.Minute)
}

// loadedOf is what the policy files say, for a status.
func (l *loop) loadedOf(c *config.Config, now time.Time) status.Loaded {
	read := status.Loaded{At: now}
	for _, p := range c.Policies {
		read.Policies = append(read.Policies, policyOf(p))
	}
	for _, t := range l.trees { // one that nothing is written to is never read, and nobody waits for it
		g := t.git
		read.Git = append(read.Git, status.Git{Name: g.Name, URL: withoutUser(g.URL), Branch: g.Branch, Mode: string(g.Write.Mode)})
	}
	return read
}

func policyOf(p config.Policy) status.Policy {
	told := status.Policy{Name: p.Name, Image: p.Image.Familiar(), Registry: p.Image.Host, Git: p.Git, Notify: p.Notify, Interval: p.Interval}
	told.Kind, told.Rule = string(cmp.Or(p.Spec.Select.Kind, policy.Semver)), p.Spec.Select.Arg
	if told.Kind == string(policy.Semver) && told.Rule == "" {
		told.Rule = "*"
	}
	if p.Suspend {
		told.Notes = append(told.Notes, status.Note{State: status.Suspended, Why: status.Reason{Rule: string(plan.Suspended), Detail: "the policy is suspended"}})
	}
	if len(p.Git) == 0 {
		told.Notes = append(told.Notes, status.Note{State: status.NotFound,
			Why: status.Reason{Rule: string(plan.NotFound), Detail: "the policy names no Git repository to write to"}})
	}
	return told
}

// withoutUser returns a URL without what may be a secret in it.
func withoutUser(url string) string {
	scheme, rest, found := strings.Cut(url, "://")
	if !found {
		return url
	}
	host, path, _ := strings.Cut(rest, "/")
	if at := strings.LastIndex(host, "@"); at >= 0 {
		host = host[at+1:]
	}
	if path == "" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + "/" + path
}
