//go:build kubernetes

// Package kubelet names kubelet, so that its version and checksums are pinned by go.mod and go.sum.
package kubelet

import _ "k8s.io/kubernetes/cmd/kubelet"
