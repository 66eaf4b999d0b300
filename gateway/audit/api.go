package audit

import (
	"fmt"
	"time"
)

// ListParams asks for a page of the audit log.
type ListParams struct {
	Before uint64 `json:"before,omitzero"` // entries older than this number
	Limit  int    `json:"limit,omitzero"`  // 1 to 500, default 100
}

// Validate checks the bound on a page.
func (p ListParams) Validate() error {
	if p.Limit < 0 || p.Limit > maxPage {
		return fmt.Errorf("limit is %d, want 0 to %d", p.Limit, maxPage)
	}
	return nil
}

// Entries is a page of the audit log, newest first.
type Entries struct {
	Entries []Entry `json:"entries"`
}

// Entry is one act or refusal.
type Entry struct {
	Seq       uint64    `json:"seq"` // counts up without gaps
	At        time.Time `json:"at"`
	Person    string    `json:"person"` // the name people use, or a device's
	Login     string    `json:"login"`  // "" for who is no person
	Device    string    `json:"device"`
	DeviceID  string    `json:"deviceId"`
	Class     string    `json:"class"`
	Method    string    `json:"method"`
	Target    string    `json:"target"`    // e.g. "den/k3v9q2mz", "" if the method has none
	Decision  string    `json:"decision"`  // allowed, denied, failed
	Reason    string    `json:"reason"`    // why not, in words
	RequestID string    `json:"requestId"` // of the first time
	// Again is how often the same device did the same within the ten minutes
	// that follow, and LastAt when it last did.
	Again  int        `json:"again,omitzero"`
	LastAt *time.Time `json:"lastAt,omitzero"`
}
