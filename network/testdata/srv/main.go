// srv is the inside of test containers: it serves TCP ports, and UDP ones named like "53/udp", with
// its host name as the answer to everything.
package main

import (
	"net"
	"os"
	"strings"
	"time"
)

func main() {
	name, _ := os.Hostname()
	for _, port := range os.Args[1:] {
		if number, udp := strings.CutSuffix(port, "/udp"); udp {
			conn, err := net.ListenPacket("udp", ":"+number)
			if err != nil {
				panic(err)
			}
			go func() {
				b := make([]byte, 1500)
				for {
					if _, from, err := conn.ReadFrom(b); err == nil {
						_, _ = conn.WriteTo([]byte(name), from)
					}
				}
			}()
			continue
		}
		listener, err := net.Listen("tcp", ":"+port)
		if err != nil {
			panic(err)
		}
		go func() {
			for {
				if conn, err := listener.Accept(); err == nil {
					_, _ = conn.Write([]byte(name))
					_ = conn.Close()
				}
			}
		}()
	}
	for {
		time.Sleep(time.Hour)
	}
}
