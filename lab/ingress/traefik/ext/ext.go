// Package ext holds the types by which Traefik's configuration can be extended. Traefik's own module replaces it by a directory that its archive
// lacks, so these empty ones take its place.
package ext

// HTTP extends the HTTP configuration.
type HTTP struct{}

// Router extends a router.
type Router struct{}
