package pty_test

import (
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"homie/internal/homietest"
)

// strangerEnv makes the test program one that asks a socket for a connection
// and prints the answer.
const strangerEnv = "HOMIE_TEST_STRANGER"

func TestMain(m *testing.M) {
	if socket := os.Getenv(strangerEnv); socket != "" {
		if err := stranger(socket); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	homietest.Main(m)
}

func stranger(socket string) error {
	c, err := net.DialTimeout("unix", socket, 10*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Fprint(c, "GET /rpc HTTP/1.1\r\nHost: holder\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: homie.v1\r\n\r\n")
	answer := make([]byte, 200)
	n, err := c.Read(answer)
	fmt.Printf("%s\n", answer[:n])
	return err
}
