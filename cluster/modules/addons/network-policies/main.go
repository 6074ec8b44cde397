// Enforces the NetworkPolicies of this node's pods. Packet rules of the local cluster send the first packet of each connection to a queue of
// the kernel; the policy engine of the Kubernetes network project says whether the connection may be.
package main

import (
	"context"
	"flag"
	"log"
	"net/netip"
	"os/signal"
	"syscall"
	"time"

	nfqueue "github.com/florianl/go-nfqueue/v2"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
)

var (
	kubeconfig = flag.String("kubeconfig", "", "kubeconfig of the cluster")
	node       = flag.String("node", "", "name of this node")
	podRange   = flag.String("pods", "", "range of the pods' addresses")
	nodeIP     = flag.String("node-ip", "", "address of this node")
	queue      = flag.Int("queue", 0, "queue of the first packets of connections")
	youngQueue = flag.Int("young-queue", 0, "queue of the first packets that pods send, where young pods are refused")
	young      = flag.Duration("young", 0, "refuses what pods send in their first seconds, as network plugins that learn of a pod late do")
	addresses  = flag.String("addresses", "", "folder with a file for each pod's address, made with the pod's network; needed for -young")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	config := must(clientcmd.BuildConfigFromFlags("", *kubeconfig))
	config.AcceptContentTypes, config.ContentType = "application/vnd.kubernetes.protobuf,application/json", "application/vnd.kubernetes.protobuf"
	factory := informers.NewSharedInformerFactory(must(kubernetes.NewForConfig(config)), 0)
	pods, namespaces, policies := factory.Core().V1().Pods(), factory.Core().V1().Namespaces(), factory.Networking().V1().NetworkPolicies()
	resolver := must(podinfo.NewInformerResolver(pods.Informer()))
	provider := podinfo.NewInformerProvider(pods, namespaces, nil, []podinfo.IPResolver{resolver})
	standard := networkpolicy.NewStandardNetworkPolicy(*node, namespaces, pods, policies)
	e := &enforcer{
		pods:   provider,
		engine: networkpolicy.NewPolicyEngine(provider, []api.PolicyEvaluator{standard}),
		within: netip.MustParsePrefix(*podRange),
		node:   netip.MustParseAddr(*nodeIP),
		said:   map[string]time.Time{},
	}
	changed := make(chan struct{}, 1)
	e.engine.SetDataplaneSyncCallbacks(func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), pods.Informer().HasSynced, namespaces.Informer().HasSynced, policies.Informer().HasSynced) {
		log.Fatal("the API server does not list pods, namespaces and policies")
	}
	listen(ctx, *queue, func(id uint32, packet *network.Packet, settle func(uint32, bool)) { e.decide(ctx, id, packet, settle) })
	if *young > 0 {
		listen(ctx, *youngQueue, func(id uint32, packet *network.Packet, settle func(uint32, bool)) { settle(id, !isYoung(packet)) })
	}
	go e.cutConnections(ctx, changed)
	log.Printf("policies are enforced: queue %d", *queue)
	<-ctx.Done()
}

// refusedMark is set on packets of young pods, which a packet rule answers with a refusal.
const refusedMark = 0x4000

// listen hands each packet of a queue to decide, which settles it once. A packet that cannot be read is dropped.
func listen(ctx context.Context, number int, decide func(id uint32, packet *network.Packet, settle func(uint32, bool))) {
	q := must(nfqueue.Open(&nfqueue.Config{
		NfQueue: uint16(number), Flags: nfqueue.NfQaCfgFlagGSO, MaxPacketLen: 128, MaxQueueLen: 4096,
		Copymode: nfqueue.NfQnlCopyPacket, WriteTimeout: 100 * time.Millisecond,
	}))
	settle := func(id uint32, allowed bool) {
		var err error
		switch {
		case allowed:
			err = q.SetVerdict(id, nfqueue.NfAccept)
		case number == *youngQueue:
			err = q.SetVerdictWithMark(id, nfqueue.NfAccept, refusedMark)
		default:
			err = q.SetVerdict(id, nfqueue.NfDrop)
		}
		if err != nil {
			log.Print("a verdict was not taken: ", err)
		}
	}
	hook := func(attribute nfqueue.Attribute) int {
		packet, err := network.ParsePacket(*attribute.Payload)
		if err != nil {
			log.Print("a packet cannot be read: ", err)
			settle(*attribute.PacketID, false)
			return 0
		}
		decide(*attribute.PacketID, &packet, settle)
		return 0
	}
	// Errors of single messages pass; the queue goes on.
	if err := q.RegisterWithErrorFunc(ctx, hook, func(error) int { return 0 }); err != nil {
		log.Fatal("queue ", number, ": ", err)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
