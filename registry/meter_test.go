package registry

import (
	"net/http"
	"testing"
	"time"
)

func meterHeader(limit, remaining string) http.Header {
	header := make(http.Header)
	for name, value := range map[string]string{"ratelimit-limit": limit, "ratelimit-remaining": remaining} {
		if value != "" {
			header.Set(name, value)
		}
	}
	return header
}

func TestReadMeter(t *testing.T) {
	t.Parallel()
	const unknown = -1
	for _, test := range []struct {
		limit, remaining string
		metered          bool // the registry is known to count pulls
		want             meterHeaders
		none             bool
	}{
		{limit: "100;w=21600", remaining: "20;w=21600", want: meterHeaders{allowance: 100, window: 6 * time.Hour, remaining: 20}},
		{limit: " 200 ; w=3600", remaining: "0;w=3600", want: meterHeaders{allowance: 200, window: time.Hour, remaining: 0}},
		{limit: "100;w=21600, 200;w=86400", remaining: "7", want: meterHeaders{allowance: 100, window: 6 * time.Hour, remaining: 7}},
		{limit: "100;burst=5;w=60", remaining: "7", want: meterHeaders{allowance: 100, window: time.Minute, remaining: 7}},
		// As it was served for weeks in 2021.
		{limit: ";w=21600", remaining: ";w=21600", want: meterHeaders{window: 6 * time.Hour, remaining: unknown}},
		{limit: "100;w=21600", remaining: "-12;w=21600", want: meterHeaders{allowance: 100, window: 6 * time.Hour, remaining: 0}},
		{limit: "-1;w=21600", remaining: "5;w=21600", want: meterHeaders{window: 6 * time.Hour, remaining: 5}},
		{limit: "many;w=21600", remaining: "5", want: meterHeaders{window: 6 * time.Hour, remaining: 5}},
		{limit: "99999999999999999999;w=21600", want: meterHeaders{window: 6 * time.Hour, remaining: unknown}},
		{limit: "2000000000;w=99999999999", metered: true, want: meterHeaders{allowance: maxAllowance, window: defaultWindow, remaining: unknown}},
		{limit: "100;w=4000000000", want: meterHeaders{allowance: 100, window: longestWindow, remaining: unknown}},
		{remaining: "3;w=60", want: meterHeaders{window: time.Minute, remaining: 3}},
		{limit: "100", remaining: "20", metered: true, want: meterHeaders{allowance: 100, window: defaultWindow, remaining: 20}},
		{limit: "100;w=0", remaining: "20;w=x", metered: true, want: meterHeaders{allowance: 100, window: defaultWindow, remaining: 20}},
		{limit: "600", remaining: "599", none: true}, // requests of any kind, as GitLab counts them
		{none: true},
		{metered: true, none: true},
	} {
		got, found := readMeter(meterHeader(test.limit, test.remaining), test.metered)
		if got != test.want || found == test.none {
			t.Errorf("%q, %q, metered %v: %+v, %v, want %+v, %v", test.limit, test.remaining, test.metered, got, found, test.want, !test.none)
		}
	}
}

// FuzzReadMeter: whatever the headers are, what is read of them is within bounds.
func FuzzReadMeter(f *testing.F) {
	for _, seed := range []string{"100;w=21600", ";w=21600", "-1;w=0", "1;w=99999999999999999999", "9223372036854775807;w=4294967295", ";;;=,w"} {
		f.Add(seed, "20;w=21600", true)
		f.Add("100", seed, false)
	}
	f.Fuzz(func(t *testing.T, limit, remaining string, metered bool) {
		m, found := readMeter(http.Header{"Ratelimit-Limit": {limit}, "Ratelimit-Remaining": {remaining}}, metered)
		if !found {
			if m != (meterHeaders{}) || metered && limit+remaining != "" {
				t.Fatalf("%q, %q: nothing is found, but %+v", limit, remaining, m)
			}
			return
		}
		if m.allowance < 0 || m.allowance > maxAllowance || m.remaining < -1 || m.remaining > maxAllowance ||
			m.window < time.Second || m.window > longestWindow {
			t.Fatalf("%q, %q: %+v", limit, remaining, m)
		}
	})
}
