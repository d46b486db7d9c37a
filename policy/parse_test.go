package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// spell writes the parts of a version with a letter for the kind of each.
func spell(v *version) string {
	if v == nil {
		return ""
	}
	letters := map[partKind]string{
		wordPart: "w", ownedPart: "o", numberPart: "n", stagePart: "s", stageNumberPart: "c",
		revisionWordPart: "b", revisionPart: "r", datedPart: "d", commitPart: "h",
	}
	spelled := make([]string, len(v.parts))
	for i, p := range v.parts {
		spelled[i] = letters[p.kind] + ":" + p.whole(v.text)
	}
	return strings.Join(spelled, " ")
}

// The letters: w word, o number owned by a word, n number of the version, s pre-release word, c its number, b word of a
// build, r its number, d a date as a build, h commit.
var readings = []struct {
	text, want string
	floats     bool
}{
	// Prefix, numbers, variant.
	{text: "1.25.3-alpine3.18", want: "n:1 n:.25 n:.3 w:-alpine o:3.18"},
	{text: "v1.2", want: "w:v n:1 n:.2", floats: true},
	{text: "release-v1.2.3", want: "w:release w:-v n:1 n:.2 n:.3"},
	{text: "1", want: "n:1", floats: true},
	{text: "1.2.3.4.5.6", want: "n:1 n:.2 n:.3 n:.4 r:.5.6"},
	{text: "version-4.0.9", want: "w:version n:-4 n:.0 n:.9"},
	{text: "ee-8.1.2.1_1", want: "w:ee n:-8 n:.1 n:.2 n:.1 r:_1"},
	// Numbers owned by platforms, runtimes and architectures.
	{text: "2.1.3-debian-10-r38", want: "n:2 n:.1 n:.3 w:-debian o:-10 b:-r r:38"},
	{text: "1.14.0-scala_2.12-java8", want: "n:1 n:.14 n:.0 w:-scala o:_2.12 w:-java o:8"},
	{text: "1.15.7-otp-25-alpine", want: "n:1 n:.15 n:.7 w:-otp o:-25 w:-alpine"},
	{text: "temurin-8-tools-deps-1.11.1", want: "w:temurin o:-8 w:-tools w:-deps n:-1 n:.11 n:.1"},
	{text: "9.5.0-jdk-25-and-26", want: "n:9 n:.5 n:.0 w:-jdk o:-25 w:-and o:-26"},
	{text: "2.0-cu118", want: "n:2 n:.0 w:-cu o:118", floats: true},
	{text: "1.2.3-x86_64", want: "n:1 n:.2 n:.3 w:-x o:86 o:_64"},
	{text: "1.2.3-arm-v7", want: "n:1 n:.2 n:.3 w:-arm w:-v o:7"},
	{text: "arm64v8-4.0.9", want: "w:arm w:64 w:v o:8 n:-4 n:.0 n:.9"},
	{text: "2.8.19-32bit", want: "n:2 n:.8 n:.19 w:-32 w:bit"},
	// The number of a word as the version, when there is no other.
	{text: "alpine3.16", want: "w:alpine n:3 n:.16", floats: true},
	{text: "jdk-17.0.1", want: "w:jdk n:-17 n:.0 n:.1"},
	{text: "jdk-17.0.1-alpine3.18", want: "w:jdk n:-17 n:.0 n:.1 w:-alpine o:3.18"},
	{text: "jdk-17_35", want: "w:jdk n:-17 r:_35"},
	{text: "jdk-21.0.1_12-alpine", want: "w:jdk n:-21 n:.0 n:.1 r:_12 w:-alpine"},
	// Two numbers.
	{text: "3.10-7.3.14-slim", want: "o:3.10 n:-7 n:.3 n:.14 w:-slim"},
	{text: "3.10-7.3-slim", want: "o:3.10 n:-7 n:.3 w:-slim", floats: true},
	{text: "2-2.6.1", want: "o:2 n:-2 n:.6 n:.1"},
	{text: "25.34-25.0.3-jdk", want: "n:25 n:.34 r:-25.0.3 w:-jdk"},
	{text: "8-jre-7.0.0-M1-plume", want: "o:8 w:-jre n:-7 n:.0 n:.0 s:-M c:1 w:-plume"},
	{text: "v1.16.2-1.0", want: "w:v n:1 n:.16 n:.2 r:-1.0"},
	// Builds.
	{text: "17.0.1_12-jre-alpine", want: "n:17 n:.0 n:.1 r:_12 w:-jre w:-alpine"},
	{text: "4.0.9.2244-ls231", want: "n:4 n:.0 n:.9 n:.2244 b:-ls r:231"},
	{text: "8.7-923.1669829893", want: "n:8 n:.7 r:-923.1669829893"},
	{text: "8u372-b07-jdk-nanoserver-1809", want: "n:8 b:u r:372 b:-b r:07 w:-jdk w:-nanoserver o:-1809"},
	{text: "jdk8u282-b08", want: "w:jdk n:8 b:u r:282 b:-b r:08"},
	{text: "1803-KB4505057", want: "n:1803 b:-KB r:4505057"},
	{text: "2019-CU15-ubuntu-20.04", want: "n:2019 b:-CU r:15 w:-ubuntu o:-20.04"},
	{text: "1.27.3-k3s1", want: "n:1 n:.27 n:.3 w:-k w:3 b:s r:1"},
	{text: "17.0-20231024", want: "n:17 n:.0 d:-20231024"},
	{text: "1.2.3+build.5", want: "n:1 n:.2 n:.3 b:+build r:.5"},
	// Commits.
	{text: "release-1179-344b590f", want: "w:release n:-1179 h:-344b590f", floats: true},
	{text: "v3.9.0-177-ged5bcde", want: "w:v n:3 n:.9 n:.0 r:-177 h:-ged5bcde"},
	{text: "1.2.3-sha-1234567", want: "n:1 n:.2 n:.3 w:-sha h:-1234567"},
	{text: "1.2.3-1234567", want: "n:1 n:.2 n:.3 r:-1234567"},
	{text: "1.2.3-b2024001", want: "n:1 n:.2 n:.3 s:-b c:2024001"},
	{text: "v0.0.0-20240101120000-abcdef123456", want: "w:v n:0 n:.0 n:.0 d:-20240101120000 h:-abcdef123456"},
	{text: "1.2.3-1234567-20240101", want: "n:1 n:.2 n:.3 r:-1234567 d:-20240101"},
	{text: "20240101-17000000", want: "n:20240101 r:-17000000"},
	{text: "main-20240101-17000000", want: "w:main n:-20240101 r:-17000000"},
	// Pre-releases.
	{text: "1.0.0-RC.1", want: "n:1 n:.0 n:.0 s:-RC c:.1"},
	{text: "2.0b1", want: "n:2 n:.0 s:b c:1"},
	{text: "2.0-b", want: "n:2 n:.0 w:-b", floats: true},
	{text: "21-ea-32", want: "n:21 s:-ea c:-32"},
	{text: "3.13-rc", want: "n:3 n:.13 s:-rc", floats: true},
	{text: "1.0-SNAPSHOT", want: "n:1 n:.0 s:-SNAPSHOT", floats: true},
	{text: "5.0.0-dev", want: "n:5 n:.0 n:.0 w:-dev"},
	{text: "5.0.0-dev.20240101", want: "n:5 n:.0 n:.0 s:-dev c:.20240101"},
	{text: "3.2.0-210.4.beta-sdk", want: "n:3 n:.2 n:.0 c:-210.4 s:.beta w:-sdk"},
	{text: "17.05.0-ce-rc3-dind", want: "n:17 n:.05 n:.0 w:-ce s:-rc c:3 w:-dind"},
	{text: "1.3.0-python3.15-rc-alpine", want: "n:1 n:.3 n:.0 w:-python o:3.15 w:-rc w:-alpine"},
	{text: "1.3.0-python3.15-rc2-alpine", want: "n:1 n:.3 n:.0 w:-python o:3.15 w:-rc o:2 w:-alpine"},
	{text: "12.1.1-ubi10-rc", want: "n:12 n:.1 n:.1 w:-ubi o:10 s:-rc"},
	{text: "nightly-20240101", want: "w:nightly n:-20240101"},
	// Dates.
	{text: "bookworm-20240110-slim", want: "w:bookworm n:-20240110 w:-slim"},
	{text: "apache-202209221209", want: "w:apache n:-202209221209"},
	{text: "2024-01-31", want: "n:2024 n:-01 n:-31"},
	{text: "2024-13", want: "n:2024 r:-13"},
	{text: "RELEASE.2024-01-01T00-00-00Z", want: "w:RELEASE n:.2024 n:-01 n:-01 w:T r:00 r:-00 r:-00 w:Z"},
	{text: "20240101T120000Z", want: "n:20240101 w:T r:120000 w:Z"},
	{text: "20240101-1.2.3", want: "n:20240101 r:-1.2.3"},
	{text: "1.2.3-debian-20240110", want: "n:1 n:.2 n:.3 w:-debian d:-20240110"},
	// Odd separators.
	{text: "1.2.3-", want: "n:1 n:.2 n:.3 w:-"},
	{text: "1..2", want: "n:1 r:..2"},
	{text: "1.2.3--alpine", want: "n:1 n:.2 n:.3 w:--alpine"},
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range readings {
		v, f := newParser().parse(test.text)
		if f != noFault {
			t.Errorf("%s: fault %d", test.text, f)
			continue
		}
		if got := spell(v); got != test.want {
			t.Errorf("%s is read as\n\t%s, want\n\t%s", test.text, got, test.want)
		}
		if v.full() == test.floats {
			t.Errorf("%s: floats = %v", test.text, !v.full())
		}
	}
}

func TestParseFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		want fault
	}{
		{text: "latest", want: noNumber},
		{text: "mainline-alpine", want: noNumber},
		{text: "32bit", want: noNumber},
		{text: "344b590f", want: onlyHash},
		{text: "DEADBEEF", want: onlyHash},
		{text: strings.Repeat("0a", 32), want: onlyHash},
		{text: "sha-abc1234", want: onlyHash},
		{text: "sha-1234567", want: onlyHash},
		{text: "main-abc1234", want: onlyHash},
		{text: "main-1a2b3c4-1700000000", want: commitInside},
		{text: "1a2b3c4.20240101120000", want: commitInside},
		{text: "main-1234567-1700000000", want: commitInside},
		{text: "python3.10-alpine3.23", want: ambiguous},
		{text: "jdk-25-and-26", want: ambiguous},
		{text: "1.2.3~1", want: strangeCharacter},
		{text: "1.2.é", want: strangeCharacter},
		{text: "1." + strings.Repeat("1", 254), want: tooLong},
	} {
		if _, got := newParser().parse(test.text); got != test.want {
			t.Errorf("%s: fault %d, want %d", test.text, got, test.want)
		}
	}
}

// anyTag makes texts that are like tags and full of what the grammar knows.
func anyTag() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"1", "2", "10", "18", "27", "007", "2024", "01", "31", "20240131", "202401311200", "99999999999999999999999", "1773204619",
			"alpine", "debian", "jdk", "temurin", "scala", "x86_64", "arm64v8", "k3s", "r", "ls", "u", "b", "p", "KB", "CU",
			"rc", "RC", "beta", "alpha", "a", "m", "ea", "dev", "nightly", "SNAPSHOT", "canary", "v", "T", "Z", "slim", "sha", "and",
			"344b590f", "ged5bcde", "abcdef1",
		}),
		rapid.StringMatching(`[a-zA-Z0-9]{1,4}`),
	)
	separator := rapid.SampledFrom([]string{"", "", ".", ".", "-", "-", "_", "--", ".."})
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(1, 8).Draw(t, "pieces") {
			if b.Len() > 0 {
				b.WriteString(separator.Draw(t, "separator"))
			}
			b.WriteString(piece.Draw(t, "piece"))
		}
		return b.String()
	})
}

// checkParts holds what is true of every version: its parts print the text, and every number is in its place.
func checkParts(t interface{ Fatalf(string, ...any) }, v *version) {
	var printed strings.Builder
	for _, p := range v.parts {
		if p.kind == freePart {
			t.Fatalf("%q: the part %q is undecided", v.text, p.whole(v.text))
		}
		if number := p.kind == numberPart; number && !isDecimal(p.of(v.text)) {
			t.Fatalf("%q: the number %q", v.text, p.of(v.text))
		}
		printed.WriteString(p.whole(v.text))
	}
	if printed.String() != v.text {
		t.Fatalf("%q prints %q", v.text, printed.String())
	}
	if v.numbers == 0 || v.number(0) == "" {
		t.Fatalf("%q has no number", v.text)
	}
}

func TestParsePrintsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		if v, f := newParser().parse(anyTag().Draw(t, "tag")); f == noFault {
			checkParts(t, v)
		}
	})
}

func TestParseAsPrintsTheSame(t *testing.T) {
	t.Parallel()
	var formats []*format
	for _, source := range []string{"YYYY.0M.0D", "YYYYMMDD", "YY.MM.MICRO", "vMAJOR-YYYY-WW-lts", "DD.MM.YYYYT00"} {
		f, err := newFormat(source)
		if err != nil {
			t.Fatal(err)
		}
		formats = append(formats, f)
	}
	date := rapid.SampledFrom([]string{"2024.01.31", "20240131", "24.1.7", "v3-2024-5-lts", "31.1.2024T00"})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "a-", "v", "jdk-17-"}).Draw(t, "prefix") + date.Draw(t, "date") +
			rapid.SampledFrom([]string{"", "-alpine3.18", "_2", "-rc1", "-abcdef1"}).Draw(t, "suffix")
		for _, f := range formats {
			if v, fault := newParser().parseAs(f, text); fault == noFault {
				checkParts(t, v)
			}
		}
	})
}

// A parser keeps its buffers: what it has read before must not show.
func TestParserForgets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first, second := anyTag().Draw(t, "first"), anyTag().Draw(t, "second")
		used := newParser()
		before, _ := used.parse(first)
		spelled := spell(before)
		got, f := used.parse(second)
		want, g := newParser().parse(second)
		if f != g || spell(got) != spell(want) || spell(before) != spelled {
			t.Fatalf("%q after %q is %q, alone %q", second, first, spell(got), spell(want))
		}
	})
}

// The comparison is a total order of versions: the keys agree with it, and it does not contradict itself.
func TestCompareNumbers(t *testing.T) {
	t.Parallel()
	number := rapid.SampledFrom([]string{"0", "00", "1", "2", "9", "10", "65534", "65535", "65536", "4294967295", "4294967296", "99999999999999999999999"})
	tag := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(number, 1, 5).Draw(t, "numbers"), ".")
	})
	rapid.Check(t, func(t *rapid.T) {
		var v [3]*version
		for i := range v {
			v[i], _ = newParser().parse(tag.Draw(t, "tag"))
		}
		slow := func(a, b *version) int {
			x, y := *a, *b
			x.key, y.key, x.exact, y.exact = 0, 0, false, false
			return compareNumbers(&x, &y)
		}
		ab, bc, ac := compareNumbers(v[0], v[1]), compareNumbers(v[1], v[2]), compareNumbers(v[0], v[2])
		if ab != slow(v[0], v[1]) || ab != -compareNumbers(v[1], v[0]) {
			t.Fatalf("%s and %s compare as %d, without keys as %d", v[0].text, v[1].text, ab, slow(v[0], v[1]))
		}
		if ab <= 0 && bc <= 0 && ac > 0 {
			t.Fatalf("%s <= %s <= %s, but not the first and the last", v[0].text, v[1].text, v[2].text)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1.25.3-alpine3.18", "8u372-b07", "RELEASE.2024-01-01T00-00-00Z", "3.2.0-210.4.beta", "arm64v8-1-rc.2_r3-abcdef1", strings.Repeat("0", maxText)} {
		f.Add(seed)
	}
	reader := newParser()
	f.Fuzz(func(t *testing.T, text string) {
		v, fault := reader.parse(text)
		if fault != noFault {
			return
		}
		checkParts(t, v)
		if len(v.parts) > len(text) {
			t.Fatalf("%q has %d parts", text, len(v.parts))
		}
	})
}
