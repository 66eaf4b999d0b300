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
	conn, account, err := s.filesOf(ctx, who, place{p.Node, p.Session, p.Account})
	if err != nil {
		return wireterminal.Folder{}, err
	}
	defer s.looking.hold(who, p.Node, place{p.Node, p.Session, ""}.key(account))()
	p.Account = s.named(p.Node, p.Session, account)
	out, err := rpc.Invoke(rpc.WithOnBehalf(ctx, who), conn, wireterminal.ListFiles, p)
	if err != nil {
		return wireterminal.Folder{}, offline(p.Node, err)
	}
	return out.Shown(), nil
}

// readFile sends a file of a terminal's machine, or the rest of one. Browsers
// download by HTTP instead, which is the same.
func (s *Service) readFile(ctx context.Context, who tsidentity.Caller, p wireterminal.ReadFileParams) (wireterminal.FileInfo, rpc.Pump, error) {
	at := place{p.Node, p.Session, p.Account}
	if _, account, err := s.filesOf(ctx, who, at); err == nil {
		defer s.looking.hold(who, p.Node, at.key(account))()
	}
	out, pump, err := fileStream(ctx, s, who, at, wireterminal.ReadFile, func(account string) wireterminal.ReadFileParams {
		p.Account = account
		return p
	})
	return out.Shown(), pump, err
}

// writeFile takes a file for a folder of a terminal's machine. What is there
// already is not overwritten; a file that was sent in part goes on where it
// stopped.
func (s *Service) writeFile(ctx context.Context, who tsidentity.Caller, p wireterminal.WriteFileParams) (wireterminal.Writing, rpc.Pump, error) {
	return fileStream(ctx, s, who, place{p.Node, p.Session, p.Account}, wireterminal.WriteFile, func(account string) wireterminal.WriteFileParams {
		p.Account = account
		return p
	})
}

// place is a terminal, or without one a machine and an account, "" for the usual
// one.
type place struct {
	node    wire.NodeName
	session wire.SessionID
	account string
}

// key tells apart what somebody confirms: a terminal, or an account without one.
func (p place) key(account string) wire.SessionID {
	if p.session != "" {
		return p.session
	}
	return wire.SessionID("as " + account) // no terminal is called so
}

// named is the account that a machine has to be told of: none for a terminal,
// which has one, and none for the one that the node runs as.
func (s *Service) named(name wire.NodeName, id wire.SessionID, account string) string {
	n, _, _ := s.links.Link(name)
	if id != "" || account == n.Account {
		return ""
	}
	return account
}

// fileStream opens a stream of the machine and joins it with the caller's, while
// they may run things as the account.
func fileStream[P, R any](ctx context.Context, s *Service, who tsidentity.Caller, at place, m wire.Method[P, R], params func(account string) P) (out R, _ rpc.Pump, err error) {
	conn, account, err := s.filesOf(ctx, who, at)
	if err != nil {
		return out, nil, err
	}
	leave, err := s.carry(who, at.node)
	if err != nil {
		return out, nil, err
	}
	out, far, err := rpc.Open(rpc.WithOnBehalf(ctx, who), conn, m, params(s.named(at.node, at.session, account)))
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
func (s *Service) filesOf(ctx context.Context, who tsidentity.Caller, at place) (*rpc.Conn, string, error) {
	needs := wireterminal.ListFiles.Capability
	n, conn, err := s.reach(who, at.node, needs)
	if err != nil {
		return nil, "", err
	}
	var account string
	if at.session != "" {
		var v wireterminal.Session
		_, v, err = s.session(ctx, who, at.node, at.session, needs)
		account = v.Account
	} else {
		account, err = settle(who, n, at.account)
	}
	if err != nil {
		return nil, "", err
	}
	return conn, account, s.mayOpenFiles(who, at.node, account)
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
