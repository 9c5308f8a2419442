#!/bin/sh
# Publishes a stack's records on a name server that takes updates, with jq and nsupdate alone.
#   pulumi stack output --json --stack prod | ./publish.sh 127.0.0.1 example.com
set -eu
server=$1 zone=$2
script=$(jq -er --arg server "$server" --arg zone "$zone" '
  if .dns.schemaVersion != 1 then error("schemaVersion: expected 1, found \(.dns.schemaVersion)")
  elif .dns.ready | not then error("the addresses do not answer yet: run pulumi up first")
  else
    "server \($server)", "zone \($zone)",
    (.dns.records[] | "update delete \(.name) \(.type)", "update add \(.name) \(.ttl) \(.type) \(.values[])"),
    "send"
  end')
printf '%s\n' "$script" | nsupdate
