// pulumi-resource-random: the Terraform random provider behind Pulumi's bridge, as the published package does it.
package main

import (
	"context"
	_ "embed"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"toolchain/random/info"
)

// schema.json is written by `go run ./generate schema --out .`; made anew when a pin of this module moves.
//
//go:embed schema.json
var schema []byte

func main() {
	pf.Main(context.Background(), "random", info.Provider(), pf.ProviderMetadata{PackageSchema: schema})
}
