package main

import (
	"context"
	"log"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
	v1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kube-network-policies/pkg/network"
)

// cutConnections ends the open connections that a change of pods or policies forbids: the kernel forgets them, and their next packet is judged
// as the first of a new one. Changes of one second are taken together.
func (e *enforcer) cutConnections(ctx context.Context, changed <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			time.Sleep(time.Second)
			if _, err := netlink.ConntrackDeleteFilters(netlink.ConntrackTable, unix.AF_INET, forbidden{ctx, e}); err != nil {
				log.Print("connections cannot be looked at: ", err)
			}
		}
	}
}

// forbidden picks the connections of our pods that the policies no longer allow.
type forbidden struct {
	ctx context.Context
	*enforcer
}

func (f forbidden) MatchConntrackFlow(flow *netlink.ConntrackFlow) bool {
	protocol := map[uint8]v1.Protocol{unix.IPPROTO_TCP: v1.ProtocolTCP, unix.IPPROTO_UDP: v1.ProtocolUDP, unix.IPPROTO_SCTP: v1.ProtocolSCTP}[flow.Forward.Protocol]
	if protocol == "" {
		return false
	}
	// The answer comes from where the connection really leads to, behind a Service's address.
	packet := &network.Packet{Family: v1.IPv4Protocol, Proto: protocol, SrcIP: flow.Forward.SrcIP, SrcPort: int(flow.Forward.SrcPort), DstIP: flow.Reverse.SrcIP, DstPort: int(flow.Reverse.SrcPort)}
	source, fromPod := f.pods.GetPodInfoByIP(packet.SrcIP.String())
	_, toPod := f.pods.GetPodInfoByIP(packet.DstIP.String())
	// What the node itself sends is always let in, under its own address or that of the pods' gateway.
	fromNode := source == nil && !fromPod && packet.SrcIP.String() == f.node.String()
	return (fromPod || toPod) && !fromNode && !f.allows(f.ctx, packet)
}
