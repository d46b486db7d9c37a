package policy

import "fmt"

// FieldError says what is wrong with one field of a [Spec]. [New] joins all of them.
type FieldError struct {
	Field string // path of the key below the policy: "tags.match", "tags.ignore[2]", "select.semver", "guard.bump"
	Err   error
}

// Error returns the field and what is wrong with it.
func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap returns what is wrong, without the field.
func (e *FieldError) Unwrap() error { return e.Err }

// faults gathers field errors.
type faults []error

func (f *faults) add(field string, err error) {
	if err != nil {
		*f = append(*f, &FieldError{Field: field, Err: err})
	}
}

func (f *faults) addf(field, format string, args ...any) {
	f.add(field, fmt.Errorf(format, args...))
}
