"""What runs in the background: messages, the audit log, its owner; and what the firm must have decided (R4, R8, R10, R16)."""

from __future__ import annotations

from datetime import timedelta

from sekisho.adapters.breaches import BreachList
from sekisho.adapters.geodata import open_geodata
from sekisho.adapters.outbound import OutboundClient, OutboundFailure
from sekisho.adapters.storage.diagnosis import holder_of, sealed, traders
from sekisho.bootstrap.closure import heads_file
from sekisho.bootstrap.doctor.finding import Finding, fail, fine, skip, warn
from sekisho.bootstrap.doctor.scene import NotLooked, Scene
from sekisho.bootstrap.house import BREACHES
from sekisho.bootstrap.owner import LEASE
from sekisho.kernel.times import from_ms, show_duration, utc_now

__all__ = [
    "breach_list",
    "geodata",
    "heads",
    "interim",
    "lease",
    "outbox",
    "phishing_date",
    "sealing",
    "sms_reached",
    "sms_set",
]

_LATE = timedelta(minutes=2)
_WAITS_LONG = timedelta(minutes=10)
_LIST_AGE = timedelta(days=365)


def sms_set(scene: Scene) -> Finding:
    gateway = scene.settings.sms_gateway
    if gateway is None:
        return fail("there is no way to send security codes", "set sms_gateway.url and what belongs to it; see docs/delivery.md")
    if gateway.lacks_token:
        return fail("the gateway's template needs a token", "set sms_gateway.token_file")
    return fine("set, with all that its template needs")


def sms_reached(scene: Scene) -> Finding:
    gateway = scene.settings.sms_gateway
    if gateway is None:
        raise NotLooked("needs the gateway (check sms)")
    if scene.offline:
        raise NotLooked("--offline")
    try:
        OutboundClient(scene.settings.outbound).greet(gateway.url)
    except OutboundFailure as failure:
        return fail(f"the gateway is not reached: {failure.why}", "the firewall, DNS, outbound.ca_file or outbound.private_networks")
    return fine("a connection to the gateway was made")


def breach_list(scene: Scene) -> Finding:
    path = scene.settings.server.data_folder / BREACHES
    found = BreachList(path)
    if not found.present:
        return warn("no list of breached passwords beside the built-in one", "sekisho breach import FILE")
    made = from_ms(int(path.stat().st_mtime * 1000))
    if scene.now - made > _LIST_AGE:
        return warn(f"{len(found):,} passwords, imported {made:%Y-%m-%d}", "sekisho breach import FILE, with a newer collection")
    return fine(f"{len(found):,} passwords, imported {made:%Y-%m-%d}")


def phishing_date(scene: Scene) -> Finding:
    day = scene.settings.firm.phishing_resistant_from
    if day is None:
        return fail("the date of phishing-resistant login is not set; `serve` does not start", "set firm.phishing_resistant_from (J06)")
    if day <= scene.now.astimezone(scene.settings.firm.time_zone).date():
        return fail(f"it is past ({day}), and customers still log in by password and code", "set firm.phishing_resistant_from (J06)")
    return fine(f"told to customers: {day}")


def interim(scene: Scene) -> Finding:
    with scene.reading() as (_, line):
        found = traders(line)
    if not found.active:
        return fine("no trader is active yet")
    seen = f"{found.active:,} active traders log in by password and code, which can be relayed; {found.acknowledged:,} confirmed to know"
    return warn(seen, f"ends with phishing-resistant login; told date: {scene.settings.firm.phishing_resistant_from}")


def outbox(scene: Scene) -> Finding:
    with scene.reading() as (tx, _):
        counts, dead = tx.outbox.counts(), tx.outbox.dead_letters(1)
    late = counts.oldest_due is not None and scene.now - counts.oldest_due > _WAITS_LONG
    seen = f"{counts.waiting:,} wait, {counts.dead:,} dead"
    if late and counts.oldest_due is not None:
        return fail(f"{seen}; the oldest waits since {counts.oldest_due:%Y-%m-%d %H:%M} UTC", "sekisho outbox list; docs/operate.md")
    return warn(seen, "sekisho outbox list --dead, then sekisho outbox retry MESSAGE") if dead else fine(seen)


def sealing(scene: Scene) -> Finding:
    with scene.reading() as (_, line):
        found, held = sealed(line), holder_of(LEASE, line)
    seen = f"{found.unsealed:,} entries wait for their place in the chain"
    if found.oldest is None or scene.now - found.oldest < _LATE:
        return fine(seen)
    if held is None or held.until < scene.now:
        return warn(f"{seen}, since nobody serves", "start `sekisho serve`")
    return fail(f"{seen}; the oldest since {found.oldest:%Y-%m-%d %H:%M} UTC: the sealer refuses them", "sekisho audit verify")


def heads(scene: Scene) -> Finding:
    with scene.reading() as (tx, line):
        last, found, held = tx.audit.last_head(), sealed(line), holder_of(LEASE, line)
    if last is None:
        return skip("no head yet: the first is signed within a minute of `sekisho serve`")
    path, at = heads_file(scene.settings), from_ms(last.at_ms)
    behind = [f"{sink} has {number:,}" for sink, number in found.taken.items() if number < last.number] or ([] if found.taken else ["none"])
    seen = f"head {last.number:,} of {at:%Y-%m-%d %H:%M:%S} UTC"
    if behind:
        return fail(f"{seen}; not every sink took it: {', '.join(behind)}", f"room and rights for {path}")
    if not path.exists():
        return warn(f"{seen}; {path} is not there", "bring it back: it is the witness of the log, and of the database's age")
    if scene.now - at > _LATE and held is not None and held.until > scene.now:
        return fail(f"{seen}: too old for a house that serves", "the log of `sekisho serve` says why")
    if path.is_relative_to(scene.settings.server.data_folder):
        return warn(f"{seen}, in {path}: a copy of the data takes its witness along", "set audit.heads_file to another disk, and ship it")
    return fine(f"{seen}, in {path}")


def lease(scene: Scene) -> Finding:
    with scene.reading() as (_, line):
        held = holder_of(LEASE, line)
    if held is None or held.until < utc_now():
        return warn("nobody does the background work", "start `sekisho serve`")
    return fine(f"held by {held.name.rpartition(':')[0]}")


def geodata(scene: Scene) -> Finding:
    """Another country of an old file sets off notices for nothing, or none where one is due."""
    own = scene.settings.geodata
    built = open_geodata(own.country_file, own.network_file).built
    mend = "set geodata.country_file and geodata.network_file to newer files, or update the package; see docs/geodata.md"
    if built is None:
        return warn("no data of places: notices and lists show addresses alone", mend)
    if scene.now - built > own.max_age:
        return warn(f"of {built:%Y-%m-%d}, older than {show_duration(own.max_age)}", mend)
    return fine(f"of {built:%Y-%m-%d}")
