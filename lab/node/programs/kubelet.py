#!/usr/bin/python3
"""Stand-in for kubelet: runs the API server's static pod.

Like the original, it may start an old manifest before nodeup rewrites it, gives the API server 30 s to stop, restarts it if
the manifest changes or the liveness probe of 127.0.0.1:443 fails, and backs off after a crash. It retries an incomplete
manifest.
"""
import os
import signal
import socket
import ssl
import subprocess
import sys
import time

import yaml

MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.manifest"
PROGRAM = "/usr/local/bin/kube-apiserver"
GRACE = 30  # seconds: terminationGracePeriodSeconds of a pod without its own
# kops nodeup/pkg/model/kube_apiserver.go, livenessProbe and startupProbe: seconds, seconds, probes.
PROBE_INITIAL_DELAY, PROBE_PERIOD, PROBE_FAILURES, PROBE_TIMEOUT = 10, 10, 8, 15
# kubelet's CrashLoopBackOff: 10 s, doubled up to 5 minutes, forgotten after 10 minutes of running.
BACKOFF_FIRST, BACKOFF_MOST, BACKOFF_FORGET = 10, 300, 600


def arguments(text):
    """The API server's own arguments from the manifest's text; None if the text is incomplete."""
    try:
        container = yaml.safe_load(text)["spec"]["containers"][0]
        # The original rejects a pod without these, and a truncated file may end within the arguments.
        if not container["name"] or not container["image"]:
            return None
        words = container.get("command", []) + container.get("args", [])
        return words[words.index(PROGRAM) + 1:]
    except (yaml.YAMLError, LookupError, TypeError, ValueError):
        return None


def manifest():
    """The manifest's text; empty if there is none."""
    try:
        with open(MANIFEST) as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def live():
    """Probes 127.0.0.1:443 for an HTTP response over TLS, as kOps' health-check sidecar does."""
    context = ssl._create_unverified_context()
    try:
        with socket.create_connection(("127.0.0.1", 443), PROBE_TIMEOUT) as raw:
            with context.wrap_socket(raw) as connection:
                connection.sendall(b"GET /livez HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                return connection.recv(5) == b"HTTP/"
    except OSError:
        return False


def stop(process):
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def say(text):
    print(text, flush=True)


def main():
    process, running, started, backoff, not_before = None, None, 0.0, 0, 0.0
    failures, next_probe = 0, 0.0
    text, wanted = None, None

    def end(_signal, _frame):
        stop(process)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    while True:
        now = time.monotonic()
        now_text = manifest()
        # Parse only on change: parsing is the most expensive step, and the loop runs ten times a second.
        if now_text != text:
            text, wanted = now_text, arguments(now_text)
        if wanted is not None and wanted != running and process is not None:
            say("manifest changed: restarting the API server")
            stop(process)
            process, backoff, not_before = None, 0, 0.0
        if process is not None and process.poll() is not None:
            backoff = 0 if now - started > BACKOFF_FORGET else backoff
            backoff = min(max(backoff * 2, BACKOFF_FIRST), BACKOFF_MOST)
            say(f"the API server exited with status {process.returncode}: next start in {backoff} s")
            process, not_before = None, now + backoff
        if wanted is not None and process is None and now >= not_before:
            say("starting the API server " + " ".join(word for word in wanted if "port" in word or "address" in word))
            process = subprocess.Popen([PROGRAM, *wanted], start_new_session=True)
            running, started, failures, next_probe = wanted, now, 0, now + PROBE_INITIAL_DELAY
        if process is not None and now >= next_probe:
            failures = 0 if live() else failures + 1
            next_probe = now + PROBE_PERIOD
            if failures >= PROBE_FAILURES:
                say("the API server is not live through 127.0.0.1:443: restarting it")
                stop(process)
                process, failures = None, 0
        time.sleep(0.1)


if __name__ == "__main__":
    os.umask(0o022)
    main()
