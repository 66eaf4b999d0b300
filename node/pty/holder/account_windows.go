package holder

import "errors"

// No other account is run as on Windows: accountFor refuses them.

func (a account) environ(own []string) []string { return own }

func loginShell(path string) []string { return shellCommand(path) }

func shared(string) (string, error) {
	return "", errors.New("sessions run as one account only")
}
