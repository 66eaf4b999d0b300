package terminal

import "encoding/json"

// Viewer is somebody who looks at a session at the moment.
type Viewer struct {
	// Key names this viewer in the session, also after a lost connection. It is
	// no secret.
	Key    ViewerKey `json:"key"`
	Name   string    `json:"name"`            // the person's, or a tagged device's
	Device string    `json:"device,omitzero"` // the name of what they look at it with
	Person string    `json:"person,omitzero"` // see wire.OnBehalf.Key
	Watch  bool      `json:"watch,omitzero"`
	Drives bool      `json:"drives,omitzero"` // their terminal answers the program, and has the size
	Hidden bool      `json:"hidden,omitzero"` // nobody sees it there, as in a tab in the background
	Asks   bool      `json:"asks,omitzero"`   // they would like to have control
}

// ViewerKey names a viewer of a session, see Viewer.Key.
type ViewerKey string

// Holder is the viewer whose keys alone a session takes.
type Holder struct {
	Viewer ViewerKey `json:"viewer"`
	Name   string    `json:"name"`
	Device string    `json:"device,omitzero"`
	Person string    `json:"person,omitzero"`
	// Away says that their connection was lost: for some seconds they may come
	// back, then the session is open to all again.
	Away bool `json:"away,omitzero"`
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
	// Asks tells whether the person would like to have control.
	Asks *bool `json:"asks,omitzero"`
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
	// Keys tells whether the program reads key by key instead of whole lines, as
	// a shell's prompt does, and mostly shows by itself what is typed.
	Keys *bool `json:"keys,omitzero"`
	// Skipped is how many bytes the state that follows stands for, of those that
	// the viewer has not seen.
	Skipped uint64 `json:"skipped,omitzero"`
	// Older is how many lines of what has scrolled away the state that follows
	// leaves out, and that a viewer gets who asks for more history.
	Older int `json:"older,omitzero"`
	// Marks are those of the state that came before, as the shell told them with
	// OSC 133, the oldest first: for each its letter there, the line of the state,
	// counted from 0, the column and, of a D, the exit status, as in
	// "A0,0 B0,2 C1,0 D9,0,1". There may be several such notes.
	Marks string `json:"marks,omitzero"`
	// You is the viewer's own key.
	You ViewerKey `json:"you,omitzero"`
	// Heard tells whether what this viewer types is taken: not from one who
	// watches, nor while another has control.
	Heard *bool `json:"heard,omitzero"`
	// Typing names the others who typed just now.
	Typing []ViewerKey `json:"typing,omitzero"`
}
