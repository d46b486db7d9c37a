package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// Push moves ref from the commit old to the tip of the draft; a zero old creates it. The server compares old with where
// the ref stands. A [*PushError] is the server's no. After any other error it is not known what became of the push: the
// answer may have been lost, and [Remote.Refs] tells.
func (r *Remote) Push(ctx context.Context, ref string, old Hash, d *Draft) error {
	ctx, cancel := r.bound(ctx)
	defer cancel()
	err := r.push(ctx, ref, old, d)
	if err == nil {
		return nil
	}
	if said, ok := errors.AsType[*PushError](err); ok {
		return said
	}
	return explain(ctx, fmt.Sprintf("pushing to %s of %s", ref, r.shown), err)
}

func (r *Remote) push(ctx context.Context, ref string, old Hash, d *Draft) (err error) {
	if d.Empty() {
		return errors.New("there is nothing to push")
	}
	return r.send(ctx, ref, old, d.tip, d.objects)
}

// Delete deletes ref, which stands at the commit old. Its errors are those of [Remote.Push].
func (r *Remote) Delete(ctx context.Context, ref string, old Hash) error {
	ctx, cancel := r.bound(ctx)
	defer cancel()
	err := r.send(ctx, ref, old, Hash{}, nil)
	if said, ok := errors.AsType[*PushError](err); ok {
		return said
	}
	if err != nil {
		return explain(ctx, fmt.Sprintf("deleting %s of %s", ref, r.shown), err)
	}
	return nil
}

// send moves ref from the commit old to another one, with the objects that the server lacks. A zero one deletes it.
func (r *Remote) send(ctx context.Context, ref string, old, tip Hash, objects []object) error {
	if err := checkRef(ref); err != nil {
		return err
	}
	err := r.deliver(ctx, ref, old, tip, objects)
	if r.outdated(err) {
		err = r.deliver(ctx, ref, old, tip, objects)
	}
	return err
}

// Receives tells in the server's words what it can do with pushes, for another process to expect: see [Remote.Expect]. It is
// "" as long as that is not known.
func (r *Remote) Receives() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.receives == nil {
		return ""
	}
	return r.receives.said
}

// Expect takes it that the server can still do what it has told another process, which saves a request where it need not say
// so again. A server that turns a push away which it would have taken otherwise is asked after all.
func (r *Remote) Expect(receives string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if receives != "" && r.receives == nil {
		r.receives, r.expected = &advertisement{}, true
		r.receives.cutCapabilities([]byte("\x00" + receives))
	}
}

// outdated forgets what was expected of the server if a push that went by it has failed, and reports whether it was turned
// away at the door: it may be somewhere else now.
func (r *Remote) outdated(err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, judged := errors.AsType[*PushError](err)
	if !r.expected || err == nil || judged {
		r.expected = false
		return false
	}
	r.receives, r.expected = nil, false
	status, answered := errors.AsType[*StatusError](err)
	return answered && !status.Temporary()
}

// deliver sends a push once.
func (r *Remote) deliver(ctx context.Context, ref string, old, tip Hash, objects []object) (err error) {
	begun := time.Now()
	conv, err := r.wire.open(ctx, receivePack)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conv.close()) }()
	adv, err := r.receiver(ctx, conv, ref, old)
	if err != nil {
		return err
	}
	request, err := encodePush(adv, ref, old, tip, objects)
	if err != nil {
		return err
	}
	answer, err := conv.ask(ctx, request)
	if err != nil {
		return err
	}
	if err := r.readReport(answer, adv, ref); err != nil {
		return err
	}
	r.log.DebugContext(ctx, "pushed", "url", r.shown, "ref", ref, "commit", tip, "objects", len(objects),
		"bytes", len(request), "took", time.Since(begun))
	return nil
}

// receiver returns what receive-pack can do. Where each request stands for itself this is asked for once: the server
// compares old with the branch in any case, and every request less between the look at a branch and the push is a race
// less that can be lost.
func (r *Remote) receiver(ctx context.Context, conv conversation, ref string, old Hash) (*advertisement, error) {
	r.mu.Lock()
	adv := r.receives
	r.mu.Unlock()
	if adv != nil && conv.stateless() {
		return adv, nil
	}
	body, err := conv.advertisement(ctx)
	if err != nil {
		return nil, err
	}
	if adv, err = readAdvertisement(body, r.clean); err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.receives = adv
	r.mu.Unlock()
	if at := adv.refs.tips[ref]; at != old {
		return nil, &PushError{Ref: ref, Reason: fmt.Sprintf("it stands at %s, not at %s", at, old), Moved: true}
	}
	return adv, nil
}

// checkRef refuses what git check-ref-format does, as far as it could be taken for something else on the wire or by the
// server. The rest is the server's to refuse.
func checkRef(ref string) error {
	bad := func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`~^:?*[\\`, r) }
	if !strings.HasPrefix(ref, branchPrefix) || strings.ContainsFunc(ref, bad) || strings.Contains(ref, "..") ||
		strings.Contains(ref, "//") || strings.HasSuffix(ref, "/") {
		return fmt.Errorf("%q is no name of a branch", ref)
	}
	return nil
}

// encodePush writes the request (gitprotocol-pack, "Reference Update Request"): one command and the pack, which a
// deletion goes without.
func encodePush(adv *advertisement, ref string, old, tip Hash, objects []object) ([]byte, error) {
	if !adv.offers("report-status") {
		return nil, errors.New("the server does not report what becomes of a push")
	}
	if tip.IsZero() && !adv.offers("delete-refs") {
		return nil, errors.New("the server does not let branches be deleted")
	}
	var wants strings.Builder
	wants.WriteString("report-status")
	for _, c := range []string{"side-band-64k", "quiet"} {
		if adv.offers(c) {
			wants.WriteString(" " + c)
		}
	}
	var buf bytes.Buffer
	lines := pktline.NewEncoder(&buf)
	if err := lines.Encodef("%s %s %s\x00 %s", old, tip, ref, wants.String()); err != nil {
		return nil, err
	}
	if err := lines.Flush(); err != nil {
		return nil, err
	}
	if tip.IsZero() {
		return buf.Bytes(), nil
	}
	if err := writePack(&buf, objects, adv.offers("ofs-delta")); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// readReport reads what became of a push.
func (r *Remote) readReport(answer io.Reader, adv *advertisement, ref string) error {
	words := func() string { return "" }
	if adv.offers("side-band-64k") {
		bands := newSideband(answer, r.clean)
		answer, words = bands, bands.words
	}
	answer = io.LimitReader(answer, maxAdvertisement)
	report := packp.NewReportStatus()
	if err := report.Decode(answer); err != nil {
		if said := words(); said != "" {
			return fmt.Errorf("the server says: %s: %w", said, err)
		}
		return fmt.Errorf("reading the report: %w", r.clean.fatal(err))
	}
	// What hooks say may come after the report. The verdict stands without it.
	_, _ = io.Copy(io.Discard, answer)
	if report.UnpackStatus != "ok" {
		reason := "the server cannot unpack the objects: " + r.clean.words(report.UnpackStatus)
		return &PushError{Ref: ref, Reason: reason, Words: words()}
	}
	for _, c := range report.CommandStatuses {
		if c.Status != "ok" {
			return &PushError{Ref: ref, Reason: r.clean.words(c.Status), Words: words()}
		}
	}
	if len(report.CommandStatuses) != 1 || report.CommandStatuses[0].ReferenceName.String() != ref {
		return errors.New("the server's report is about other branches")
	}
	return nil
}
