// Package plan is the pure middle of a pass: what was seen in Git and in the registries goes in, what should change
// comes out.
//
// [Make] takes the references found at the tip of one branch, the policies that write there and the tags the
// registries listed, and answers with a [Plan]:
//
//   - changes: a reference, the tag it carries and the tag it should carry, gathered in groups, a commit each;
//   - held: what would change or has a newer tag, and the rule that keeps it as it is;
//   - problems: what could not be decided or must not be edited. A problem stops its own reference or policy, never
//     the others;
//   - missing: what has to be looked up before some references can be decided. They are in nothing of the above, and
//     the plan is to be made again with the answers.
//
// Every reference is decided from the tag it carries itself, so two files may stand at different tags of one image.
// A [Group] renders its own commit message, with trailers that [ParseTrailers] reads back: history and idempotence
// live in Git and nowhere else.
//
// [MakeSet] plans what the command set was told instead, and [MakeReferences] tells, before any registry is asked, which
// policy governs each reference.
//
// What a person took back is held: [Past] reads from the trailers of earlier commits what this program wrote, and a
// reference that was moved below that gets only a newer tag. A pass need not know the past before it has changes to make.
//
// The package performs no input or output and never asks the time. The same input gives the same plan, in the same
// order, which is why a pass that lost a race for the branch can simply make its plan again on the new tip.
package plan
