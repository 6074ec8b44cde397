// pulumi-resource-kubernetes, release 4.25.0. The upstream main embeds files that its `go generate` writes, which the
// published module does not carry; the same two documents lie beside the module's main and are copied here before the build.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

// version is set by the linker from the toolchain's pin.
var version = "0.0.0"

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var mapping []byte

func main() {
	provider.Serve("kubernetes", version, schema, mapping)
}
