package gateway_test

import (
	"strings"
	"testing"

	"homie/internal/homietest"
	"homie/internal/tailbox"
	"homie/node"
	"homie/rpc"
	"homie/wire"
	"homie/wire/terminal"
)

// One person records a terminal and another, who only watches, hears of it; who
// may type there as the same account can play it, and the others can't, not even
// learn that it is there.
func TestRecordingsAreForThoseWhoMayType(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen)
	olivia, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, olivia, "den")
	s, err := rpc.Invoke(t.Context(), olivia, terminal.Start, terminal.StartParams{Node: "den", Command: []string{"/bin/cat"}, Cols: 80, Rows: 24})
	if err != nil {
		t.Fatal(err)
	}
	if s.Recording != nil {
		t.Errorf("a session that nobody records says %+v", s.Recording)
	}
	max, _ := h.Connect(tailbox.MaxTablet)
	news, err := listen(t, max, terminal.Changed.Name)
	if err != nil {
		t.Fatal(err)
	}
	of := terminal.RecordParams{Node: "den", Session: s.ID}
	s, err = rpc.Invoke(t.Context(), olivia, terminal.Record, of)
	if err != nil || s.Recording == nil || s.Recording.EndedAt != nil || !strings.Contains(s.Recording.By, tailbox.OliviaLaptop) || s.Node != "den" {
		t.Fatalf("Record = %+v, %v", s.Recording, err)
	}
	for {
		e := next(t, "that it is recorded", news)
		if strings.Contains(string(e.Data), string(s.Recording.ID)) {
			break
		}
	}
	if _, err := rpc.Invoke(t.Context(), olivia, terminal.Input, terminal.InputParams{Node: "den", Session: s.ID, Data: "words of the house\n"}); err != nil {
		t.Fatal(err)
	}
	read := terminal.RecordingReadParams{Node: "den", Recording: s.Recording.ID, Follow: true}
	opened, st, err := rpc.Open(t.Context(), max, terminal.RecordingRead, read)
	if err != nil || !opened.Recording.Live || opened.Recording.Node != "den" {
		t.Fatalf("reading it = %+v, %v", opened, err)
	}
	readUntil(t, st, "words of the house")

	mia, _ := h.Connect(homietest.MiaPhone)
	if _, err := rpc.Invoke(t.Context(), mia, terminal.RecordStop, of); wire.ReasonOf(err) != wire.Forbidden {
		t.Errorf("somebody who has no terminals stops it: %v", err)
	}
	// Mia may watch all terminals, but not type.
	if err := h.SetPolicy(homietest.Policy(h.Policy(), homietest.Grant(homietest.Mia, `{"allow":["terminal:read"]}`))); err != nil {
		t.Fatal(err)
	}
	homietest.Eventually(t, "Mia may watch", func() error {
		_, err := rpc.Invoke(t.Context(), mia, terminal.List, terminal.ListParams{Node: "den"})
		return err
	})
	if list, err := rpc.Invoke(t.Context(), mia, terminal.RecordingList, terminal.RecordingListParams{}); err != nil || len(list.Recordings) != 0 {
		t.Errorf("who only watches is told of %+v, %v", list, err)
	}
	if _, _, err := rpc.Open(t.Context(), mia, terminal.RecordingRead, read); wire.ReasonOf(err) != wire.Forbidden {
		t.Errorf("who only watches reads a recording: %v", err)
	}

	if s, err = rpc.Invoke(t.Context(), max, terminal.RecordStop, of); err != nil || s.Recording.Why != terminal.RecordingStopped || !strings.Contains(s.Recording.EndedBy, tailbox.MaxTablet) {
		t.Errorf("RecordStop = %+v, %v", s.Recording, err)
	}
	if _, err := st.Recv(t.Context()); err == nil {
		t.Error("who followed the recording is not told that it ended")
	}
	list, err := rpc.Invoke(t.Context(), max, terminal.RecordingList, terminal.RecordingListParams{})
	if err != nil || len(list.Recordings) != 1 || list.Recordings[0].Node != "den" || list.Recordings[0].Live {
		t.Fatalf("the list is %+v, %v", list, err)
	}
	gone := terminal.RecordingParams{Node: "den", Recording: list.Recordings[0].ID}
	if _, err := rpc.Invoke(t.Context(), max, terminal.RecordingDelete, gone); err != nil {
		t.Error(err)
	}
	if _, err := rpc.Invoke(t.Context(), max, terminal.RecordingDelete, gone); wire.ReasonOf(err) != wire.NotFound {
		t.Errorf("deleting it again = %v", err)
	}
}

// A machine that records all its terminals says so, and nobody stops it.
func TestMachineRecordsAll(t *testing.T) {
	h := homietest.New(t, homietest.Everybody)
	h.StartNode(tailbox.NodeDen, func(c *node.Config) { c.Recording.All = true })
	c, _ := h.Connect(tailbox.OliviaLaptop)
	online(t, c, "den")
	s, err := rpc.Invoke(t.Context(), c, terminal.Start, terminal.StartParams{Node: "den", Command: []string{"/bin/cat"}, Cols: 80, Rows: 24})
	if err != nil || s.Recording == nil || !s.Recording.Policy || s.Recording.By != "" {
		t.Fatalf("Start = %+v, %v", s.Recording, err)
	}
	if _, err := rpc.Invoke(t.Context(), c, terminal.RecordStop, terminal.RecordParams{Node: "den", Session: s.ID}); wire.ReasonOf(err) != wire.Forbidden {
		t.Errorf("stopping it = %v", err)
	}
}
