"""The checks in their order; `docs/production.md` has a line for each, and a test keeps the two alike.

A check's number is its place here. New ones come at the end of their group; their names last, the numbers may move.
"""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.bootstrap.doctor import database, doors, keys, records
from sekisho.bootstrap.doctor.finding import Check, Finding, found_by
from sekisho.bootstrap.doctor.scene import Scene

__all__ = ["CHECKS", "examine"]

CHECKS = (
    Check("settings", "Settings are valid", keys.settings_valid),
    Check("keyring-file", "The master key is private, outside the data", keys.keyring_file),
    Check("audit-key", "The audit key is private, outside the data", keys.audit_key),
    Check("data-folder", "The data folder is private", database.data_folder),
    Check("database", "The database answers", database.reachable),
    Check("schema", "Its schema is this version's", database.schema),
    Check("durable", "What is committed is on disk", database.durable),
    Check("clock", "Its clock is this machine's", database.clock),
    Check("keyring-fits", "The keyring is the database's", keys.keyring_fits),
    Check("keyring-fresh", "The master key is not old", keys.keyring_fresh),
    Check("newest", "It is the newest copy", database.closed),
    Check("disk", "There is room on the disk", database.disk),
    Check("backup", "There is a fresh backup", database.backups),
    Check("certificate", "The certificate is good for every name", doors.certificate),
    Check("hostnames", "The names are known", doors.hostnames),
    Check("sms", "Codes can be sent", records.sms_set),
    Check("sms-reached", "The gateway is reached", records.sms_reached),
    Check("mail", "Notices leave by mail", records.mail),
    Check("outbox", "No message is stuck", records.outbox),
    Check("ports", "Ports are free, or ours", doors.ports),
    Check("proxies", "Proxies are named narrowly", doors.proxies),
    Check("metrics", "Metrics are read inside only", doors.metrics),
    Check("sealing", "Audit entries are sealed", records.sealing),
    Check("heads", "Signed heads leave the database", records.heads),
    Check("lease", "Background work has an owner", records.lease),
    Check("phishing-date", "Customers are told the date", records.phishing_date),
    Check("interim", "Interim mode", records.interim),
    Check("breach-list", "Breached passwords are refused", records.breach_list),
    Check("geodata", "Places and networks are fresh", records.geodata),
)


def examine(scene: Scene) -> Iterator[tuple[int, Check, Finding]]:
    """Each check with its number and what it found."""
    for number, check in enumerate(CHECKS, 1):
        yield number, check, found_by(check, scene)
