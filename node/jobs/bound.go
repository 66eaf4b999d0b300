package jobs

import (
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/jobs"
)

// within sees to it that the gateway keeps within its bound: that the policy file
// lets it do what a capability is about on this machine, as an account.
func within(who tsidentity.Caller, capability, account string) error {
	if who.MayUse(capability, account) {
		return nil
	}
	return wire.Errorf(wire.Forbidden, "This machine does not let its gateway do that as %q. The policy file bounds it, in the grant for the machine's tag: \"as\" there would have to name the account.", account)
}

// withinFile is within for the account that the file of a job names, if there is
// one. One that can't be told is within no bound that names accounts.
func (s *Service) withinFile(who tsidentity.Caller, capability string, id jobs.ID) error {
	e, ok := s.folder.get(id)
	if !ok {
		return nil
	}
	account := ""
	if e.def != nil {
		if a, err := s.accountFor(e.def.Account); err == nil {
			account = a.name
		}
	}
	return within(who, capability, account)
}

// shownJob leaves out of the news what the gateway may not look at.
func shownJob(who tsidentity.Caller, j jobs.Job) (jobs.Job, bool) {
	return j, j.Removed || who.MayUse(jobs.Changed.Capability, j.Account)
}

// shownRun leaves out of the news what the gateway may not look at.
func shownRun(who tsidentity.Caller, r jobs.Run) (jobs.Run, bool) {
	return r, who.MayUse(jobs.RunChanged.Capability, r.Account)
}
