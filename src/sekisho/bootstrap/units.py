"""Units of systemd that fit an installation: `serve`, hardened, and a backup every night.

What the server needs and nothing else: its folders, the network, no device, no other process, no new code in memory. The master key and
the audit key are read where they lie and not as credentials, since a running node has to see that they changed (R9).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sekisho.bootstrap.closure import heads_file
from sekisho.kernel.errors import invalid
from sekisho.settings import Settings

__all__ = ["BACKUP", "HARDENED", "SERVICE", "TIMER", "Installation", "units"]

SERVICE, BACKUP, TIMER = "sekisho.service", "sekisho-backup.service", "sekisho-backup.timer"
_STOP = 20  # seconds; granian gives its worker 10, and the last head is signed before
_LOW_PORTS = 1024
_STATE = Path("/var/lib")
_PLAIN = re.compile(r"[\w@%+=:,./-]+")
_SETTING = re.compile(r"[a-z_]+\.[a-z_]+")

_HARDENED = """\
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet={capabilities}
AmbientCapabilities={capabilities}
PrivateUsers={private_users}
PrivateDevices=yes
DevicePolicy=closed
PrivateTmp=yes
ProtectSystem=strict
ProtectHome={home}
PrivateMounts=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
LimitCORE=0
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
"""

# Those that are the same for every installation: what `sekisho doctor` looks for.
HARDENED = tuple(line for line in _HARDENED.splitlines() if "{" not in line)

_SERVICE = """\
[Unit]
Description=Sekisho, account protection
Wants=network-online.target
After=network-online.target time-sync.target postgresql.service

[Service]
Type=exec
User={account}
Group={account}
ExecStart={program} serve{config}
# A renewed certificate is taken up by a new worker; the old one ends its requests.
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=2
# The first process tells its worker, and waits 10 s for it.
KillMode=mixed
TimeoutStopSec={stop}
LimitNOFILE=65536
{folders}{credentials}{hardened}
[Install]
WantedBy=multi-user.target
"""

_BACKUP = """\
[Unit]
Description=Backup of Sekisho
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User={account}
Group={account}
Nice=10
IOSchedulingClass=idle
ExecStart=/bin/sh -c 'exec {program} backup{config} {backups}/sekisho-$$(date -u +%%Y-%%m-%%dT%%H%%M%%S).backup'
ExecStartPost=/usr/bin/find {backups} -maxdepth 1 -name sekisho-*.backup -mtime +{keep} -delete
{folders}{hardened}"""

_TIMER = """\
[Unit]
Description=Backup of Sekisho, every night

[Timer]
OnCalendar=*-*-* 02:30:00
RandomizedDelaySec=15min
Persistent=yes

[Install]
WantedBy=timers.target
"""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where things are. account: of the operating system. program: the `sekisho` of the installed package. config: the settings file.

    backups: folder of the nightly backups, kept for `keep` days. credentials: setting → file that root alone can read.
    """

    account: str
    program: Path
    config: Path | None
    backups: Path
    keep: int = 30
    credentials: Mapping[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises INVALID for what would have to be quoted: a unit is read by people too."""
        paths = [self.program, self.backups, *self.credentials.values(), *([self.config] if self.config else [])]
        for path in paths:
            if not path.is_absolute() or not _PLAIN.fullmatch(str(path)) or "%" in str(path):
                raise invalid("A path of a unit is absolute and has no blanks or quotes.", str(path))
        if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", self.account):
            raise invalid("That is no account of the operating system.", self.account)
        for name in self.credentials:
            if not _SETTING.fullmatch(name):
                raise invalid("A credential is written as section.setting=/path/of/file.", name)


def units(settings: Settings, place: Installation) -> dict[str, str]:
    """File name → content."""
    server = settings.server
    low = any(0 < port < _LOW_PORTS for port in (server.https_port, server.http_port, server.metrics_port))
    capability = "CAP_NET_BIND_SERVICE" if low else ""
    common = {
        "account": place.account,
        "program": shlex.quote(str(place.program)),
        "config": f" --config {place.config}" if place.config else "",
        "backups": str(place.backups),
        "keep": place.keep,
        "stop": _STOP,
        "credentials": _credentials(place.credentials),
    }
    data = _written(settings)
    home = "read-only" if any(_in_homes(path) for path in (place.program, place.config, *_read(settings)) if path) else "yes"
    serving = _HARDENED.format(capabilities=capability, private_users="no" if low else "yes", home=home)
    copying = _HARDENED.format(capabilities="", private_users="yes", home=home)
    return {
        SERVICE: _SERVICE.format(**common, folders=_folders(data), hardened=serving),
        BACKUP: _BACKUP.format(**common, folders=_folders([*data, place.backups]), hardened=copying),
        TIMER: _TIMER,
    }


def _in_homes(path: Path) -> bool:
    return any(path.is_relative_to(home) for home in ("/home", "/root", "/run/user"))


def _read(settings: Settings) -> list[Path | None]:
    server = settings.server
    return [settings.keyring.file, settings.audit.key_file, server.certificate, server.certificate_key, *_written(settings)]


def _written(settings: Settings) -> list[Path]:
    return list(dict.fromkeys((settings.server.data_folder, heads_file(settings).parent)))


def _folders(written: Sequence[Path]) -> str:
    """A folder right below /var/lib is made by systemd, for the account and nobody else; others have to be there."""
    state = [path for path in written if path.parent == _STATE]
    other = [path for path in written if path.parent != _STATE and not any(path.is_relative_to(one) for one in state)]
    lines = [f"StateDirectory={' '.join(path.name for path in state)}", "StateDirectoryMode=0700"] if state else []
    lines += [f"ReadWritePaths={' '.join(map(str, other))}"] if other else []
    return "".join(f"{line}\n" for line in lines)


def _credentials(files: Mapping[str, Path]) -> str:
    """Handed over at the start, in memory that no other process reads; the settings name the copy."""
    lines = []
    for name, path in files.items():
        variable = f"SEKISHO__{name.replace('.', '__').upper()}_FILE"
        lines += [f"LoadCredential={name}:{path}\n", f"Environment={variable}=%d/{name}\n"]
    return "".join(lines)
