package holder

import (
	"cmp"
	"context"
	"os"
	"time"

	"homie/rpc"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/holder"
	"homie/wire/terminal"
)

func (h *Holder) api() []rpc.Entry {
	return append([]rpc.Entry{
		rpc.Serve(holder.Adopt, h.adopt),
		rpc.Serve(holder.Replace, h.replace),
		rpc.Serve(terminal.Start, h.start),
		rpc.ServeStream(terminal.Attach, h.attach),
		rpc.Serve(terminal.Input, h.input),
		rpc.Serve(terminal.Resize, h.resize),
		rpc.Serve(terminal.Kill, h.kill),
		rpc.Serve(terminal.Update, h.update),
		rpc.Serve(terminal.List, h.list),
		rpc.Serve(terminal.ListFiles, h.files.list),
		rpc.ServeStream(terminal.ReadFile, h.files.read),
		rpc.ServeStream(terminal.WriteFile, h.files.write),
		rpc.Serve(terminal.Multiplexers, h.multiplexers),
		rpc.Serve(terminal.Control, h.control),
		h.changed,
	}, h.recordingAPI()...)
}

// behalf is for whom a node calls, or the node itself.
func behalf(ctx context.Context, who tsidentity.Caller) wire.OnBehalf {
	if o, ok := rpc.OnBehalf(ctx); ok {
		return o
	}
	return wire.OnBehalf{Name: who.Name()}
}

// adopt makes the caller the node whose terminals these are.
func (h *Holder) adopt(ctx context.Context, _ tsidentity.Caller, p holder.AdoptParams) (holder.Adopted, error) {
	c := rpc.ConnFrom(ctx)
	if c == nil {
		return holder.Adopted{}, wire.Errorf(wire.Unsupported, "a node stays connected")
	}
	h.manager.SetPlace(p.Dir, p.Environ)
	h.manager.SetIdleEnd(idleEnd(p))
	h.manager.SetMaxRunning(p.MaxSessions)
	h.manager.SetRecording(policyOf(p))
	h.mu.Lock()
	h.settings, h.node = p, c
	h.mu.Unlock()
	wake(h.stir)
	c.OnClose(func() { h.left(c) })
	h.conf.Log.Info("a node is here", "version", p.Version, "linger", linger(p).String())
	return holder.Adopted{
		Version: h.conf.Version, Program: h.program, PID: os.Getpid(), Sessions: h.manager.Running(),
	}, nil
}

// left notes that a node has gone.
func (h *Holder) left(c *rpc.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.node != c {
		return // another one came meanwhile
	}
	h.node, h.since = nil, time.Now()
	h.conf.Log.Info("the node is gone")
	wake(h.stir)
}

func (h *Holder) start(ctx context.Context, who tsidentity.Caller, p terminal.StartParams) (terminal.Session, error) {
	h.mu.Lock()
	p.Node = cmp.Or(p.Node, h.settings.Node)
	h.mu.Unlock()
	return h.manager.Start(p, behalf(ctx, who))
}

func (h *Holder) attach(ctx context.Context, who tsidentity.Caller, p terminal.AttachParams) (terminal.Attached, rpc.Pump, error) {
	session, err := h.manager.Get(p.Session)
	if err != nil {
		return terminal.Attached{}, nil, err
	}
	a, err := session.Attach(ctx, p)
	if err != nil {
		return terminal.Attached{}, nil, err
	}
	by := behalf(ctx, who)
	return a, func(ctx context.Context, st *rpc.Stream) error {
		return session.Serve(ctx, st, by, p, a)
	}, nil
}

func (h *Holder) input(ctx context.Context, who tsidentity.Caller, p terminal.InputParams) (wire.Nothing, error) {
	return wire.Nothing{}, h.manager.Type(ctx, p.Session, behalf(ctx, who), []byte(p.Data))
}

func (h *Holder) resize(ctx context.Context, who tsidentity.Caller, p terminal.ResizeParams) (wire.Nothing, error) {
	return wire.Nothing{}, h.manager.Resize(p.Session, behalf(ctx, who), p.Cols, p.Rows)
}

func (h *Holder) control(ctx context.Context, who tsidentity.Caller, p terminal.ControlParams) (terminal.Session, error) {
	return h.manager.Control(behalf(ctx, who), p)
}

func (h *Holder) kill(_ context.Context, _ tsidentity.Caller, p terminal.KillParams) (wire.Nothing, error) {
	return wire.Nothing{}, h.manager.Kill(p.Session)
}

func (h *Holder) update(_ context.Context, _ tsidentity.Caller, p terminal.UpdateParams) (terminal.Session, error) {
	return h.manager.Update(p)
}

// multiplexers lists those of another account; the node asks for its own itself.
func (h *Holder) multiplexers(ctx context.Context, _ tsidentity.Caller, p terminal.MultiplexerParams) (terminal.MultiplexerList, error) {
	a, err := h.manager.accountFor(p.Account)
	if err != nil {
		return terminal.MultiplexerList{}, err
	}
	if a.other == nil {
		return terminal.MultiplexerList{}, wire.Errorf(wire.InvalidParams, "account is missing; it is another one than the node's")
	}
	c, leave, err := h.manager.use(ctx, a)
	if err != nil {
		return terminal.MultiplexerList{}, err
	}
	defer leave()
	out, err := rpc.Invoke(ctx, c, terminal.Multiplexers, terminal.MultiplexerParams{Node: p.Node})
	return out, gone(err)
}

func (h *Holder) list(context.Context, tsidentity.Caller, terminal.ListParams) (terminal.Sessions, error) {
	return terminal.Sessions{Sessions: h.manager.List()}, nil
}
