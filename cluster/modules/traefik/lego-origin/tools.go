//go:build tools

// Package tools keeps the module in its go.mod.
package tools

import _ "github.com/go-acme/lego/v4/challenge"
