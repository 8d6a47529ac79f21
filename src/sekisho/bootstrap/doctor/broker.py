"""What the broker's systems need: keys that last, and a way to be told (R13, R15)."""

from __future__ import annotations

from sekisho.adapters.outbound import OutboundClient, OutboundFailure
from sekisho.bootstrap.doctor.finding import Finding, fail, fine, skip, warn
from sekisho.bootstrap.doctor.scene import NotLooked, Scene
from sekisho.bootstrap.webhooks import webhook_keys
from sekisho.kernel.errors import SekishoError

__all__ = ["broker_keys", "webhooks", "webhooks_reached"]


def broker_keys(scene: Scene) -> Finding:
    """A key that ends unseen stops the broker's systems; one that nobody uses is a key too many (R15)."""
    soon = scene.settings.broker_access.warn_before
    with scene.reading() as (tx, _):
        live = [key for key in tx.broker_keys.all() if key.live(scene.now)]
    newest = {key.client: max(other.expires for other in live if other.client == key.client) for key in live}
    ending = sorted((until, client) for client, until in newest.items() if until - scene.now < soon)
    if ending:
        named = ", ".join(f"{client} on {until:%Y-%m-%d}" for until, client in ending)
        return warn(f"these end soon: {named}", f"sekisho broker-key rotate {ending[0][1]}")
    if not live:
        return skip("no system of the broker holds one")
    return fine(f"{len(newest):,} systems hold a key, none ends within {soon.days} days")


def webhooks(scene: Scene) -> Finding:
    if scene.settings.webhooks is None:
        return warn("the broker is not told of freezes and of the customer's No", "set webhooks.url and webhooks.key_file")
    try:
        webhook_keys(scene.settings)
    except SekishoError as error:
        return fail(str(error.public_message), error.detail)
    with scene.reading() as (tx, _):
        counts = tx.webhooks.counts(scene.now)
    if counts.unanswered:
        return fail(f"{counts.unanswered:,} were not acknowledged in time", "call the broker; sekisho webhook list")
    if counts.dead:
        return warn(f"{counts.dead:,} dead letters", "sekisho webhook list --dead, then webhook retry")
    return fine(f"signed and told; {counts.waiting:,} on their way")


def webhooks_reached(scene: Scene) -> Finding:
    if scene.settings.webhooks is None:
        raise NotLooked("needs the broker's address (check webhooks)")
    if scene.offline:
        raise NotLooked("--offline")
    try:
        OutboundClient(scene.settings.outbound).greet(scene.settings.webhooks.url)
    except OutboundFailure as failure:
        return fail(f"the broker is not reached: {failure.why}", "the firewall, DNS, outbound.ca_file or outbound.private_networks")
    return fine("a connection to the broker's address was made")
