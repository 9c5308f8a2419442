#!/usr/bin/python3
"""Applies an instance group's fileAssets and hooks as nodeup does at every boot: files first, then units.

kops nodeup/pkg/model/{file_assets,hooks}.go and upup/pkg/fi/nodeup/nodetasks/{file,service}.go: writes a file if it
differs; writes a unit to /lib/systemd/system, restarts it with --no-block if it is new or not active, and enables it.
"""
import os
import subprocess
import sys

import yaml


def write(path: str, text: str, mode: int) -> bool:
    """Returns whether the file changed."""
    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    if os.path.exists(path) and open(path).read() == text and os.stat(path).st_mode & 0o7777 == mode:
        return False
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return True


def systemctl(*words: str) -> str:
    return subprocess.run(["systemctl", *words], capture_output=True, text=True).stdout.strip()


with open(sys.argv[1]) as file:
    config = yaml.safe_load(file)
for asset in config["fileAssets"]:
    write(asset["path"], asset["content"], int(asset.get("mode", "0440"), 8))
for hook in config["hooks"]:
    name = hook["name"]
    changed = write(f"/lib/systemd/system/{name}", hook["manifest"], 0o644)
    if changed:
        systemctl("daemon-reload")
    if changed or systemctl("show", "-p", "ActiveState", "--value", name) != "active":
        systemctl("restart", name, "--no-block")
    systemctl("enable", name)
