#!/usr/bin/python3
"""Stand-in for kubelet and the container runtime: runs a pod of one container.

Like the originals, it makes the pod's network namespace, has the CNI plugin connect it, tries again in a new one if that
fails, and reports the address that the plugin chose. It also writes the Service's endpoint, as the endpoint slice controller
does. Arguments: the container's program.
"""
import glob
import json
import os
import subprocess
import sys
import time

NAME = "ingress"
NETWORK = "/run/netns/pod"
STARTED = "/run/pod.address"
ENVIRONMENT = {
    "CNI_CONTAINERID": NAME,
    "CNI_NETNS": NETWORK,
    "CNI_IFNAME": "eth0",
    "CNI_PATH": "/opt/cni/bin",
    "CNI_ARGS": f"IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME={NAME};K8S_POD_INFRA_CONTAINER_ID={NAME}",
}


def kubectl(*arguments, **options):
    return subprocess.run(
        ["kubectl", "--kubeconfig=/srv/kubernetes/admin.kubeconfig", "--request-timeout=5s", *arguments],
        text=True, stdout=subprocess.DEVNULL, **options,
    ).returncode == 0


def plugin(command):
    """Runs the first network's plugin, as container runtimes do; None if it fails."""
    network = json.load(open(sorted(glob.glob("/etc/cni/net.d/*.conflist"))[0]))
    settings = {"cniVersion": network["cniVersion"], "name": network["name"], **network["plugins"][0]}
    finished = subprocess.run(
        [f"/opt/cni/bin/{settings['type']}"],
        input=json.dumps(settings), text=True, stdout=subprocess.PIPE,
        env={**os.environ, **ENVIRONMENT, "CNI_COMMAND": command},
    )
    print(f"CNI {command}: {finished.stdout}", flush=True)
    return json.loads(finished.stdout) if command == "ADD" and finished.returncode == 0 else None


def connect():
    """Makes the pod's network; returns its address."""
    while True:
        # Of an earlier try.
        subprocess.run(["ip", "netns", "del", os.path.basename(NETWORK)], stderr=subprocess.DEVNULL)
        try:
            subprocess.run(["ip", "netns", "add", os.path.basename(NETWORK)], check=True)
            subprocess.run(["ip", "netns", "exec", "pod", "ip", "link", "set", "lo", "up"], check=True)
            result = plugin("ADD")
            if result:
                return result["ips"][0]["address"].split("/")[0]
            plugin("DEL")
        except LookupError:
            print("no CNI plugin yet", flush=True)
        time.sleep(1)


def report(address):
    """Writes the address where the cluster looks for it, once its API server answers."""
    known = json.load(open("/opt/kops/pod.json"))
    endpoint, host = known["endpoint"], known["hostIP"]
    endpoint["endpoints"][0]["addresses"] = [address]
    addresses = {"podIP": address, "podIPs": [{"ip": address}], "hostIP": host, "hostIPs": [{"ip": host}]}
    status = json.dumps({"status": {"phase": "Running", **addresses}})
    while not (
        kubectl("apply", "-f", "-", input=json.dumps(endpoint))
        and kubectl("patch", "pod", NAME, "--subresource=status", "--type=merge", f"--patch={status}")
    ):
        time.sleep(1)


if not os.path.exists(STARTED):
    found = connect()
    report(found)
    open(STARTED, "w").write(found)
os.execvp("ip", ["ip", "netns", "exec", os.path.basename(NETWORK), *sys.argv[1:]])
