//go:build pebble

// Package pebble names the certificate authority, so that its version and checksums are pinned by go.mod and go.sum.
package pebble

import _ "github.com/letsencrypt/pebble/v2/cmd/pebble"
