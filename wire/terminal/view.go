package terminal

import "encoding/json"

// Viewer is somebody who looks at a session at the moment.
type Viewer struct {
	Who    string `json:"who"` // a person's name, and the device
	Watch  bool   `json:"watch,omitzero"`
	Drives bool   `json:"drives,omitzero"` // their terminal answers the program, and has the size
}

// ViewerNote is what a viewer says of itself in a Note frame on its stream, in
// order with what it types. What is absent stays as it was.
type ViewerNote struct {
	// Cols and Rows are the size that fits there.
	Cols int `json:"cols,omitzero"`
	Rows int `json:"rows,omitzero"`
	// Visible tells whether a person can see the terminal. One that can't has no
	// say in the size.
	Visible *bool `json:"visible,omitzero"`
}

// ParseViewerNote reads and checks a note; unknown members are ignored, so that
// a newer client can say more.
func ParseViewerNote(b []byte) (ViewerNote, error) {
	var n ViewerNote
	if err := json.Unmarshal(b, &n); err != nil {
		return ViewerNote{}, err
	}
	if n.Cols != 0 || n.Rows != 0 {
		return n, checkSize(n.Cols, n.Rows)
	}
	return n, nil
}

// SessionNote is what a session says of itself in a Note frame to a viewer: it
// holds from the frame's offset on. What is absent stays as it was.
type SessionNote struct {
	// Cols and Rows are the size of the session.
	Cols int `json:"cols,omitzero"`
	Rows int `json:"rows,omitzero"`
	// Drives tells whether this viewer's terminal is the one to answer what the
	// program asks of its terminal.
	Drives *bool `json:"drives,omitzero"`
	// Echo tells whether the terminal shows what is typed, as it does not for a
	// password.
	Echo *bool `json:"echo,omitzero"`
	// Skipped is how many bytes the state that follows stands for, of those that
	// the viewer has not seen.
	Skipped uint64 `json:"skipped,omitzero"`
}
