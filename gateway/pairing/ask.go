package pairing

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"homie/rpc"
	"homie/store"
	"homie/tsidentity"
	"homie/wire"
)

// askApprove puts into words what letting a machine in means. The words are part
// of what is confirmed: a machine that offers more meanwhile is asked about again.
func (s *Service) askApprove(_ context.Context, _ tsidentity.Caller, p ApproveParams) (rpc.Question, error) {
	var q rpc.Question
	err := s.db.View(func(tx *store.Tx) error {
		r, ok, err := requests.Get(tx, string(p.Device))
		if err != nil {
			return err
		}
		if !ok {
			old, known, err := pairings.Get(tx, string(p.Device))
			if err != nil {
				return err
			}
			if !known || !old.Revoked {
				return wire.Errorf(wire.NotFound, "no machine with the id %q is waiting", p.Device)
			}
			q.Words = fmt.Sprintf("Let the machine %s into the household again", old.Name)
			return nil
		}
		offers := r.Capabilities
		if p.Capabilities != nil {
			offers = intersect(offers, p.Capabilities)
		}
		q.Words = fmt.Sprintf("Let the machine %s of %s into the household%s", r.Name,
			cmp.Or(r.Owner, strings.Join(r.Tags, ", "), "nobody"), with(offers, r.Account))
		return nil
	})
	return q, err
}

// with says what a machine is let in for.
func with(offers []string, account string) string {
	if len(offers) == 0 {
		return ", for nothing yet"
	}
	return fmt.Sprintf(", for %s, as %s", strings.Join(offers, ", "), account)
}

// askAbout puts into words that something is done to a machine.
func (s *Service) askAbout(what string) func(context.Context, tsidentity.Caller, DeviceParams) (rpc.Question, error) {
	return func(_ context.Context, _ tsidentity.Caller, p DeviceParams) (rpc.Question, error) {
		name := wire.NodeName(p.Device)
		err := s.db.View(func(tx *store.Tx) error {
			r, waits, err := requests.Get(tx, string(p.Device))
			if err != nil {
				return err
			}
			old, known, err := pairings.Get(tx, string(p.Device))
			switch {
			case err != nil:
				return err
			case known:
				name = old.Name
			case waits:
				name = r.Name
			default:
				return wire.Errorf(wire.NotFound, "no machine has the id %q", p.Device)
			}
			return nil
		})
		return rpc.Question{Words: fmt.Sprintf("%s the machine %s", what, name)}, err
	}
}
