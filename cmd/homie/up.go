package main

import (
	"context"
	"flag"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"homie/cmd/homie/internal/api"
	"homie/gateway/pairing"
	"homie/node"
	"homie/wire"
)

func upCommand(p process, f *flag.FlagSet) func(context.Context, []string) error {
	shared := settingsFlags(p, f, "", "homie")
	g := gatewayFlags(p, f, shared)
	var start string
	f.StringVar(&start, "dir", p.Env("HOMIE_DIR"), "`directory` in which terminals start; default the home (HOMIE_DIR)")
	return func(ctx context.Context, args []string) error {
		if err := noArgs(args); err != nil {
			return err
		}
		log, err := shared.logger(p.Err)
		if err != nil {
			return err
		}
		base, err := shared.dir(p)
		if err != nil {
			return err
		}
		gs, ns := *shared, *shared
		gs.stateDir, ns.stateDir = filepath.Join(base, roleGateway), filepath.Join(base, roleNode)
		ns.hostname = nodeName()
		gw := &gatewaySettings{settings: &gs, owner: g.owner, cert: g.cert, key: g.key}
		agent := &nodeSettings{settings: &ns, gateway: gs.hostname, start: start}

		group, ctx := errgroup.WithContext(ctx)
		ready := make(chan struct{})
		var once sync.Once
		group.Go(func() error {
			return gw.run(ctx, prefixed(p, "gateway"), log.With("part", "gateway"), func() { once.Do(func() { close(ready) }) })
		})
		group.Go(func() error {
			select {
			case <-ready:
			case <-ctx.Done():
				return nil
			}
			t := &target{stateDir: gs.stateDir}
			return agent.run(ctx, prefixed(p, "node"), log.With("part", "node"), node.Config{
				WithGateway: true,
				Pending: func(ctx context.Context, id wire.DeviceID) error {
					return t.connect(ctx, p, func(ctx context.Context, s *session) error {
						_, err := api.PairingApprove(ctx, s, pairing.ApproveParams{Device: id})
						return err
					})
				},
			})
		})
		return group.Wait()
	}
}
