package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// The times of a channel.
const (
	gatherFor    = 5 * time.Second // from a change until it is told, for what comes with it
	firstRetry   = 5 * time.Second
	longestRetry = 5 * time.Minute
	giveUpAfter  = time.Hour
	saveAfter    = time.Minute     // what changed in what was told, where no message goes out
	lookEvery    = time.Minute     // also where nothing has changed: what lasts for some time becomes news
	longestPass  = 2 * time.Minute // that is waited for
)

// maxQueue is how many events a channel keeps that takes none.
const maxQueue = 500

// queue is what is to be told to one channel, and how that goes.
type queue struct {
	name     string
	notifier *Notifier
	news     chan struct{} // there is another Status

	mu      sync.Mutex // guards the fields that follow
	channel Channel
	sender  sender // nil = the channel cannot be used
	health  status.Channel

	// The rest is for the goroutine of speak alone.
	told    status.Told
	kept    []byte // of told, as the memory has it
	keptAt  time.Time
	pending []status.Event
	lost    int         // of pending, for want of room
	message *Message    // that is being sent
	after   status.Told // what was told once it is sent
	began   time.Time
	tries   int
	looked  time.Time
}

func newQueue(name string, n *Notifier) *queue {
	return &queue{name: name, notifier: n, news: make(chan struct{}, 1)}
}

// use makes the channel another one of the same name.
func (q *queue) use(c Channel) {
	s, err := c.sender(q.notifier.options)
	if c.Fault != nil {
		s, err = nil, c.Fault
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.channel, q.sender = c, s
	q.health.Name, q.health.Kind = c.Name, string(c.Kind)
	if err != nil {
		q.health.Error, q.health.ErrorAt = err.Error(), q.notifier.options.now()
		q.notifier.options.log().Error("messages go nowhere", "channel", c.Name, "err", err)
	}
	wake(q.news)
}

func (q *queue) state() status.Channel {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.health
}

// way returns what is used now.
func (q *queue) way() (Channel, sender) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.channel, q.sender
}

// errRemoved is the cause by which a queue ends whose channel is no more: it has no last words.
var errRemoved = errors.New("the channel is no more")

// speak tells what there is to tell until ctx ends, and then what is left for as long as sending lasts.
func (q *queue) speak(ctx, sending context.Context) {
	if m := q.notifier.memory; m != nil {
		q.told = m.Load(q.name)
		q.kept = encode(q.told)
	}
	q.looked = q.notifier.options.now()
	look, retry := time.NewTimer(lookEvery), time.NewTimer(0)
	defer look.Stop()
	defer retry.Stop()
	retry.Stop()
	looking := false // soon
	for {
		select {
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), errRemoved) {
				return
			}
			q.look()
			for more := true; more; {
				_, more = q.send(sending, true)
			}
			return
		case <-q.news:
			if !looking {
				look.Reset(gatherFor)
				looking = true
			}
		case <-look.C:
			looking = false
			look.Reset(lookEvery)
			q.look()
			if q.message == nil {
				q.sendAll(sending, retry)
			}
		case <-retry.C:
			q.sendAll(sending, retry)
		}
	}
}

// look sees what is to be told. While a pass is under way nothing is, so that one message has all of it, but for one that
// takes long.
func (q *queue) look() {
	channel, sender := q.way()
	s := q.notifier.now()
	if sender == nil || s == nil {
		return
	}
	now := *s
	now.At = q.notifier.options.now()
	if now.Running != (status.Pass{}) && now.At.Sub(q.looked) < longestPass {
		return
	}
	q.looked = now.At
	var events []status.Event
	events, q.told = channel.Watch.Events(q.told, now)
	q.pending = append(q.pending, events...)
	if over := len(q.pending) - maxQueue; over > 0 {
		q.lost += over
		q.pending = append([]status.Event(nil), q.pending[over:]...)
	}
	q.count(func(*status.Channel) {})
	if q.message == nil && len(q.pending) == 0 && q.notifier.options.now().Sub(q.keptAt) >= saveAfter {
		q.save(q.told)
	}
}

// sendAll sends what is there, and sets the timer where that has to be tried again.
func (q *queue) sendAll(ctx context.Context, retry *time.Timer) {
	for {
		wait, more := q.send(ctx, false)
		if wait > 0 {
			retry.Reset(wait)
		}
		if !more {
			return
		}
	}
}

// send sends the message that is under way, or makes one of what is pending. It returns how long to wait until it is sent
// again, 0 = it is done with, and whether there is more then.
func (q *queue) send(ctx context.Context, last bool) (wait time.Duration, more bool) {
	o := q.notifier.options
	_, way := q.way()
	if q.message == nil && len(q.pending) == 0 || way == nil {
		return 0, false
	}
	if q.message == nil {
		q.message = &Message{ID: newID(), At: o.now(), Version: o.Version, Events: q.pending, Lost: q.lost}
		q.pending, q.lost, q.began, q.tries, q.after = nil, 0, o.now(), 0, q.told
	}
	m := *q.message
	err := way.send(ctx, m)
	q.tries++
	if err == nil {
		o.log().InfoContext(ctx, "told", "channel", q.name, "events", len(m.Events), "tries", q.tries)
		q.done(func(h *status.Channel) { h.Sent++; h.Last = o.now() })
		return 0, len(q.pending) > 0
	}
	q.count(func(h *status.Channel) { h.Error, h.ErrorAt = err.Error(), o.now() })
	refusal, _ := errors.AsType[*Error](err)
	if !last && refusal != nil && !refusal.Final && o.now().Sub(q.began) < giveUpAfter {
		wait = max(refusal.After, q.backoff())
		o.log().WarnContext(ctx, "message is sent again", "channel", q.name, "events", len(m.Events), "tries", q.tries, "in", wait, "err", err)
		return wait, false
	}
	o.log().ErrorContext(ctx, "message is lost", "channel", q.name, "events", len(m.Events), "tries", q.tries, "err", err)
	if last {
		return 0, false // what still holds after the restart is told then
	}
	q.done(func(h *status.Channel) { h.Failed++ })
	return 0, len(q.pending) > 0
}

// backoff is the wait after a try: twice as long each time, and uneven, so that not all come back at once.
func (q *queue) backoff() time.Duration {
	wait := min(firstRetry<<min(q.tries-1, 10), longestRetry)
	return wait/2 + time.Duration(q.notifier.options.chance()*float64(wait/2))
}

// done is called when the message is dealt with.
func (q *queue) done(counting func(*status.Channel)) {
	q.message = nil
	q.count(counting)
	if len(q.pending) == 0 {
		q.after = q.told
	}
	q.save(q.after)
	q.after = status.Told{}
}

// count changes what others see of the channel.
func (q *queue) count(counting func(*status.Channel)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	counting(&q.health)
	q.health.Queued = len(q.pending)
	if q.message != nil {
		q.health.Queued += len(q.message.Events)
	}
}

// save keeps what was told, where that has changed.
func (q *queue) save(told status.Told) {
	q.keptAt = q.notifier.options.now()
	data, err := json.Marshal(told)
	if q.notifier.memory == nil || err != nil || bytes.Equal(data, q.kept) {
		return
	}
	if err := q.notifier.memory.Save(q.name, told); err != nil {
		q.notifier.options.log().Warn("keeping what was told", "channel", q.name, "err", err)
		return
	}
	q.kept = data
}
