// The program of the lab's images. As /go-runner it runs a command and writes what it prints to a log, as in the API server's image;
// without arguments it waits for a signal, as in the image of a pod's sandbox.
package main

import (
	"errors"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	if len(os.Args) == 1 {
		<-signals
		return
	}
	var outputs []io.Writer
	words := os.Args[1:]
	for ; len(words) > 0 && strings.HasPrefix(words[0], "--"); words = words[1:] {
		if path, found := strings.CutPrefix(words[0], "--log-file="); found {
			file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
			if err != nil {
				log.Fatal(err)
			}
			outputs = append(outputs, file)
		}
		if words[0] == "--also-stdout" {
			outputs = append(outputs, os.Stdout)
		}
	}
	command := exec.Command(words[0], words[1:]...)
	command.Stdout = io.MultiWriter(outputs...)
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		log.Fatal(err)
	}
	go func() {
		for each := range signals {
			_ = command.Process.Signal(each)
		}
	}()
	var exit *exec.ExitError
	if err := command.Wait(); errors.As(err, &exit) {
		os.Exit(max(exit.ExitCode(), 1))
	} else if err != nil {
		log.Fatal(err)
	}
}
