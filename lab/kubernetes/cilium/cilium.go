//go:build cilium

// Package cilium names the programs of Cilium's agent, so that their version and checksums are pinned by go.mod and go.sum.
package cilium

import (
	_ "github.com/cilium/cilium/cilium-dbg"
	_ "github.com/cilium/cilium/cilium-health/responder"
	_ "github.com/cilium/cilium/daemon"
	_ "github.com/cilium/cilium/plugins/cilium-cni"
)
