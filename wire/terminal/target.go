package terminal

import "homie/wire"

// Target names the machine, for the audit log.
func (p StartParams) Target() string { return string(p.Node) }

// Target names the session, for the audit log.
func (p AttachParams) Target() string { return target(p.Node, p.Session) }

// Target names the session, for the audit log.
func (p InputParams) Target() string { return target(p.Node, p.Session) }

// Target names the session, for the audit log.
func (p ResizeParams) Target() string { return target(p.Node, p.Session) }

// Target names the session, for the audit log.
func (p KillParams) Target() string { return target(p.Node, p.Session) }

func target(n wire.NodeName, s wire.SessionID) string { return string(n) + "/" + string(s) }
