package main

import (
	"fmt"
	"sync"
	"time"
)

// patience is how long a command works before it says on a terminal what it is at.
const patience = time.Second

// progress shows one line on stderr while a pass works, when that is a terminal and the work takes longer than
// patience. From then on the line follows each step.
type progress struct {
	app   *app
	timer *time.Timer // shows the line for the first time

	mu    sync.Mutex // guards the fields that follow, and the line on the terminal
	shown bool       // the line is to be seen, with every step from now on
	ended bool
	text  string
}

// newProgress returns nil where no line may be shown; the methods of nil do nothing.
func (a *app) newProgress() *progress {
	if term, _ := a.env("TERM"); term == "dumb" || !isTerminal(a.stderr) || a.json() && isTerminal(a.stdout) {
		return nil
	}
	p := &progress{app: a}
	p.timer = time.AfterFunc(patience, p.show)
	return p
}

// show makes the line visible.
func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = true
	p.draw()
}

// step tells how far a stage has come.
func (p *progress) step(stage string, done, of int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = fmt.Sprintf("%s: %d of %d", stage, done, of)
	p.draw()
}

func (p *progress) draw() {
	if p.shown && !p.ended && p.text != "" {
		fmt.Fprintf(p.app.stderr, "\r\x1b[K%s", p.text)
	}
}

// end takes the line away.
func (p *progress) end() {
	if p == nil {
		return
	}
	p.timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.shown {
		fmt.Fprint(p.app.stderr, "\r\x1b[K")
	}
}
