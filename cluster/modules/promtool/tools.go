//go:build tools

// Package tools keeps the commands that are built from this module in its go.mod.
package tools

import (
	_ "github.com/prometheus/prometheus/cmd/promtool"
)
