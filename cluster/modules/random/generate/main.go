// Writes the random provider's schema and the bridge's metadata: `go run ./generate schema --out .` in the module's folder.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"
	"toolchain/random/info"
)

func main() {
	tfgen.Main("random", info.Provider())
}
