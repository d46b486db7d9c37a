package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/image-updater/image-updater/internal/config"
	"github.com/image-updater/image-updater/internal/notify"
	"github.com/image-updater/image-updater/internal/status"
)

func (a *app) notifyCommand() *cobra.Command {
	parent := &cobra.Command{
		Use:   "notify",
		Short: "Try the channels that messages go to",
		Long: `Try the channels of notify in the policy files. What is told there is told by serve: the other commands
send no messages.`,
		Example: `  image-updater notify test team`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return usage(fmt.Errorf("unknown command %q", args[0]), "image-updater notify test NAME sends a sample")
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	parent.AddCommand(&cobra.Command{
		Use:   "test NAME",
		Short: "Send a sample message to a channel, and say what came back",
		Long: `Send one sample message to a channel of notify in the policy files, in the words and with the link that its
templates make, and say what came back. It is sent once: what fails is not tried again.

The message says that it is a test. The exit code is 0 if the channel has taken it, and 1 if it has not.`,
		Example: `  image-updater notify test team
  image-updater notify test team -o json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("want the name of one channel, got %d arguments", len(args)))
			}
			return nil
		},
		ValidArgsFunction: a.completeChannel,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.notifyTest(cmd.Context(), args[0]) },
	})
	return parent
}

// completeChannel gives the shell the names of channels; with a broken policy file it gives none.
func (a *app) completeChannel(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if c, _, err := a.policiesIfAny(); err == nil && len(args) == 0 {
		for _, channel := range c.Notify {
			names = append(names, channel.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

type notifyTestJSON struct {
	Channel string `json:"channel"`
	Kind    string `json:"kind"`
	Sent    bool   `json:"sent"`
	Error   string `json:"error,omitempty"`
}

func (a *app) notifyTest(ctx context.Context, name string) error {
	c, err := a.policies()
	if err != nil {
		return err
	}
	declared, err := c.ChannelNamed(name)
	if err != nil {
		return usage(err, a.channelHints(c)...)
	}
	err = a.sendSample(ctx, *declared)
	answer := notifyTestJSON{Channel: name, Kind: string(declared.Kind), Sent: err == nil}
	if err != nil {
		answer.Error = err.Error()
		err = failed(fmt.Errorf("notify %q: %s: %w", name, declared.Kind, err))
	}
	if a.json() {
		return errors.Join(a.printJSON(answer), err)
	}
	if err == nil {
		fmt.Fprintf(a.stdout, "%s: %s has taken the message\n", name, declared.Kind)
	}
	return err
}

func (a *app) channelHints(c *config.Config) []string {
	if len(c.Notify) == 0 {
		return []string{"the policy files declare no channel: docs/notify.md tells how"}
	}
	return nil
}

func (a *app) sendSample(ctx context.Context, declared config.Channel) error {
	channel, err := a.channel(declared)
	if err != nil {
		return err
	}
	return notify.Send(ctx, channel, a.notifyOptions(), notify.Sample(a.now(), readBuild().Version))
}

// notifyOptions is what the senders of messages get from outside. Messages go by the proxy of the environment.
func (a *app) notifyOptions() notify.Options {
	return notify.Options{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10,
		},
		Version: readBuild().Version, Now: a.now, Log: a.logger(),
	}
}

// channel resolves what the policy files say of a channel: the secrets are read.
func (a *app) channel(declared config.Channel) (notify.Channel, error) {
	channel := notify.Channel{
		Name: declared.Name, Kind: notify.Kind(declared.Kind), Template: declared.Template, Link: declared.Link,
		SMTP: notify.SMTP{
			Host: declared.SMTP.Host, Port: declared.SMTP.Port, From: declared.SMTP.From, To: declared.SMTP.To,
			Username: declared.SMTP.Username, TLS: string(declared.SMTP.TLS),
		},
		Watch: status.Watch{Channel: declared.Name, WaitingAfter: declared.WaitingAfter},
	}
	for _, event := range declared.Events {
		channel.Watch.Kinds = append(channel.Watch.Kinds, status.EventKind(event))
	}
	for _, secret := range []struct {
		key, env, file string
		into           *string
	}{
		{"url", declared.URLEnv, declared.URLFile, &channel.URL},
		{"secret", declared.SecretEnv, declared.SecretFile, &channel.Secret},
		{"smtp.username", declared.SMTP.UsernameEnv, "", &channel.SMTP.Username},
		{"smtp.password", declared.SMTP.PasswordEnv, declared.SMTP.PasswordFile, &channel.SMTP.Password},
	} {
		if secret.env == "" && secret.file == "" {
			continue
		}
		key := secret.key + "Env"
		if secret.file != "" {
			key = secret.key + "File"
		}
		text, err := a.secretText(key, secret.env, secret.file, declared.Position)
		if err != nil {
			return notify.Channel{}, err
		}
		*secret.into = text
	}
	channel.URL = strings.TrimSpace(channel.URL)
	return channel, nil
}
