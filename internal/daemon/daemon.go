package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/image-updater/image-updater/image"
	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/reconcile"
	"github.com/image-updater/image-updater/internal/status"
	"github.com/image-updater/image-updater/policy"
)

// Options of [New]. Load has to be given.
type Options struct {
	// Load reads the policy files and opens what they name. It is called in the beginning and for each reload, never
	// twice at a time.
	Load func(ctx context.Context) (*Setup, error)
	// Told is called by the loop with the status before and after a step, one at a time, and must not wait.
	Told func(before, after status.Status)
	// Extra fills in what others know: hooks and channels. It is called for each [Daemon.Status].
	Extra   func(*status.Status)
	Version string           // of the program
	Now     func() time.Time // nil = time.Now
	Log     *slog.Logger     // nil = discard
}

// Setup is what one reading of the policy files gives to work with. Its functions may be called at the same time.
type Setup struct {
	Config   *config.Config
	Registry Registry
	Quotas   Quotas
	// Joined returns Config with the policies, too, that Git repositories have themselves, as passes have last read them.
	Joined func() *config.Config
	// Run makes a pass that asks the source given.
	Run func(context.Context, reconcile.Source, reconcile.Selection, Progress) reconcile.Report
	// Decide decides about one reference by the source given.
	Decide func(context.Context, reconcile.Source, config.Policy, policy.Current) (policy.Decision, error)
	// Tip asks where the branch of a Git repository stands.
	Tip func(ctx context.Context, git string) (string, error)
	// History tells what was written to a Git repository.
	History func(ctx context.Context, git string) reconcile.History
	// Close ends what is asked of registries. Of the other functions some may be under way then, and end later.
	Close func() error
}

// Progress is told how far a stage of a pass has come.
type Progress func(stage string, done, of int)

// Registry is what looks and passes ask of registries.
type Registry interface {
	reconcile.Source
	// Kept returns what a list of tags was when it was last asked for, and false where none is at hand. Nothing is asked.
	Kept(ctx context.Context, repository image.Repository, want image.Facts) (Kept, bool)
}

// Quotas is what is known, without asking, of how registries may be asked.
type Quotas interface {
	// Terms returns how fast a registry may be asked, and what one look at each of the repositories costs.
	Terms(ctx context.Context, host string, repositories []image.Repository, want []image.Facts) Terms
	// Standing fills in what is known of a registry's quota, pauses and account.
	Standing(ctx context.Context, r *status.Registry)
	// Requests returns what was asked of each registry so far.
	Requests() []reconcile.Request
}

// Kept is a list of tags of earlier.
type Kept struct {
	Candidates []policy.Candidate
	SecondHand bool
	At         time.Time
}

// Terms are what a registry allows.
type Terms struct {
	PerSecond float64   // requests; 0 = as many as one likes
	Requests  []float64 // that a look at each repository costs
	Beside    []bool    // it asks a tag API beside the registry, too; nil = none does
}

// Daemon looks after policies. Its methods may be called at any time, also before and after [Daemon.Run].
type Daemon struct {
	o      Options
	wake   chan struct{}             // something is wanted
	events chan outcome              // of goroutines that have ended, for the loop to call
	turned atomic.Pointer[time.Time] // when the loop last turned

	mu     sync.Mutex // guards what others leave for the loop, and what it shows them
	wanted map[image.Repository]wanted
	reload bool
	known  map[image.Repository]bool // the images of all policies
	shown  status.Status
	next   chan struct{} // closed when shown changes
	setup  *Setup        // the loop alone changes it, and config
	// config is what holds: that of the setup, and the policies that Git repositories have themselves.
	config *config.Config
}

// wanted is what somebody wants of an image.
type wanted struct {
	pushed time.Time // a registry has told of a push
	asked  bool      // a person wants to know now
}

// New returns a daemon that does nothing yet.
func New(o Options) *Daemon {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &Daemon{o: o, wake: make(chan struct{}, 1), events: make(chan outcome), wanted: map[image.Repository]wanted{},
		next: make(chan struct{})}
	d.shown = status.Status{At: o.Now(), Started: o.Now(), Version: o.Version}
	return d
}

// Status returns what is known now.
func (d *Daemon) Status() status.Status {
	d.mu.Lock()
	s := d.shown
	d.mu.Unlock()
	if d.o.Extra != nil {
		d.o.Extra(&s)
	}
	return s
}

// Changed returns a channel that is closed when there is another status than there was at the call.
func (d *Daemon) Changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.next
}

// Pushed notes that registries have told of pushes to images. It returns how many of them policies look at; of these the
// registries are asked soon, once, however often it is told.
func (d *Daemon) Pushed(images ...image.Repository) int {
	now := d.o.Now()
	return d.want(images, func(w *wanted) { w.pushed = now })
}

// Scan is Pushed for a person who wants to know: what comes of it is decided also where nothing is new.
func (d *Daemon) Scan(images ...image.Repository) int {
	now := d.o.Now()
	return d.want(images, func(w *wanted) { w.pushed, w.asked = now, true })
}

// Images returns the images that policies look at, in no order.
func (d *Daemon) Images() []image.Repository {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Keys(d.known))
}

// ImageOf returns the image of a policy.
func (d *Daemon) ImageOf(policy string) (image.Repository, bool) {
	_, p, err := d.policy(policy)
	if err != nil {
		return image.Repository{}, false
	}
	return p.Image, true
}

// policy returns a policy that holds, and the setup to work with. The setup may be closed at any time.
func (d *Daemon) policy(name string) (*Setup, *config.Policy, error) {
	d.mu.Lock()
	setup, holds := d.setup, d.config
	d.mu.Unlock()
	if setup == nil || holds == nil {
		return nil, nil, ErrUnknown
	}
	p, err := holds.PolicyNamed(name)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return setup, p, nil
}

func (d *Daemon) want(images []image.Repository, note func(*wanted)) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	looked := 0
	for _, i := range images {
		if !d.known[i] {
			continue
		}
		looked++
		w := d.wanted[i]
		note(&w)
		d.wanted[i] = w
	}
	if looked > 0 {
		d.rouse()
	}
	return looked
}

// Reload has the policy files read again.
func (d *Daemon) Reload() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reload = true
	d.rouse()
}

// rouse wakes the loop.
func (d *Daemon) rouse() {
	select {
	case d.wake <- struct{}{}:
	default: // it is about to look
	}
}

// aliveFor is how long the loop may stand still. It turns at least every [idle].
const aliveFor = time.Minute

// Alive reports whether the loop turns.
func (d *Daemon) Alive() bool {
	turned := d.turned.Load()
	return turned != nil && d.o.Now().Sub(*turned) < aliveFor
}
