package main

import (
	"fmt"
	"sync"
	"time"
)

// patience is how long a command works before it says on a terminal what it is at.
const patience = time.Second

// progress shows one line on stderr while a pass works, when that is a terminal and the work takes longer than
// patience. It starts nothing by itself: the line is drawn from the calls that report a step.
type progress struct {
	app     *app
	mu      sync.Mutex // guards drawn and the line on the terminal
	started time.Time
	drawn   bool
}

// newProgress returns nil where no line may be shown; the methods of nil do nothing.
func (a *app) newProgress() *progress {
	if term, _ := a.env("TERM"); term == "dumb" || !isTerminal(a.stderr) || a.json() && isTerminal(a.stdout) {
		return nil
	}
	return &progress{app: a, started: a.now()}
}

// step tells how far a stage has come.
func (p *progress) step(stage string, done, of int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.app.now().Sub(p.started) < patience {
		return
	}
	fmt.Fprintf(p.app.stderr, "\r\x1b[K%s: %d of %d", stage, done, of)
	p.drawn = true
}

// end takes the line away.
func (p *progress) end() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		fmt.Fprint(p.app.stderr, "\r\x1b[K")
	}
	p.drawn = false
}
