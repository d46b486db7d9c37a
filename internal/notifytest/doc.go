// Package notifytest serves what messages are sent to, for tests: [Chat] takes the POST requests of Slack, Teams, Discord
// and webhooks, and [Mail] is a mail server. Both keep what they were sent, and answer with the faults they are told. It
// imports no testing library.
//
//	chat := &notifytest.Chat{}
//	url := httptest.NewServer(chat).URL
//	chat.Fail(notifytest.Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}}, Times: 2})
//	...
//	chat.Requests()
package notifytest
