package web

// hookRow is a push hook as the first page shows it.
type hookRow struct {
	Name, Kind      string
	Events, Refused int
	Last            moment
	Error           string
	ErrorAt         moment
}

func (v view) hooks() []hookRow {
	rows := make([]hookRow, len(v.Hooks))
	for i, h := range v.Hooks {
		rows[i] = hookRow{h.Name, h.Kind, h.Events, h.Refused, v.at(h.Last), cut(h.Error), v.at(h.ErrorAt)}
	}
	return rows
}

// channelRow is a way that messages go.
type channelRow struct {
	Name, Kind           string
	Sent, Failed, Queued int
	Last                 moment
	Error                string
	ErrorAt              moment
}

func (v view) channels() []channelRow {
	rows := make([]channelRow, len(v.Channels))
	for i, c := range v.Channels {
		rows[i] = channelRow{c.Name, c.Kind, c.Sent, c.Failed, c.Queued, v.at(c.Last), cut(c.Error), v.at(c.ErrorAt)}
	}
	return rows
}
