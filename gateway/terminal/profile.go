package terminal

import (
	"cmp"
	"context"
	"errors"

	"homie/store"
	"homie/tsidentity"
	"homie/wire"
	wireterminal "homie/wire/terminal"
)

var profiles = store.NewTable[string, Profile]("terminal.profiles") // by owner and id, see shelf

// ProfileID names a profile.
type ProfileID string

// Profile is how a terminal is to be started. It gives no rights: whoever
// starts one with it has to have them.
type Profile struct {
	ID      ProfileID         `json:"id"`
	Name    string            `json:"name"`
	Icon    wireterminal.Icon `json:"icon"`
	Node    wire.NodeName     `json:"node"`    // "" for any machine
	Dir     string            `json:"dir"`     // "" for where the machine's terminals start
	Command []string          `json:"command"` // empty for the account's shell
	Env     map[string]string `json:"env"`
	Account string            `json:"account"` // "" for the usual one
	Group   string            `json:"group"`   // that its terminals are listed under
	Record  bool              `json:"record"`  // from the start

	// Shared ones are seen by all who may open terminals, others by the person
	// whose they are.
	Shared bool `json:"shared"`
	// Removed is set in the last event of one: it is not kept any more, or not
	// for whoever is told.
	Removed bool `json:"removed,omitzero"`

	owner string // "" if shared, see ownerOf
}

func (p *Profile) id() string      { return string(p.ID) }
func (p *Profile) setID(id string) { p.ID = ProfileID(id) }
func (p *Profile) about() about    { return about{&p.owner, &p.Shared, &p.Removed} }
func (p *Profile) order() string   { return p.Name }

// ProfileParams make a profile.
type ProfileParams struct {
	Name    string            `json:"name"`
	Icon    wireterminal.Icon `json:"icon,omitzero"`
	Node    wire.NodeName     `json:"node,omitzero"`    // absent: any machine
	Dir     string            `json:"dir,omitzero"`     // absent: where the machine's terminals start
	Command []string          `json:"command,omitzero"` // absent: the account's shell
	Env     map[string]string `json:"env,omitzero"`
	Account string            `json:"account,omitzero"` // absent: the usual one
	Group   string            `json:"group,omitzero"`
	Record  bool              `json:"record,omitzero"` // from the start
	// Shared makes it everybody's; that needs the capability sharing:write.
	Shared bool `json:"shared,omitzero"`
}

// Validate checks shape and bounds.
func (p ProfileParams) Validate() error {
	if p.Name == "" {
		return errors.New("name is missing; it is what people choose the profile by")
	}
	return errors.Join(
		wireterminal.CheckPlace(p.Name, p.Node, p.Command, p.Dir, p.Account, p.Env, p.Icon),
		wireterminal.CheckPlace(p.Group, "", nil, "", "", nil, ""))
}

// Target names the profile for the audit log.
func (p ProfileParams) Target() string { return p.Name }

func (p ProfileParams) profile() Profile {
	v := Profile{
		Name: p.Name, Icon: cmp.Or(p.Icon, wireterminal.IconTerminal), Node: p.Node, Dir: p.Dir, Command: p.Command, Env: p.Env,
		Account: p.Account, Group: p.Group, Record: p.Record, Shared: p.Shared,
	}
	if v.Command == nil {
		v.Command = []string{}
	}
	if v.Env == nil {
		v.Env = map[string]string{}
	}
	return v
}

// ProfileUpdateParams replace a profile by another one under the same id.
type ProfileUpdateParams struct {
	ID      ProfileID     `json:"id"`
	Profile ProfileParams `json:"profile"`
}

// Validate checks shape and bounds.
func (p ProfileUpdateParams) Validate() error { return p.Profile.Validate() }

// Target names it for the audit log.
func (p ProfileUpdateParams) Target() string { return p.Profile.Target() }

// ProfileDeleteParams name a profile.
type ProfileDeleteParams struct {
	ID ProfileID `json:"id"`
}

// Target names the profile for the audit log.
func (p ProfileDeleteParams) Target() string { return string(p.ID) }

// Profiles is a list, by name.
type Profiles struct {
	Profiles []Profile `json:"profiles"`
}

// listProfiles returns the caller's own profiles and those that are shared.
func (s *Service) listProfiles(_ context.Context, who tsidentity.Caller, _ wire.Nothing) (Profiles, error) {
	all, err := s.profiles.list(who)
	return Profiles{Profiles: all}, err
}

// createProfile keeps a profile: for the caller, on all of their devices, or for
// everybody who may open terminals.
func (s *Service) createProfile(_ context.Context, who tsidentity.Caller, p ProfileParams) (Profile, error) {
	return s.profiles.create(who, p.profile())
}

// updateProfile replaces a profile. Whoever is sharing it, or takes it back,
// needs the right to share.
func (s *Service) updateProfile(_ context.Context, who tsidentity.Caller, p ProfileUpdateParams) (Profile, error) {
	v := p.Profile.profile()
	v.ID = p.ID
	return s.profiles.update(who, v)
}

// deleteProfile removes a profile. Terminals that were started with it run on.
func (s *Service) deleteProfile(_ context.Context, who tsidentity.Caller, p ProfileDeleteParams) (wire.Nothing, error) {
	return wire.Nothing{}, s.profiles.remove(who, string(p.ID))
}
