// Lends ports of this machine's loopback to the cluster's ingress controller, and tells it each client's address by the PROXY protocol:
// behind a Service's address all clients would be the node.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"time"
)

func main() {
	var doors doors
	flag.Var(&doors, "door", "LISTEN=TARGET, two addresses with ports; may be given several times")
	flag.Parse()
	errors := make(chan error)
	for _, d := range doors {
		listener, err := net.Listen("tcp", d.listen)
		if err != nil {
			log.Fatal(err)
		}
		log.Printf("%s leads to %s", d.listen, d.target)
		go func() { errors <- serve(listener, d.target) }()
	}
	log.Fatal(<-errors)
}

type door struct{ listen, target string }
type doors []door

func (d *doors) String() string { return fmt.Sprint(*d) }
func (d *doors) Set(value string) error {
	listen, target, found := strings.Cut(value, "=")
	if !found {
		return fmt.Errorf("%q is not LISTEN=TARGET", value)
	}
	*d = append(*d, door{listen, target})
	return nil
}

func serve(listener net.Listener, target string) error {
	for {
		client, err := listener.Accept()
		if err != nil {
			return err
		}
		go pass(client.(*net.TCPConn), target)
	}
}

// pass carries both directions until each has ended.
func pass(client *net.TCPConn, target string) {
	defer client.Close()
	dialed, err := net.DialTimeout("tcp", target, 5*time.Second)
	if err != nil {
		log.Print(err)
		return
	}
	server := dialed.(*net.TCPConn)
	defer server.Close()
	from, to := client.RemoteAddr().(*net.TCPAddr), client.LocalAddr().(*net.TCPAddr)
	if _, err := fmt.Fprintf(server, "PROXY TCP4 %s %s %d %d\r\n", from.IP, to.IP, from.Port, to.Port); err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		io.Copy(server, client)
		server.CloseWrite()
		close(done)
	}()
	io.Copy(client, server)
	client.CloseWrite()
	<-done
}
