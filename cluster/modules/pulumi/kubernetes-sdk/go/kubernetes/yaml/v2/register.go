// Package v2 registers the objects of manifests and charts.
package v2

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Token is the type by which the provider knows a kind: `kubernetes:apps/v1:Deployment`, and `kubernetes:core/v1:Secret` of the group without a name.
func Token(apiVersion, kind string) string {
	if !strings.Contains(apiVersion, "/") {
		apiVersion = "core/" + apiVersion
	}
	return fmt.Sprintf("kubernetes:%s:%s", apiVersion, kind)
}

// RegisterResource registers an object with the engine under its kind's token. Its properties go to the provider as they are.
func RegisterResource(ctx *pulumi.Context, apiVersion, kind, name string, props pulumi.Input, opts ...pulumi.ResourceOption) (pulumi.CustomResource, error) {
	var object pulumi.CustomResourceState
	if err := ctx.RegisterResource(Token(apiVersion, kind), name, props, &object, opts...); err != nil {
		return nil, err
	}
	return &object, nil
}
