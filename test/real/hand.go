// The one program of the container that observe.test.ts looks at: it waits, and changes files when told to.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	var err error
	switch os.Args[1] {
	case "wait":
		time.Sleep(10 * time.Minute)
	case "write":
		if err = os.MkdirAll(filepath.Dir(os.Args[2]), 0o755); err == nil {
			err = os.WriteFile(os.Args[2], []byte(os.Args[3]), 0o644)
		}
	case "remove":
		err = os.RemoveAll(os.Args[2])
	case "close":
		err = os.Chmod(os.Args[2], 0o700)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
