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

// line is the way to one channel: what is to be told there, and how it goes.
type line struct {
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
	lost    int      // of pending, for want of room
	message *Message // that is being sent
	began   time.Time
	tries   int
	looked  time.Time
}

func newLine(name string, n *Notifier) *line {
	return &line{name: name, notifier: n, news: make(chan struct{}, 1)}
}

// use makes the channel another one of the same name.
func (l *line) use(c Channel) {
	s, err := c.sender(l.notifier.options)
	if c.Fault != nil {
		s, err = nil, c.Fault
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.channel, l.sender = c, s
	l.health.Name, l.health.Kind = c.Name, string(c.Kind)
	if err != nil {
		l.health.Error, l.health.ErrorAt = err.Error(), l.notifier.options.now()
		l.notifier.options.log().Error("messages go nowhere", "channel", c.Name, "err", err)
	}
	wake(l.news)
}

func (l *line) state() status.Channel {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.health
}

// way returns what is used now.
func (l *line) way() (Channel, sender) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.channel, l.sender
}

// errRemoved is the cause by which a line ends whose channel is no more: it has no last words.
var errRemoved = errors.New("the channel is no more")

// speak tells what there is to tell until ctx ends, and then what is left for as long as sending lasts.
func (l *line) speak(ctx, sending context.Context) {
	if m := l.notifier.memory; m != nil {
		l.told = m.Load(l.name)
		l.kept = encode(l.told)
	}
	l.looked = l.notifier.options.now()
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
			l.look()
			for more := true; more; {
				_, more = l.send(sending, true)
			}
			return
		case <-l.news:
			if !looking {
				look.Reset(gatherFor)
				looking = true
			}
		case <-look.C:
			looking = false
			look.Reset(lookEvery)
			l.look()
			if l.message == nil {
				l.sendAll(sending, retry)
			}
		case <-retry.C:
			l.sendAll(sending, retry)
		}
	}
}

// look sees what is to be told. While a pass is under way nothing is, so that one message has all of it, but for one that
// takes long.
func (l *line) look() {
	channel, sender := l.way()
	s := l.notifier.now()
	if sender == nil || s == nil {
		return
	}
	now := *s
	now.At = l.notifier.options.now()
	if now.Running != (status.Pass{}) && now.At.Sub(l.looked) < longestPass {
		return
	}
	l.looked = now.At
	var events []status.Event
	events, l.told = channel.Watch.Events(l.told, now)
	l.pending = append(l.pending, events...)
	if over := len(l.pending) - maxQueue; over > 0 {
		l.lost += over
		l.pending = append([]status.Event(nil), l.pending[over:]...)
	}
	l.count(func(*status.Channel) {})
	if l.message == nil && len(l.pending) == 0 && l.notifier.options.now().Sub(l.keptAt) >= saveAfter {
		l.save()
	}
}

// sendAll sends what is there, and sets the timer where that has to be tried again.
func (l *line) sendAll(ctx context.Context, retry *time.Timer) {
	for {
		wait, more := l.send(ctx, false)
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
func (l *line) send(ctx context.Context, last bool) (wait time.Duration, more bool) {
	o := l.notifier.options
	_, way := l.way()
	if l.message == nil && len(l.pending) == 0 || way == nil {
		return 0, false
	}
	if l.message == nil {
		l.message = &Message{ID: newID(), At: o.now(), Version: o.Version, Events: l.pending, Lost: l.lost}
		l.pending, l.lost, l.began, l.tries = nil, 0, o.now(), 0
	}
	m := *l.message
	err := way.send(ctx, m)
	l.tries++
	if err == nil {
		o.log().InfoContext(ctx, "told", "channel", l.name, "events", len(m.Events), "tries", l.tries)
		l.done(func(h *status.Channel) { h.Sent++; h.Last = o.now() })
		return 0, len(l.pending) > 0
	}
	l.count(func(h *status.Channel) { h.Error, h.ErrorAt = err.Error(), o.now() })
	refusal, _ := errors.AsType[*Error](err)
	if !last && refusal != nil && !refusal.Final && o.now().Sub(l.began) < giveUpAfter {
		wait = max(refusal.After, l.backoff())
		o.log().WarnContext(ctx, "message is sent again", "channel", l.name, "events", len(m.Events), "tries", l.tries, "in", wait, "err", err)
		return wait, false
	}
	o.log().ErrorContext(ctx, "message is lost", "channel", l.name, "events", len(m.Events), "tries", l.tries, "err", err)
	if last {
		return 0, false // what still holds after the restart is told then
	}
	l.done(func(h *status.Channel) { h.Failed++ })
	return 0, len(l.pending) > 0
}

// backoff is the wait after a try: twice as long each time, and uneven, so that not all come back at once.
func (l *line) backoff() time.Duration {
	wait := min(firstRetry<<min(l.tries-1, 10), longestRetry)
	return wait/2 + time.Duration(l.notifier.options.chance()*float64(wait/2))
}

// done is called when the message is dealt with.
func (l *line) done(counting func(*status.Channel)) {
	l.message = nil
	l.count(counting)
	if len(l.pending) == 0 {
		l.save()
	}
}

// count changes what others see of the channel.
func (l *line) count(counting func(*status.Channel)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	counting(&l.health)
	l.health.Queued = len(l.pending)
	if l.message != nil {
		l.health.Queued += len(l.message.Events)
	}
}

// save keeps what was told, where that has changed.
func (l *line) save() {
	l.keptAt = l.notifier.options.now()
	data, err := json.Marshal(l.told)
	if l.notifier.memory == nil || err != nil || bytes.Equal(data, l.kept) {
		return
	}
	if err := l.notifier.memory.Save(l.name, l.told); err != nil {
		l.notifier.options.log().Warn("keeping what was told", "channel", l.name, "err", err)
		return
	}
	l.kept = data
}
