//go:build tools

// Package tools keeps the command that is built from this module in its go.mod.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
