module toolchain/random

go 1.26

require (
	github.com/pulumi/pulumi-terraform-bridge/v3 v3.119.0
	github.com/pulumi/pulumi/pkg/v3 v3.213.0
	github.com/pulumi/pulumi/sdk/v3 v3.213.0
	github.com/terraform-providers/terraform-provider-random/shim v0.0.0
)

replace (
	github.com/hashicorp/terraform-plugin-sdk/v2 => github.com/pulumi/terraform-plugin-sdk/v2 v2.0.0-20250923233607-7f1981c8674a
	github.com/terraform-providers/terraform-provider-random/shim => ./shim
)
