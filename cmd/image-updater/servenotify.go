package main

import (
	"context"
	"fmt"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/notify"
)

// startMessages starts what sends messages, for as long as the daemon lives. The function returned ends it, when what is
// left to say was said.
func (a *app) startMessages(ctx context.Context) (messages *notify.Notifier, end func()) {
	var memory notify.Memory
	if folder := a.statePath("messages"); folder != "" {
		memory = notify.Folder(folder)
	}
	messages = notify.New(a.notifyOptions(), memory)
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // the last step of the daemon is told, too
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		messages.Run(ctx)
	}()
	return messages, func() {
		stop()
		<-ended
	}
}

// unusableChannels returns a sentence for each channel whose secrets are there and do not do.
func (a *app) unusableChannels(c *config.Config) []error {
	var unusable []error
	for _, declared := range c.Notify {
		channel, err := a.channel(declared)
		if err != nil {
			continue // it is told already what is not there
		}
		if err := notify.Check(channel); err != nil {
			unusable = append(unusable, fmt.Errorf("%s: notify %q: %w", declared.Position, declared.Name, err))
		}
	}
	return unusable
}

// channels resolves the channels of the policy files. One whose secret is not there is told to be of no use, and keeps
// nothing else from working.
func (a *app) channels(c *config.Config) []notify.Channel {
	var all []notify.Channel
	for _, declared := range c.Notify {
		channel, err := a.channel(declared)
		if err != nil {
			channel = notify.Channel{Name: declared.Name, Kind: notify.Kind(declared.Kind), Fault: err}
		}
		all = append(all, channel)
	}
	return all
}
