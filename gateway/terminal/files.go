package terminal

import (
	"context"

	"homie/gateway/access"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	wireterminal "homie/wire/terminal"
)

// filesPerCaller bounds the files that a person's device has under way with one
// machine.
const filesPerCaller = 8

// listFiles says what is in a folder of a terminal's machine, as the account of
// the terminal sees it. Without a folder it is the one where the terminal is at
// the moment; without a terminal, where new ones start.
func (s *Service) listFiles(ctx context.Context, who tsidentity.Caller, p wireterminal.ListFilesParams) (wireterminal.Folder, error) {
	conn, _, err := s.filesOf(ctx, who, p.Node, p.Session)
	if err != nil {
		return wireterminal.Folder{}, err
	}
	defer s.looking.hold(who, p.Node, p.Session)()
	out, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wireterminal.ListFiles, p)
	if err != nil {
		return wireterminal.Folder{}, offline(p.Node, err)
	}
	return out.Shown(), nil
}

// readFile sends a file of a terminal's machine, or the rest of one. Browsers
// download by HTTP instead, which is the same.
func (s *Service) readFile(ctx context.Context, who tsidentity.Caller, p wireterminal.ReadFileParams) (wireterminal.FileInfo, rpc.Pump, error) {
	defer s.looking.hold(who, p.Node, p.Session)()
	out, pump, err := fileStream(ctx, s, who, place{p.Node, p.Session}, wireterminal.ReadFile, p)
	return out.Shown(), pump, err
}

// writeFile takes a file for a folder of a terminal's machine. What is there
// already is not overwritten; a file that was sent in part goes on where it
// stopped.
func (s *Service) writeFile(ctx context.Context, who tsidentity.Caller, p wireterminal.WriteFileParams) (wireterminal.Writing, rpc.Pump, error) {
	return fileStream(ctx, s, who, place{p.Node, p.Session}, wireterminal.WriteFile, p)
}

// place is a terminal, or without one a machine.
type place struct {
	node    wire.NodeName
	session wire.SessionID
}

// fileStream opens a stream of the machine and joins it with the caller's, while
// they may run things as the account.
func fileStream[P, R any](ctx context.Context, s *Service, who tsidentity.Caller, at place, m wire.Method[P, R], p P) (out R, _ rpc.Pump, err error) {
	conn, account, err := s.filesOf(ctx, who, at.node, at.session)
	if err != nil {
		return out, nil, err
	}
	leave, err := s.carry(who, at.node)
	if err != nil {
		return out, nil, err
	}
	out, far, err := rpc.Open(rpc.WithOnBehalf(ctx, who), conn, m, p)
	if err != nil {
		leave()
		return out, nil, offline(at.node, err)
	}
	return out, func(ctx context.Context, near *rpc.Stream) error {
		defer leave()
		near.Guard(func(who tsidentity.Caller) error { return s.mayOpenFiles(who, at.node, account) })
		return offline(at.node, rpc.Relay(ctx, near, far))
	}, nil
}

// carry takes one of the places that a caller has for files of a machine.
func (s *Service) carry(who tsidentity.Caller, name wire.NodeName) (leave func(), err error) {
	_, leave = s.carrying.take(who.Key()+" "+string(name), filesPerCaller)
	if leave == nil {
		return nil, wire.Errorf(wire.Busy, "%d files of yours are under way with %s already, the limit. Wait until one of them is there.", filesPerCaller, name)
	}
	return leave, nil
}

// filesOf returns the way to a machine's files, and the account that opens them,
// if who may type there.
func (s *Service) filesOf(ctx context.Context, who tsidentity.Caller, name wire.NodeName, id wire.SessionID) (*rpc.Conn, string, error) {
	needs := wireterminal.ListFiles.Capability
	n, conn, err := s.reach(who, name, needs)
	if err != nil {
		return nil, "", err
	}
	account := n.Account
	if id != "" {
		_, v, err := s.session(ctx, who, name, id, needs)
		if err != nil {
			return nil, "", err
		}
		account = v.Account
	}
	return conn, account, s.mayOpenFiles(who, name, account)
}

func (s *Service) mayOpenFiles(who tsidentity.Caller, name wire.NodeName, account string) error {
	needs := wireterminal.ListFiles.Capability
	n, _, _ := s.links.Link(name)
	if n.Device == "" || !who.CanOn(needs, access.Machine(n)) {
		return s.refuse(who, needs, name)
	}
	if access.MayRunAs(who, needs, n, account) {
		return nil
	}
	return wire.Errorf(wire.Forbidden, "You may not open files as %q on %s. The person who runs this home can allow it by adding \"as\": [%q] to your grant.", account, name, account).
		Missing(wire.Needs{Capability: needs, Node: name, Account: account})
}
