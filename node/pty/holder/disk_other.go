//go:build !linux && !darwin

package holder

import "os"

// What other systems have instead is not known to Homie yet.
const (
	nonBlocking = 0
	noFollow    = 0
)

func isOverQuota(error) bool { return false }
func isReadOnly(error) bool  { return false }
func isTooLarge(error) bool  { return false }
func isNoFile(error) bool    { return false }

func space(*os.Root) int64 { return -1 }

func foreground(process) (group, leader int) { return 0, 0 }
