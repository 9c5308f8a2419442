//go:build engine

// Package engine names the Pulumi CLI, so that its version and checksums are pinned by go.mod and go.sum.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
