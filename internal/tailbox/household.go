package tailbox

import (
	_ "embed"
	"encoding/json"
	"strings"
)

// The household's logins and hostnames.
const (
	Olivia = "olivia@example.com" // the owner
	Max    = "max@example.com"    // a member
	Vera   = "vera@example.com"   // a visitor: known, without a grant

	Gateway      = "homie"
	NodeDen      = "homie-den"
	NodeNAS      = "homie-nas"
	OliviaLaptop = "olivia-laptop"
	OliviaPhone  = "olivia-phone"
	MaxTablet    = "max-tablet"
	VeraLaptop   = "vera-laptop"
)

//go:embed household.hujson
var householdPolicy string

// Household is the tailnet that make run shows: three people, a gateway, two
// machines, and HTTPS. Its policy lets terminals run as the OS account.
func Household(account string) Options {
	return Options{
		Domain: "box.ts.net",
		HTTPS:  true,
		People: []Person{
			{Login: Olivia, Name: "Olivia"},
			{Login: Max, Name: "Max"},
			{Login: Vera, Name: "Vera"},
		},
		Devices: []Device{
			{Hostname: Gateway, Tags: []string{"tag:homie"}},
			{Hostname: NodeDen, Tags: []string{"tag:homie-node"}},
			{Hostname: NodeNAS, Tags: []string{"tag:homie-node"}},
			{Hostname: OliviaLaptop, Login: Olivia},
			{Hostname: OliviaPhone, Login: Olivia},
			{Hostname: MaxTablet, Login: Max},
			{Hostname: VeraLaptop, Login: Vera},
		},
		Policy: HouseholdPolicy(account),
	}
}

// HouseholdPolicy is the household's policy file for the given OS account.
func HouseholdPolicy(account string) string {
	quoted, _ := json.Marshal(account) // a string always encodes
	return strings.ReplaceAll(householdPolicy, `"YOUR-ACCOUNT"`, string(quoted))
}
