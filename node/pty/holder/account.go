package holder

import (
	"os/user"

	"homie/wire"
)

// account is the OS account that sessions run as: the node's own.
type account struct {
	name  string
	home  string
	shell string
}

// ownAccount describes the account this process runs as. What the environment
// does not say comes from the account database.
func ownAccount(environ []string) account {
	a := account{home: lookup(environ, homeVariable), shell: lookup(environ, "SHELL")}
	if u, err := user.Current(); err == nil {
		a.name = u.Username
		if a.home == "" {
			a.home = u.HomeDir
		}
	}
	if a.name == "" {
		a.name = lookup(environ, "USER")
	}
	if a.home == "" {
		a.home = noHome
	}
	if a.shell == "" {
		a.shell = shellOf(a.name)
	}
	return a
}

// check refuses to run as anybody but a itself.
func (a account) check(wanted string) error {
	if wanted == "" || wanted == a.name {
		return nil
	}
	e := wire.Errorf(wire.Forbidden, "terminals on this machine run as %s only, because that is the account Homie runs as there; it can't open one as %s", a.name, wanted)
	if a.name == "root" {
		e = wire.Errorf(wire.Forbidden, "terminals on this machine run as root only; Homie can't switch to %s there yet, though it runs as root", wanted)
	}
	return e
}
