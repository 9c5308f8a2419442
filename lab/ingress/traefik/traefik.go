//go:build traefik

// Package traefik names the controller, so that its version and checksums are pinned by go.mod and go.sum.
package traefik

import _ "github.com/traefik/traefik/v3/cmd/traefik"
