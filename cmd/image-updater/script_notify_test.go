package main

import (
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/image-updater/image-updater/internal/notifytest"
)

// onChat is "chat VERB ARGUMENT...": what messages are sent to.
func onChat(ts *testscript.TestScript, neg bool, args []string) {
	const usage = "chat start | chat fail STATUS TEXT | chat mend | chat got N [FILE] | chat await N FILE"
	want(ts, neg, len(args) > 0, usage)
	s := sceneOf(ts)
	verb, args := args[0], args[1:]
	want(ts, neg, verb == "start" || s.chat != nil, usage)
	switch {
	case verb == "start" && len(args) == 0:
		s.chat = &notifytest.Chat{}
		url, err := serve(ts, s.chat)
		ts.Check(err)
		ts.Setenv("CHAT", url+"/services/hunter2hunter2")
	case verb == "fail" && len(args) == 2:
		s.chat.Fail(notifytest.Fault{Status: number(ts, args[0]), Body: args[1]})
	case verb == "mend" && len(args) == 0:
		s.chat.Fail()
	case verb == "await" && len(args) == 2:
		await(ts, func() error {
			if n := len(s.chat.Requests()); n < number(ts, args[0]) {
				return fmt.Errorf("messages: got %d, want %s", n, args[0])
			}
			return nil
		})
		keepLast(ts, s.chat, args[1])
	case verb == "got" && len(args) > 0 && len(args) < 3:
		requests := s.chat.Requests()
		if strconv.Itoa(len(requests)) != args[0] {
			ts.Fatalf("messages: got %d, want %s", len(requests), args[0])
		}
		if len(args) == 2 {
			keepLast(ts, s.chat, args[1])
		}
	default:
		want(ts, neg, false, usage)
	}
}

// keepLast puts the last message into a file.
func keepLast(ts *testscript.TestScript, chat *notifytest.Chat, file string) {
	requests := chat.Requests()
	ts.Check(os.WriteFile(ts.MkAbs(file), requests[len(requests)-1].Body, 0o600))
}

// onMail is "mail VERB ARGUMENT...": a mail server of this machine.
func onMail(ts *testscript.TestScript, neg bool, args []string) {
	s := sceneOf(ts)
	switch {
	case len(args) == 1 && args[0] == "start":
		s.mail = &notifytest.Mail{Auth: "PLAIN"}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.mail.Serve(l)
		}()
		ts.Defer(func() {
			l.Close()
			<-ended
		})
		_, port, err := net.SplitHostPort(l.Addr().String())
		ts.Check(err)
		ts.Setenv("SMTPPORT", port)
	case len(args) == 2 && args[0] == "got" && s.mail != nil:
		letters := s.mail.Letters()
		want(ts, neg, len(letters) > 0, "mail got FILE, and none has come")
		letter := letters[len(letters)-1]
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte("User: "+letter.User+"\n"+letter.Text), 0o600))
	default:
		want(ts, neg, false, "mail start | mail got FILE")
	}
}
