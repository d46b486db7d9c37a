// Package status is what the program knows of its work at one moment: the state of each policy and why, the registries,
// the Git repositories, and what was written last. The daemon makes a Status after each step; the page, the API, the
// metrics and the messages are made from it and know nothing else.
//
//	after := before.Pass(pass)              // what a pass has found, folded in
//	events, told := watch.Events(told, after)   // what is to be told of it, and was not yet
//
// A Status is a value that is never changed: whoever holds one may read it for as long as it likes. It holds no secret.
// The package is pure, like package plan: it asks for no time, and the same steps give the same Status.
package status
