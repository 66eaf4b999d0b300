package main

import "homie/internal/tailbox"

// resident is a person at a door.
type resident struct {
	Door   string // name of the door
	Person string
	Login  string
	Device string // hostname
	Words  string // who that is, for the table
}

// household is who stands behind the doors, in the order of their ports.
var household = [...]resident{
	{"owner", "Olivia", tailbox.Olivia, tailbox.OliviaLaptop, "Olivia, who owns the house and may do everything"},
	{"member", "Max", tailbox.Max, tailbox.MaxTablet, "Max, who lives here: terminals on den and nas"},
	{"visitor", "Vera", tailbox.Vera, tailbox.VeraLaptop, "Vera, who visits: known, but nothing is granted to her"},
	{"phone", "Olivia", tailbox.Olivia, tailbox.OliviaPhone, "Olivia again, on her phone"},
}

// machine is one of the household's nodes.
type machine struct {
	Name     string // how people call it
	Hostname string
	Start    string            // where its terminals start, below its home
	Files    map[string]string // path below its home → text
}

// machines are the nodes; each has a small home of its own.
var machines = [...]machine{
	{"den", tailbox.NodeDen, ".", map[string]string{
		"welcome.txt": "This is a terminal on the den, as anybody in the house sees it who may.\n" +
			"It is a real shell of this machine, under your own account.\n",
		"projects/shelf.txt": "Shelf in the hall: 3 boards of 80 cm, 6 brackets, screws 5x60.\n",
	}},
	{"nas", tailbox.NodeNAS, "storage", map[string]string{
		"storage/photos/2026/readme.txt": "Summer pictures go here.\n",
		"storage/backups/last-run.txt":   "den: ok\nolivia-laptop: ok\nmax-tablet: never\n",
	}},
}
