// Package info describes the random provider to the Terraform bridge.
package info

import (
	"fmt"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/terraform-providers/terraform-provider-random/shim"
)

// Version is the release of the Pulumi package that the provider answers with; the linker sets it from the toolchain's pin.
var Version = "0.0.0"

// Provider returns the bridged provider with the tokens of the published package: random:index/randomPassword:RandomPassword.
func Provider() tfbridge.ProviderInfo {
	provider := tfbridge.ProviderInfo{
		P:            pf.ShimProvider(shim.NewProvider()),
		Name:         "random",
		Version:      Version,
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
	}
	provider.MustComputeTokens(tokens.SingleModule("random_", "index", func(module, name string) (string, error) {
		return fmt.Sprintf("random:%s/random%s:Random%s", module, name, name), nil
	}))
	return provider
}
