// Package message writes the messages of commits: a subject, a body and, at the end and in a paragraph of their own, the
// trailers.
//
// A [Text] is a subject with its body: what the program says by itself, what a template makes of that, or what a person
// gives, which [ParseText] reads. [Text.Message] puts the trailers behind it. Whatever the text is, no line of it reads as
// one of our trailers, which are the program's only history, and none is lost when somebody amends the commit.
//
// An [Event] is what messages to people tell: [EventTemplate] makes its line, [LinkTemplate] a link beside it.
//
// The package performs no input or output, and the same text gives the same message.
package message
