//go:build gateway

// Package gateway names the controller, so that its version and checksums are pinned by go.mod and go.sum.
package gateway

import _ "github.com/envoyproxy/gateway/cmd/envoy-gateway"
