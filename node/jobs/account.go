package jobs

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"homie/internal/accounts"
	"homie/wire/jobs"
)

// account is the OS account that a job runs as.
type account struct {
	name, home, shell string
	other             *accounts.Account // nil for the node's own
}

// accountFor returns the account of a name, "" being the usual one: the node's
// own, unless that is root, which has to be named. The errors are for people.
func (s *Service) accountFor(name string) (account, error) {
	if s.own == nil {
		return account{}, errors.New("this machine does not say which account Homie runs as there, so that it runs no jobs")
	}
	root := os.Geteuid() == 0
	own := account{name: s.own.Username, home: s.own.HomeDir, shell: os.Getenv("SHELL")}
	switch {
	case name == "" && root:
		return account{}, errors.New(`it does not say as whom it runs, and Homie runs as root on this machine: add account = "NAME", with "root" if it has to be root`)
	case name == "" || name == own.name:
		return own, nil
	case !root:
		return account{}, fmt.Errorf("Homie runs as %s on this machine and can't run anything as %s", own.name, name) //nolint:staticcheck // Homie is a name
	}
	a, err := s.o.Accounts.Lookup(name)
	switch {
	case errors.Is(err, accounts.ErrUnknown):
		return account{}, fmt.Errorf("this machine has no account %.64q", name)
	case err != nil:
		return account{}, fmt.Errorf("the account %.64q can't be used: what this machine's account files say of it is damaged", name)
	case a.UID == 0:
		return account{}, fmt.Errorf("%s is another name of root; say root to run something as root", name)
	case a.HasEnded(time.Now()):
		return account{}, fmt.Errorf("the account %s has ended on this machine", name)
	}
	return account{name: a.Name, home: a.Home, shell: a.Shell, other: &a}, nil
}

// pathOfOthers is where programs of other accounts than the node's are found.
const pathOfOthers = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment is all that a program gets: nothing of the node's own settings,
// which may have keys in them, is in it.
func (s *Service) environment(a account, d *definition, r jobs.Run) []string {
	env := map[string]string{}
	for _, kv := range os.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		if name == "LANG" || name == "TZ" || strings.HasPrefix(name, "LC_") || (name == "TMPDIR" && a.other == nil) {
			env[name] = value
		}
	}
	env["PATH"] = pathOfOthers
	if a.other == nil {
		env["PATH"] = cmp.Or(os.Getenv("PATH"), pathOfOthers)
	}
	env["HOME"], env["USER"], env["LOGNAME"], env["SHELL"] = a.home, a.name, a.name, cmp.Or(a.shell, "/bin/sh")
	maps.Copy(env, d.Environment)
	env["HOMIE_NODE"], env["HOMIE_JOB"], env["HOMIE_RUN"] = string(s.o.Node), string(r.Job), string(r.ID)
	for name, value := range r.Params {
		env[variableOf(name)] = value
	}
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}
