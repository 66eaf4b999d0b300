package pairing_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homie/gateway/pairing"
	"homie/store/storetest"
	"homie/tsidentity"
	"homie/wire"
	"homie/wire/nodes"
)

// A machine that was renamed stayed in the lists under its old name, too.
func TestRenamedMachineLeavesItsName(t *testing.T) {
	s := pairing.New(storetest.Open(t), slog.New(slog.DiscardHandler))
	var left []wire.NodeName
	s.OnLeave(func(was nodes.Node) { left = append(left, was.Name) })
	who := tsidentity.Caller{
		Class:  tsidentity.ClassTagged,
		Device: tsidentity.Device{ID: "nNAS", Tags: []string{"tag:homie-node"}},
		Rights: tsidentity.Rights{Values: []tsidentity.Value{{AutoApprove: []string{"terminal"}}}},
	}
	for _, name := range []wire.NodeName{"nas", "nas", "attic", "attic"} {
		got, err := s.Admit(context.Background(), who, name, nodes.RegisterParams{Capabilities: []string{"terminal"}})
		if err != nil || got.State != nodes.Paired {
			t.Fatalf("Admit(%q) = %+v, %v, want it paired", name, got, err)
		}
	}
	if diff := cmp.Diff([]wire.NodeName{"nas"}, left); diff != "" {
		t.Errorf("what was told to have left differs (-want +got):\n%s", diff)
	}
}
