package pty

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"homie/tsidentity"
	"homie/wire"
	"homie/wire/terminal"
)

// What the gateway asks is within its bound on this machine, or is refused: by
// capability, which the registry sees to, and by the OS account that it would be
// done as, which is seen to here, whatever the gateway says of it.

// may refuses what is not within the bound.
func (s *Service) may(who tsidentity.Caller, capability, account string) error {
	if who.MayUse(capability, account) {
		return nil
	}
	return wire.Errorf(wire.Forbidden,
		"This machine does not let Homie's gateway do that as %q (%s). Whoever runs this home can change that in the tailnet policy file, in the grant of %s from the gateway to this machine.",
		account, capability, tsidentity.BoundCap)
}

// mayCall is may for a call of a method, and returns the account that it acts as.
func (s *Service) mayCall(ctx context.Context, who tsidentity.Caller, capability string, p any) (account string, err error) {
	if account, err = s.accountOf(ctx, who, p); err != nil {
		return "", err
	}
	return account, s.may(who, needs(capability, p), account)
}

// needs is the capability that a call takes, which is more for a viewer who may
// type than for one who watches.
func needs(capability string, p any) string {
	if p, ok := p.(terminal.AttachParams); ok && !p.Watch {
		return terminal.Input.Capability
	}
	return capability
}

// accountOf returns the OS account that a call acts as.
func (s *Service) accountOf(ctx context.Context, who tsidentity.Caller, p any) (string, error) {
	switch p := p.(type) {
	case terminal.StartParams:
		return cmp.Or(p.Account, ownAccount()), nil
	case terminal.MultiplexerParams:
		return cmp.Or(p.Account, ownAccount()), nil
	case terminal.ListFilesParams:
		return s.ofFiles(ctx, who, p.Session, p.Account)
	case terminal.ReadFileParams:
		return s.ofFiles(ctx, who, p.Session, p.Account)
	case terminal.WriteFileParams:
		return s.ofFiles(ctx, who, p.Session, p.Account)
	case terminal.AttachParams:
		return s.ofSession(ctx, who, p.Session)
	case terminal.InputParams:
		return s.ofSession(ctx, who, p.Session)
	case terminal.ResizeParams:
		return s.ofSession(ctx, who, p.Session)
	case terminal.KillParams:
		return s.ofSession(ctx, who, p.Session)
	case terminal.UpdateParams:
		return s.ofSession(ctx, who, p.Session)
	case terminal.ControlParams:
		return s.ofSession(ctx, who, p.Session)
	case terminal.RecordParams:
		return s.ofSession(ctx, who, p.Session)
	case terminal.RecordingParams:
		return s.ofRecording(ctx, who, p.Recording)
	case terminal.RecordingReadParams:
		return s.ofRecording(ctx, who, p.Recording)
	}
	return "", fmt.Errorf("nothing says which account a %T acts as", p)
}

// ofFiles is the account that opens files: that of a session, or without one the
// account that is named, or the node's own.
func (s *Service) ofFiles(ctx context.Context, who tsidentity.Caller, id wire.SessionID, account string) (string, error) {
	if id != "" {
		return s.ofSession(ctx, who, id)
	}
	return cmp.Or(account, ownAccount()), nil
}

// ofSession is the account that a session runs as.
func (s *Service) ofSession(ctx context.Context, who tsidentity.Caller, id wire.SessionID) (string, error) {
	s.mu.Lock()
	v, ok := s.known[id]
	s.mu.Unlock()
	if ok {
		return v.Account, nil
	}
	all, err := tell(ctx, s, who, terminal.List, terminal.ListParams{}, again)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(all.Sessions, func(v terminal.Session) bool { return v.ID == id })
	if i < 0 {
		return "", wire.Errorf(wire.NotFound, "the terminal %s has ended and is no longer kept", id)
	}
	return all.Sessions[i].Account, nil
}

// ofRecording is the account that a recorded session ran as.
func (s *Service) ofRecording(ctx context.Context, who tsidentity.Caller, id terminal.RecordingID) (string, error) {
	all, err := tell(ctx, s, who, terminal.RecordingList, terminal.RecordingListParams{}, again)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(all.Recordings, func(r terminal.Recording) bool { return r.ID == id })
	if i < 0 {
		return "", wire.Errorf(wire.NotFound, "there is no recording %s any more", id)
	}
	return all.Recordings[i].Account, nil
}

// shown leaves out of the news what the gateway may not look at.
func shown(who tsidentity.Caller, v terminal.Session) (terminal.Session, bool) {
	return v, who.MayUse(terminal.Changed.Capability, v.Account)
}

// recordings lists the recordings within the bound.
func (s *Service) recordings(ctx context.Context, who tsidentity.Caller, p terminal.RecordingListParams) (terminal.Recordings, error) {
	all, err := tell(ctx, s, who, terminal.RecordingList, p, again)
	all.Recordings = slices.DeleteFunc(all.Recordings, func(r terminal.Recording) bool {
		return !who.MayUse(terminal.RecordingList.Capability, r.Account)
	})
	return all, err
}
