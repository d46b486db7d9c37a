package hook

import (
	"bytes"
	"encoding/json"
	"errors"
)

// gridEvent is an event of Azure Event Grid, in its own schema or as a CloudEvent.
type gridEvent struct {
	EventType string          `json:"eventType"`
	Type      string          `json:"type"`
	Data      json.RawMessage `json:"data"`
}

// The types of events. The registry has sent its own without the prefix.
const (
	gridValidation = "Microsoft.EventGrid.SubscriptionValidationEvent"
	acrPushed      = "Microsoft.ContainerRegistry.ImagePushed"
	acrPushedOnce  = "ImagePushed"
)

// maxCode bounds the code of a handshake, which is a UUID.
const maxCode = 512

// readACR reads a webhook of the registry itself, which is one event of distribution, or what Event Grid sends.
func readACR(m message) (Delivery, error) {
	if body := bytes.TrimLeft(m.body, " \t\r\n"); len(body) > 0 && body[0] == '[' {
		var events []gridEvent
		if err := decode(m.body, &events); err != nil {
			return Delivery{}, err
		}
		return readGrid(events)
	}
	var grid gridEvent
	if err := decode(m.body, &grid); err != nil {
		return Delivery{}, err
	}
	if grid.EventType != "" || grid.Type != "" {
		return readGrid([]gridEvent{grid})
	}
	var e distributionEvent
	if err := decode(m.body, &e); err != nil {
		return Delivery{}, err
	}
	var g gathering
	g.distribution(e, "")
	return g.delivery(), nil
}

func readGrid(events []gridEvent) (Delivery, error) {
	var g gathering
	for _, e := range events {
		switch {
		case e.EventType == gridValidation:
			reply, err := validation(e.Data)
			return Delivery{Reply: reply}, err
		case e.EventType == acrPushed, e.EventType == acrPushedOnce, e.Type == acrPushed:
			var pushed distributionEvent
			if err := decode(e.Data, &pushed); err != nil {
				return Delivery{}, err
			}
			g.distribution(pushed, "")
		}
	}
	return g.delivery(), nil
}

// validation answers the question of Event Grid whether the owner of this address wants its events.
func validation(data []byte) ([]byte, error) {
	var question struct {
		ValidationCode string `json:"validationCode"`
	}
	if err := decode(data, &question); err != nil {
		return nil, err
	}
	if question.ValidationCode == "" || len(question.ValidationCode) > maxCode {
		return nil, errors.New("a validation without a code")
	}
	return json.Marshal(map[string]string{"validationResponse": question.ValidationCode})
}
