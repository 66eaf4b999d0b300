package gateway

import (
	"homie/gateway/audit"
	"homie/store"
)

// migrations are the changes of what the store holds, the oldest first. What was
// released once stays as it is.
func migrations() []store.Migration {
	return []store.Migration{
		{Version: 1, Name: "chain the audit log", Apply: audit.Migrate},
	}
}
