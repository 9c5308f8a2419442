/** Settings of systemd.exec(5) that every service can live with. */
const common = `NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077
`;

/** For our own services. */
export const sandbox = `${common}SystemCallFilter=~@privileged @resources
`;

/** HAProxy changes its user and its limits itself. */
export const haproxySandbox = `${common}SystemCallFilter=~@mount @swap @reboot @module @raw-io @obsolete @cpu-emulation @debug @clock
`;
