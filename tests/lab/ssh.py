# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Access to machines by OpenSSH: the client's command lines for one machine of a lab.

It owns ssh options and quoting; it must never know what a topology or a QEMU is.
"""
import shlex

FAILED = 255  # ssh's own status when it cannot reach the machine, or no longer


class Access:
    """How to reach a machine. `reach` is {"port": N}, or {"via": Access-name, "host": address}."""

    def __init__(self, name, reach, key, jump=None):
        self.name = name
        self.reach = reach
        self.key = key
        self.jump = jump  # the Access of the machine in between

    def socket(self):
        return f"{self.name}.ssh"

    def options(self):
        """For ssh and scp alike; the current folder must be the lab's."""
        options = {
            "ControlPath": self.socket(), "IdentityFile": self.key, "IdentitiesOnly": "yes",
            "BatchMode": "yes", "StrictHostKeyChecking": "no", "UserKnownHostsFile": "/dev/null",
            "GlobalKnownHostsFile": "/dev/null", "LogLevel": "ERROR", "ConnectTimeout": "20",
            "ServerAliveInterval": "30", "ServerAliveCountMax": "10", "ForwardX11": "no",
            "HostName": self.reach.get("host", "127.0.0.1"), "Port": str(self.reach.get("port", 22)),
            "User": "root", "Ciphers": "aes128-gcm@openssh.com",
        }
        argv = ["-F", "none"]
        for name, value in options.items():
            argv += ["-o", f"{name}={value}"]
        if self.jump:
            argv += ["-o", "ProxyCommand=" + shlex.join(
                ["ssh", *self.jump.options(), "-W", "%h:%p", self.jump.name])]
        return argv

    def master(self):
        """The connection that makes later ones quick; it runs until it is ended."""
        return ["ssh", *self.options(), "-o", "ControlMaster=yes", "-N", self.name]

    def command(self, argv, mark=None, terminal=False):
        """Run exactly `argv`, no shell in between that would split or expand it."""
        # The remote shell stays: it turns death by a signal into a status, as shells do.
        remote = f"{mark or ''} {shlex.join(argv)}; exit $?"
        return ["ssh", *self.options(), "-tt" if terminal else "-T", self.name, "--", remote]

    def copy(self, sources, target, recursive):
        return ["scp", "-q", *self.options(), *(["-r"] if recursive else []), "--", *sources, target]

    def remote_path(self, path):
        return f"{self.name}:{path}"
