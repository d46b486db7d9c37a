package hook

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// googleCerts is where Google publishes the keys that it signs its tokens with.
const googleCerts = "https://www.googleapis.com/oauth2/v3/certs"

const (
	keysDeadline = 10 * time.Second
	maxKeys      = 256 << 10       // bytes of the answer
	keysAgain    = time.Minute     // between two fetches, however many tokens name keys that are not known
	keysShortest = 5 * time.Minute // that keys hold, whatever the answer says
	keysLongest  = 24 * time.Hour
)

// googleKeys are Google's keys. They are fetched when a token names one that is not known, or what is known has grown old.
type googleKeys struct {
	transport http.RoundTripper
	now       func() time.Time

	mu    sync.Mutex // guards what follows, and is held while keys are fetched: one fetch is enough for all
	byID  map[string]*rsa.PublicKey
	until time.Time // when byID has grown old
	asked time.Time // the last fetch
	fault error     // of the last fetch
}

// find returns the key of that id.
func (k *googleKeys) find(ctx context.Context, id string) (*rsa.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	key, known := k.byID[id]
	if known && now.Before(k.until) {
		return key, nil
	}
	if k.asked.IsZero() || now.Sub(k.asked) >= keysAgain {
		k.asked = now
		k.fault = k.renew(ctx, now)
		key, known = k.byID[id]
	}
	switch {
	case k.fault != nil:
		return nil, &Refusal{Status: http.StatusServiceUnavailable, Reason: "fetching Google's keys", Err: k.fault}
	case !known:
		return nil, refuseToken("names a key that Google does not have")
	}
	return key, nil
}

func (k *googleKeys) renew(ctx context.Context, now time.Time) error {
	// A client that goes away must not take the keys of all others with it.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), keysDeadline, errors.New("the keys did not come in time"))
	defer cancel()
	byID, until, err := k.fetch(ctx, now)
	if err != nil {
		return err
	}
	k.byID, k.until = byID, until
	return nil
}

func (k *googleKeys) fetch(ctx context.Context, now time.Time) (map[string]*rsa.PublicKey, time.Time, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, googleCerts, nil)
	if err != nil {
		return nil, time.Time{}, err
	}
	// Keys come from this one address: a redirect is not followed.
	client := &http.Client{Transport: k.transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, time.Time{}, fmt.Errorf("GET %s: %s", googleCerts, resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxKeys+1))
	if err != nil {
		return nil, time.Time{}, err
	}
	if len(data) > maxKeys {
		return nil, time.Time{}, fmt.Errorf("GET %s: more than %d bytes", googleCerts, maxKeys)
	}
	byID, err := parseKeys(data)
	return byID, now.Add(holds(resp.Header.Get("Cache-Control"))), err
}

var maxAgeOf = regexp.MustCompile(`(?:^|[ ,])max-age=([0-9]{1,9})(?:[ ,]|$)`)

// holds returns how long keys may be kept.
func holds(cacheControl string) time.Duration {
	found := maxAgeOf.FindStringSubmatch(cacheControl)
	if found == nil {
		return keysShortest
	}
	seconds, _ := strconv.Atoi(found[1]) // nine digits at most, says the expression
	return min(max(time.Duration(seconds)*time.Second, keysShortest), keysLongest)
}

// parseKeys reads the RSA keys of a JSON Web Key Set, and leaves out what is none or too weak.
func parseKeys(data []byte) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []struct {
			ID       string `json:"kid"`
			Type     string `json:"kty"`
			Modulus  string `json:"n"`
			Exponent string `json:"e"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, fmt.Errorf("reading the keys: %w", err)
	}
	byID := make(map[string]*rsa.PublicKey)
	for _, k := range set.Keys {
		if key, ok := rsaKey(k.Modulus, k.Exponent); ok && k.Type == "RSA" && k.ID != "" {
			byID[k.ID] = key
		}
	}
	if len(byID) == 0 {
		return nil, errors.New("reading the keys: there is none")
	}
	return byID, nil
}

func rsaKey(modulus, exponent string) (*rsa.PublicKey, bool) {
	n, errN := base64.RawURLEncoding.DecodeString(modulus)
	e, errE := base64.RawURLEncoding.DecodeString(exponent)
	if errN != nil || errE != nil || len(e) > 3 {
		return nil, false
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	return key, key.N.BitLen() >= 2048 && key.N.BitLen() <= 8192 && key.E >= 3 && key.E%2 == 1
}
