package terminal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"homie/gateway/access"
	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	wirenodes "homie/wire/nodes"
	wireterminal "homie/wire/terminal"
)

// openFor is how long a terminal counts as open on a device that has let go of
// it: for a page that is loaded again, or a phone between two networks.
const openFor = 2 * time.Minute

// maxOpened bounds what is remembered of terminals that were let go.
const maxOpened = 4096

// opened are the terminals that people have open to type into, by caller and
// session. To come back to one, or to move files to and from it, is no new act
// that they would have to confirm. The zero value is empty.
type opened struct {
	mu   sync.Mutex
	open map[string]*use
}

// use is that a caller has a terminal open, or had it until lately.
type use struct {
	caller string // its key
	holds  int
	left   time.Time // when the last hold ended
}

func openKey(who tsidentity.Caller, node wire.NodeName, id wire.SessionID) string {
	return who.Key() + " " + string(node) + "/" + string(id)
}

// has reports whether who has the terminal open.
func (o *opened) has(who tsidentity.Caller, node wire.NodeName, id wire.SessionID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.open[openKey(who, node, id)]
	return u != nil && u.counts(time.Now())
}

func (u *use) counts(now time.Time) bool { return u.holds > 0 || now.Sub(u.left) < openFor }

// hold notes that who has the terminal open until let go, once.
func (o *opened) hold(who tsidentity.Caller, node wire.NodeName, id wire.SessionID) (letGo func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	if len(o.open) >= maxOpened {
		maps.DeleteFunc(o.open, func(_ string, u *use) bool { return !u.counts(now) })
	}
	if o.open == nil {
		o.open = map[string]*use{}
	}
	key := openKey(who, node, id)
	u := o.open[key]
	if u == nil {
		u = &use{caller: who.Key()}
		o.open[key] = u
	}
	u.holds++
	return sync.OnceFunc(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		u.holds--
		u.left = time.Now()
	})
}

// forget has who confirm anew whatever they come back to.
func (o *opened) forget(who tsidentity.Caller) {
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.DeleteFunc(o.open, func(_ string, u *use) bool { return u.caller == who.Key() })
}

// Forget has a caller confirm anew what they come back to. What is open stays
// open.
func (s *Service) Forget(who tsidentity.Caller) {
	s.open.forget(who)
	s.looking.forget(who)
}

// askStart puts into words what a new terminal does.
func (s *Service) askStart(_ context.Context, who tsidentity.Caller, p wireterminal.StartParams) (rpc.Question, error) {
	n, _, err := s.reach(who, p.Node, wireterminal.Start.Capability)
	if err != nil {
		return rpc.Question{}, err
	}
	if p.Account, err = settle(who, n, p.Account); err != nil {
		return rpc.Question{}, err
	}
	if err := mayStartAs(who, n, p.Account); err != nil {
		return rpc.Question{}, err
	}
	words := fmt.Sprintf("Open a terminal on %s as %s", p.Node, p.Account)
	if len(p.Command) > 0 {
		words = fmt.Sprintf("Run “%s” in a terminal on %s as %s", strings.Join(p.Command, " "), p.Node, p.Account)
	}
	if p.Dir != "" {
		words += ", in " + p.Dir
	}
	if len(p.Env) > 0 {
		words += ", with " + strings.Join(slices.Sorted(maps.Keys(p.Env)), ", ") + " set"
	}
	p.Cols, p.Rows = 0, 0 // a phone may be turned while its owner confirms
	return rpc.Question{Words: words, About: p}, nil
}

// aboutSession is what somebody confirms who types into a session.
type aboutSession struct {
	Node    wire.NodeName
	Session wire.SessionID
}

// askAttach asks whoever is going to type, unless they have the terminal open.
func (s *Service) askAttach(ctx context.Context, who tsidentity.Caller, p wireterminal.AttachParams) (rpc.Question, error) {
	if p.Watch {
		return rpc.Question{}, nil
	}
	if err := s.mayView(who, p); err != nil {
		return rpc.Question{}, err
	}
	return s.askSession(ctx, who, "Type into", p.Node, p.Session)
}

func (s *Service) askInput(ctx context.Context, who tsidentity.Caller, p wireterminal.InputParams) (rpc.Question, error) {
	return s.askSession(ctx, who, "Type into", p.Node, p.Session)
}

// askSession puts into words what is done with a terminal that is there.
func (s *Service) askSession(ctx context.Context, who tsidentity.Caller, what string, node wire.NodeName, id wire.SessionID) (rpc.Question, error) {
	if s.open.has(who, node, id) {
		return rpc.Question{}, nil
	}
	_, v, err := s.session(ctx, who, node, id, wireterminal.Start.Capability)
	if err != nil {
		return rpc.Question{}, err
	}
	return rpc.Question{
		Words: fmt.Sprintf("%s the terminal “%s” on %s, which runs as %s", what, v.Shown().Name, node, v.Account),
		About: aboutSession{node, id},
	}, nil
}

func (s *Service) askList(ctx context.Context, who tsidentity.Caller, p wireterminal.ListFilesParams) (rpc.Question, error) {
	return s.askRead(ctx, who, wireterminal.ReadFileParams{Node: p.Node, Session: p.Session, Account: p.Account})
}

// askRead asks whoever looks for files or gets them, once for all that they do
// without a pause: a folder, and then what is in it, which a browser gets in
// parts.
func (s *Service) askRead(ctx context.Context, who tsidentity.Caller, p wireterminal.ReadFileParams) (rpc.Question, error) {
	at := place{p.Node, p.Session, p.Account}
	_, account, err := s.filesOf(ctx, who, at)
	if err != nil || s.looking.has(who, p.Node, at.key(account)) {
		return rpc.Question{}, err
	}
	return s.askFiles(ctx, who, "Look for files and get them from", at)
}

func (s *Service) askWrite(ctx context.Context, who tsidentity.Caller, p wireterminal.WriteFileParams) (rpc.Question, error) {
	return s.askFiles(ctx, who, "Send files to", place{p.Node, p.Session, p.Account})
}

// askFiles asks whoever moves files, unless they have the terminal open: by
// typing they could do the same.
func (s *Service) askFiles(ctx context.Context, who tsidentity.Caller, what string, at place) (rpc.Question, error) {
	if at.session != "" && s.open.has(who, at.node, at.session) {
		return rpc.Question{}, nil
	}
	_, account, err := s.filesOf(ctx, who, at)
	if err != nil {
		return rpc.Question{}, err
	}
	return rpc.Question{Words: fmt.Sprintf("%s %s as %s", what, at.node, account), About: aboutSession{at.node, at.key(account)}}, nil
}

func mayStartAs(who tsidentity.Caller, n wirenodes.Node, account string) error {
	if access.MayRunAs(who, wireterminal.Start.Capability, n, account) {
		return nil
	}
	return wire.Errorf(wire.Forbidden,
		"You may not open a terminal as %q on %s. The person who runs this home can allow it by adding \"as\": [%q] to your grant.", account, n.Name, account).
		Missing(wire.Needs{Capability: wireterminal.Start.Capability, Node: n.Name, Account: account})
}
