//go:build tools

// Package tools keeps the commands that are built from this module in its go.mod.
package tools

import (
	_ "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	_ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
)
