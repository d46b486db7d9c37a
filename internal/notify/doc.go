// Package notify tells people what has happened: it makes messages of the events of a [status.Status] and sends them to
// Slack, Microsoft Teams, Discord, a webhook or by e-mail.
//
//	n := notify.New(notify.Options{Transport: transport, Log: log}, notify.Folder(stateDir))
//	n.Use(channels)   // again after a reload
//	n.Tell(after)     // whenever something has changed; never waits
//	n.Run(ctx)        // ends with the context, after what is left to say was said or a bound has passed
//
// A message has the events of one channel that came up together, at most [MaxLines] of them in full. It is sent again for
// a while where the channel does not take it, and what comes up in that time waits for the next one. Nothing waits for a
// message: what a channel does not take costs messages and nothing else.
//
// # What is kept from whom
//
// The URL of a channel is a secret, and so are the key of its signature and its password: no error, log or status holds
// them, nor what follows the host of a URL. A redirect is not followed. What registries, Git and people's commits have put
// into an event is text from strangers: it is escaped for the channel it goes to, cut to a length, and can neither mention
// anybody nor make a link.
package notify
