"""The checks in their order; `docs/production.md` has a line for each, and a test keeps the two alike.

A check's number is its place here. New ones come at the end of their group; their names last, the numbers may move.
"""

from __future__ import annotations

from collections.abc import Iterator

from sekisho.bootstrap.doctor import broker, database, doors, keys, mail, monitoring, records, units
from sekisho.bootstrap.doctor.finding import Check, Finding, found_by
from sekisho.bootstrap.doctor.scene import Scene

__all__ = ["CHECKS", "examine"]

CHECKS = (
    Check("settings", "Settings", keys.settings_valid),
    Check("keyring-file", "Master key", keys.keyring_file),
    Check("audit-key", "Audit key", keys.audit_key),
    Check("data-folder", "Data folder", database.data_folder),
    Check("database", "Database", database.reachable),
    Check("schema", "Schema", database.schema),
    Check("durable", "Durability", database.durable),
    Check("clock", "Clock", database.clock),
    Check("keyring-fits", "Keyring and database", keys.keyring_fits),
    Check("keyring-fresh", "Age of the master key", keys.keyring_fresh),
    Check("newest", "Newest copy", database.closed),
    Check("disk", "Room on the disk", database.disk),
    Check("backup", "Backup", database.backups),
    Check("certificate", "Certificate", doors.certificate),
    Check("hostnames", "Host names", doors.hostnames),
    Check("sms", "SMS gateway", records.sms_set),
    Check("sms-reached", "Way to the SMS gateway", records.sms_reached),
    Check("mail", "Mail", mail.mail_set),
    Check("mail-reached", "Way to the mail server", mail.mail_reached),
    Check("outbox", "Outbox", records.outbox),
    Check("units", "Unit of systemd", units.installed),
    Check("ports", "Ports", doors.ports),
    Check("proxies", "Proxies", doors.proxies),
    Check("metrics", "Metrics", doors.metrics),
    Check("sealing", "Sealing of the audit log", records.sealing),
    Check("heads", "Signed heads", records.heads),
    Check("lease", "Background work", records.lease),
    Check("phishing-date", "Date of phishing-resistant login", records.phishing_date),
    Check("interim", "Interim mode", records.interim),
    Check("broker-keys", "Keys of the broker's systems", broker.broker_keys),
    Check("webhooks", "Webhooks to the broker", broker.webhooks),
    Check("webhooks-reached", "Way to the broker", broker.webhooks_reached),
    Check("breach-list", "Breached passwords", records.breach_list),
    Check("event-log", "Event log", monitoring.log_owner),
    Check("rules", "Rules of monitoring", monitoring.rules),
    Check("event-intake", "Own events", monitoring.event_intake),
    Check("geodata", "Places and networks", records.geodata),
)


def examine(scene: Scene) -> Iterator[tuple[int, Check, Finding]]:
    """Each check with its number and what it found."""
    for number, check in enumerate(CHECKS, 1):
        yield number, check, found_by(check, scene)
