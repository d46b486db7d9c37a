package forge

// Limits are what a forge can do.
type Limits struct {
	// Title, Body and Comment are the most characters that each may have. Count what lies outside of Unicode's basic plane
	// (emoji) as two, which some forges do.
	Title, Body, Comment int

	Drafts    bool
	Labels    bool
	Reviewers bool
	Assignees bool
	AutoMerge bool

	Markdown Markdown
}

// Markdown is what the texts of a forge may hold beyond plain Markdown: headings, lists, emphasis, links and code.
type Markdown struct {
	Tables bool
	// Details says that <details><summary>...</summary>...</details> folds.
	Details bool
	// Hidden is how a part is written that readers do not see.
	Hidden Hidden
	// Linked are the characters that turn the word after them into a mention or a reference, which notifies people or
	// links elsewhere: inside code they do nothing.
	Linked string
	// Commands says that a line which begins with "/" is a command that the forge runs, even inside other text.
	Commands bool
	// ZeroWidth says that a zero-width space (U+200B) after one of those characters takes its power away; where it is false
	// code must be used.
	ZeroWidth bool
}

// Hidden is a way to write what readers do not see.
type Hidden int

const (
	// HTMLComment is <!-- text -->, which may not hold "--".
	HTMLComment Hidden = iota
	// LinkDefinition is [name]: # "text" on a line of its own after an empty one, for forges that show HTML as it is written.
	// It may hold neither quotes nor line breaks.
	LinkDefinition
)
