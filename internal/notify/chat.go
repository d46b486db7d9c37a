package notify

import (
	"strings"
	"time"

	"github.com/image-updater/image-updater/internal/status"
)

// What the chats take of one message, less what is around the lines.
const (
	slackSection = 2900     // of a block's text, of 3000 characters
	slackBytes   = 30_000   // of all lines; a message has 50 blocks of 3000
	discordBytes = 3900     // of the text of an embed, of 4096 characters
	teamsBytes   = 12 << 10 // bytes of all lines; a message has 28 KiB, and JSON needs up to twice as many for a line
)

// slackBody is a message for an incoming webhook of Slack: blocks of mrkdwn, in which Slack itself looks for no names and
// links.
func slackBody(c Channel, m Message) any {
	t := c.text(m, slackMarkup, slackBytes)
	lines := t.lines
	if rest := t.rest(); rest != "" {
		lines = append(lines, "_"+rest+"_")
	}
	blocks := []any{slackBlock("*" + t.title + "*")}
	for _, part := range joined(lines, slackSection) {
		blocks = append(blocks, slackBlock(part))
	}
	return map[string]any{
		"text": t.title, "blocks": blocks, "unfurl_links": false, "unfurl_media": false,
	}
}

func slackBlock(mrkdwn string) any {
	return map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": mrkdwn, "verbatim": true}}
}

// joined puts lines together into texts of at most so many bytes. A line is shorter than that.
func joined(lines []string, most int) []string {
	var parts []string
	var b strings.Builder
	for _, line := range lines {
		if b.Len() > 0 && b.Len()+len(line) >= most {
			parts = append(parts, b.String())
			b.Reset()
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line)
	}
	if b.Len() > 0 {
		parts = append(parts, b.String())
	}
	return parts
}

// discordBody is a message for a webhook of Discord: an embed, that mentions nobody.
func discordBody(c Channel, m Message) any {
	t := c.text(m, discordMarkup, discordBytes)
	lines := t.lines
	if rest := t.rest(); rest != "" {
		lines = append(lines, "*"+rest+"*")
	}
	embed := map[string]any{
		"title": t.title, "description": strings.Join(lines, "\n"), "color": colour(t.worst),
		"timestamp": m.At.UTC().Format(time.RFC3339),
	}
	return map[string]any{"embeds": []any{embed}, "allowed_mentions": map[string]any{"parse": []string{}}}
}

// colour is that of the bar beside an embed.
func colour(worst status.EventKind) int {
	switch tone(worst) {
	case "attention":
		return 0xd1242f
	case "warning":
		return 0xbf8700
	}
	return 0x1a7f37
}

// tone says how the title looks, in the words of Adaptive Cards.
func tone(worst status.EventKind) string {
	switch worst {
	case status.EventFailed:
		return "attention"
	case status.EventHeld, status.EventQuota, status.EventWaiting:
		return "warning"
	}
	return "good"
}

// teamsBody is a message for a workflow of Microsoft Teams that takes a webhook: an Adaptive Card.
func teamsBody(c Channel, m Message) any {
	t := c.text(m, teamsMarkup, teamsBytes)
	body := []any{map[string]any{
		"type": "TextBlock", "text": t.title, "weight": "Bolder", "size": "Medium", "color": tone(t.worst), "wrap": true,
	}}
	for _, line := range t.lines {
		body = append(body, map[string]any{"type": "TextBlock", "text": line, "wrap": true, "spacing": "Small"})
	}
	if rest := t.rest(); rest != "" {
		body = append(body, map[string]any{"type": "TextBlock", "text": rest, "wrap": true, "isSubtle": true})
	}
	card := map[string]any{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
		"body": body, "msteams": map[string]any{"width": "Full"},
	}
	return map[string]any{"type": "message", "attachments": []any{
		map[string]any{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card},
	}}
}
