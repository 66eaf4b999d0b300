package up_test

import (
	"sync"
	"testing"
	"time"

	"homie/internal/tailbox/tailboxtest"
	"homie/tsidentity/up"
)

// Close took five seconds when many had asked the device something shortly
// before: a connection to it that was opened in vain held it up.
func TestCloseIsPrompt(t *testing.T) {
	box := tailboxtest.Start(t, people())
	dir := t.TempDir()
	for range 8 {
		d, err := up.Start(within(t), up.Config{
			Hostname: "homie", Dir: dir, ControlURL: box.URL(), AuthKey: box.AuthKey(), Tags: []string{"tag:homie"},
		})
		if err != nil {
			t.Fatal(err)
		}
		var asking sync.WaitGroup
		for range 50 {
			asking.Go(func() {
				if _, err := d.Local().Status(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
		since := time.Now()
		d.Close()
		if took := time.Since(since); took > time.Second {
			t.Errorf("Close took %v", took)
		}
	}
}
