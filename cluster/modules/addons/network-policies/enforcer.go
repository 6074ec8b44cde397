package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

// hold is how long a verdict waits for the API server to know a pod's address. Without it a pod's first second would be under nobody's policy.
const hold = 5 * time.Second

type enforcer struct {
	pods   api.PodInfoProvider
	engine *networkpolicy.PolicyEngine
	within netip.Prefix
	node   netip.Addr

	mutex sync.Mutex
	// said is when each refusal was last logged.
	said map[string]time.Time
}

// decide settles a packet at once where both ends are known, and otherwise when they are or the wait is over.
func (e *enforcer) decide(ctx context.Context, id uint32, packet *network.Packet, settle func(uint32, bool)) {
	if e.known(packet.SrcIP) && e.known(packet.DstIP) {
		settle(id, e.allows(ctx, packet))
		return
	}
	go func() {
		for end := time.Now().Add(hold); time.Now().Before(end) && !(e.known(packet.SrcIP) && e.known(packet.DstIP)); time.Sleep(10 * time.Millisecond) {
		}
		settle(id, e.known(packet.SrcIP) && e.allows(ctx, packet))
	}()
}

// allows says what the policies say. An address of the pods' range that belongs to nobody is as any other address.
func (e *enforcer) allows(ctx context.Context, packet *network.Packet) bool {
	allowed, err := e.engine.EvaluatePacket(ctx, packet)
	if err != nil {
		log.Print("a packet cannot be judged: ", err)
	}
	if allowed && err == nil {
		return true
	}
	e.say(packet)
	return false
}

// known says whether an address is that of a pod that the API server knows, or of no pod at all.
func (e *enforcer) known(ip net.IP) bool {
	address, ok := netip.AddrFromSlice(ip)
	if !ok || address.Unmap() == e.node || !e.within.Contains(address.Unmap()) {
		return true
	}
	_, found := e.pods.GetPodInfoByIP(ip.String())
	return found
}

// say logs a refusal with the pods at both ends, each kind once a minute.
func (e *enforcer) say(packet *network.Packet) {
	line := fmt.Sprintf("refused %s -> %s %s/%d", e.name(packet.SrcIP), e.name(packet.DstIP), packet.Proto, packet.DstPort)
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if time.Since(e.said[line]) < time.Minute {
		return
	}
	if len(e.said) > 10_000 {
		clear(e.said)
	}
	e.said[line] = time.Now()
	log.Print(line)
}

func (e *enforcer) name(ip net.IP) string {
	if pod, found := e.pods.GetPodInfoByIP(ip.String()); found {
		return pod.Namespace.Name + "/" + pod.Name
	}
	return ip.String()
}

// isYoung says whether the sender's network is younger than -young. Questions to the name service are let through, as it has no policy.
func isYoung(packet *network.Packet) bool {
	info, err := os.Stat(filepath.Join(*addresses, packet.SrcIP.String()))
	return err == nil && packet.DstPort != 53 && time.Since(info.ModTime()) < *young
}
