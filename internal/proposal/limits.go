package proposal

// Limits are what a forge does with the texts of a pull request.
type Limits struct {
	// Title, Body and Comment are the most characters of each. Those outside of Unicode's basic plane count as two.
	Title, Body, Comment int

	Labels    bool
	Reviewers bool
	Assignees bool
	Drafts    bool
	AutoMerge bool

	// Home is the forge itself.
	Home Home

	// Details says that <details> folds.
	Details bool
	// Definition says that a hidden part is written as the definition of a link that nothing uses, and not as an HTML
	// comment, which the forge would show.
	Definition bool
	// Commands says that a line which begins with "/" is a command that the forge runs.
	Commands bool
}
