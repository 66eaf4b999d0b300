package holder

import (
	"errors"
	"os"
	"os/user"
	"time"

	"homie/internal/accounts"
	"homie/wire"
)

// account is the OS account that a session runs as.
type account struct {
	name  string
	home  string
	shell string
	// other has the rest for an account that is not the one this process runs
	// as, and is nil for that one.
	other *accounts.Account
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

// isRoot reports whether this process may become another account. It never may
// on Windows, which has no such number.
func isRoot() bool { return os.Geteuid() == 0 }

// accountFor returns the account of a name, "" being this process's own. Only
// root runs programs as others, and as none that is not to be used.
func (m *Manager) accountFor(name string) (account, error) {
	m.mu.Lock()
	own := m.place.account
	m.mu.Unlock()
	if name == "" || name == own.name {
		return own, nil
	}
	if !isRoot() {
		return account{}, wire.Errorf(wire.Forbidden, "terminals on this machine run as %s only, because that is the account Homie runs as there; it can't open one as %s", own.name, name)
	}
	a, err := m.cfg.Accounts.Lookup(name)
	switch {
	case errors.Is(err, accounts.ErrUnknown):
		return account{}, wire.Errorf(wire.NotFound, "this machine has no account %s; see which it has with: cut -d: -f1 %s", name, m.cfg.Accounts.Passwd).Because(err)
	case err != nil:
		return account{}, wire.Errorf(wire.Unavailable, "the account %s can't be used: what this machine's account files say of it is damaged, as Homie's log there has it", name).Because(err)
	case a.UID == 0:
		return account{}, wire.Errorf(wire.Forbidden, "%s is another name of root; to open a terminal as root, the grant has to name root itself", name)
	case a.HasEnded(time.Now()):
		return account{}, wire.Errorf(wire.Forbidden, "the account %s has ended on this machine; its administrator can bring it back with: chage -E -1 %s", name, name)
	case a.NoLogin():
		return account{}, wire.Errorf(wire.Forbidden, "nobody is to log in as %s on this machine: its shell is %s. Its administrator can give it another one with: chsh -s /bin/sh %s", name, a.Shell, name)
	}
	return account{name: a.Name, home: a.Home, shell: a.Shell, other: &a}, nil
}

// uid is who the account is to the kernel, nil for the one this process runs as.
func (a account) uid() *uint32 {
	if a.other == nil {
		return nil
	}
	return &a.other.UID
}

// accountOf returns the account that a session runs as, as it is now: one that
// got another number meanwhile is another account of the same name.
func (m *Manager) accountOf(s *Session) (account, error) {
	if s.uid == nil {
		return m.accountFor("")
	}
	name := s.Info().Account
	a, err := m.accountFor(name)
	if err == nil && (a.other == nil || a.other.UID != *s.uid) {
		return a, wire.Errorf(wire.Conflict, "the account %s is another one by now than when this terminal was started; start a new one", name)
	}
	return a, err
}
