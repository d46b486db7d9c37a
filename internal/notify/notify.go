package notify

import (
	"context"
	"sync"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// lastWords is how long the last messages may take once the context of Run has ended.
const lastWords = 2 * time.Second

// Memory keeps what each channel was told, over a restart.
type Memory interface {
	// Load returns the zero value where nothing is kept.
	Load(channel string) status.Told
	Save(channel string, told status.Told) error
}

// Notifier tells channels what happens. Its methods may be called by several goroutines at once.
type Notifier struct {
	options Options
	memory  Memory

	mu       sync.Mutex // guards the fields that follow
	channels []*queue   // in the order of the policy files
	latest   *status.Status
	changed  chan struct{} // channels are others
}

// New returns a notifier without channels. Without a memory, what holds is told again after a restart.
func New(o Options, memory Memory) *Notifier {
	return &Notifier{options: o, memory: memory, changed: make(chan struct{}, 1)}
}

// Use makes these the channels, each with a name of its own. One that was there under its name goes on with what is still
// to be told there.
func (n *Notifier) Use(channels []Channel) {
	n.mu.Lock()
	defer n.mu.Unlock()
	before := map[string]*queue{}
	for _, q := range n.channels {
		before[q.name] = q
	}
	n.channels = nil
	for _, c := range channels {
		q, known := before[c.Name]
		if !known {
			q = newQueue(c.Name, n)
		}
		q.use(c)
		n.channels = append(n.channels, q)
	}
	wake(n.changed)
}

// Tell says what is known now. It never waits: what is made of it is made later, and of the last Status alone.
func (n *Notifier) Tell(s status.Status) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.latest = &s
	for _, q := range n.channels {
		wake(q.news)
	}
}

// Channels says how it goes with each channel.
func (n *Notifier) Channels() []status.Channel {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []status.Channel
	for _, q := range n.channels {
		all = append(all, q.state())
	}
	return all
}

// Run sends messages until the context ends, and then what is left, for [lastWords] at most. It has one goroutine for each
// channel, and returns when they have.
func (n *Notifier) Run(ctx context.Context) {
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	// The timer is armed when the context ends, for a request that is under way as for those that follow.
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastWords, stop) })()

	var speakers sync.WaitGroup
	defer speakers.Wait()
	running := map[*queue]context.CancelCauseFunc{}
	last := map[string]chan struct{}{} // closed when the latest of that name has ended
	for {
		queues := n.queues()
		for q, end := range running {
			if !queues[q] {
				end(errRemoved)
				delete(running, q)
			}
		}
		for q := range queues {
			if running[q] == nil {
				speaking, end := context.WithCancelCause(ctx)
				running[q] = end
				before, ended := last[q.name], make(chan struct{})
				last[q.name] = ended
				speakers.Go(func() {
					defer close(ended)
					if before != nil {
						<-before // it may be sending what is still to be told
					}
					q.speak(speaking, sending)
				})
			}
		}
		select {
		case <-ctx.Done():
			for _, end := range running {
				end(nil)
			}
			return
		case <-n.changed:
		}
	}
}

func (n *Notifier) queues() map[*queue]bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	queues := map[*queue]bool{}
	for _, q := range n.channels {
		queues[q] = true
	}
	return queues
}

// now returns the last Status, nil = there is none yet.
func (n *Notifier) now() *status.Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.latest
}

// wake leaves a sign for whoever waits for it, if there is none yet.
func wake(sign chan struct{}) {
	select {
	case sign <- struct{}{}:
	default:
	}
}
