"""The ASGI application of a worker: doors behind the house, with its background threads (DESIGN §4).

Started by the server in its worker process; `serve` names `application` here, the demo names its own, which adds to it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from sekisho import __version__
from sekisho.adapters.audit_heads.file import FileSink
from sekisho.adapters.cryptography.hash_pool import ThreadedHashPool, start_hash_pool
from sekisho.adapters.delivery.sms_gateway import SmsGateway
from sekisho.adapters.delivery.worker import OutboxWorker, OutboxWorkers
from sekisho.adapters.engines.node_monitor import NodeMonitor
from sekisho.adapters.memory.session_memory import FreshSessions
from sekisho.adapters.outbound import OutboundClient
from sekisho.adapters.storage.watch import ChangeWatcher
from sekisho.bootstrap.closure import Closure, heads_file
from sekisho.bootstrap.doors import Doors
from sekisho.bootstrap.house import House, open_house
from sekisho.bootstrap.logging import start_logging
from sekisho.bootstrap.mailing import mail_sender
from sekisho.bootstrap.metrics import Metrics, serve_metrics
from sekisho.bootstrap.monitoring import event_writer
from sekisho.bootstrap.owner import Owner
from sekisho.bootstrap.plans import check_ready_to_serve
from sekisho.bootstrap.watches import SealingWatch, watch_house
from sekisho.bootstrap.webhooks import webhook_worker
from sekisho.domain.notifications import Channel
from sekisho.flows.deliver_messages import DeliveryDependencies, deliver_due
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.delivery import Sender
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.events import Event, EventKind, Fact
from sekisho.settings import load_settings

__all__ = ["application", "start"]

Result = TypeVar("Result")
_SWITCH = 0.001  # seconds that a flow may keep the interpreter while the event loop waits; Python's own is 5 ms
_THREADS = 24  # for flows; hashing has threads of its own


def application(config: str = "") -> ASGIApp:
    """What `sekisho serve` runs. config: the settings file, or "" for the standard places."""
    settings = load_settings(Path(config) if config else None).settings
    start_logging(settings.logging.level, settings.logging.format)
    check_ready_to_serve(settings)
    assert settings.sms_gateway is not None  # checked above
    gateway = SmsGateway(settings.sms_gateway, OutboundClient(settings.outbound))
    senders: dict[Channel, Sender] = {Channel.SMS: gateway}
    if settings.mail is not None:
        senders[Channel.EMAIL] = mail_sender(settings)
    return start(open_house(settings), senders)


def start(
    house: House, senders: Mapping[Channel, Sender], more: Callable[[Dependencies], Sequence[BaseRoute]] = lambda deps: ()
) -> ASGIApp:
    """The application with its threads, which start and stop with it. more: routes that the demo adds."""
    sys.setswitchinterval(_SWITCH)
    metrics = Metrics.create()
    pool = _hash_pool(house, metrics)
    watcher = ChangeWatcher(house.storage, lambda change: memory.hear(change))
    memory = FreshSessions(lambda: watcher.confirmed_age)
    flows = ThreadPoolExecutor(_THREADS, thread_name_prefix="flow")

    def run(function: Callable[..., Result], /, *args: object) -> Awaitable[Result]:
        return asyncio.get_running_loop().run_in_executor(flows, partial(function, *args))

    closure = _looked_at(house, memory)
    outbox = _outbox_workers(house, senders, closure)
    monitor = _monitor(house, lambda: deps, metrics, closure)
    deps = house.dependencies(pool, memory, run, outbox.wake, metrics, monitor)
    owner = _owner(house, deps, metrics, closure)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        for part in (closure, watcher, outbox, owner, monitor):
            part.start()
        served = serve_metrics(metrics, house.settings.server.metrics_address, house.settings.server.metrics_port)
        numbers = watch_house(house, metrics, memory, pool, closure, monitor)
        _tell_start(house, pool.hash_seconds)
        await asyncio.to_thread(_note, house, EventKind.NODE_STARTED)
        try:
            yield
        finally:
            await asyncio.to_thread(_note, house, EventKind.NODE_STOPPED)
            for running in (monitor, outbox, owner, closure, watcher, numbers, *((served,) if served else ())):
                await asyncio.to_thread(running.stop)
            pool.close()
            flows.shutdown(wait=False, cancel_futures=True)
            house.storage.close()

    doors = Doors(house, deps, watcher, lambda: closure.why, metrics.request)
    return doors.behind(Starlette(routes=[*doors.routes, *more(deps)], lifespan=lifespan))


def _hash_pool(house: House, metrics: Metrics) -> ThreadedHashPool:
    pool = start_hash_pool(house.settings.hashing, house.keyring)
    pool.waited = metrics.hash_wait.observe
    return pool


def _monitor(house: House, deps: Callable[[], Dependencies], metrics: Metrics, closure: Closure) -> NodeMonitor:
    writer = event_writer(house, deps, lambda: not closure.why, metrics.monitoring.count, metrics.monitoring.snapshots_failed.inc)
    return NodeMonitor(writer, house.storage, house.clock, house.settings.monitoring.queue)


def _note(house: House, kind: EventKind) -> None:
    """Starts and stops stand in the audit log; a database that is gone must not keep a node from ending."""
    facts: dict[str, Fact] = {"node": os.uname().nodename, "pid": os.getpid(), "version": __version__}
    with suppress(SekishoError), house.storage.transaction() as tx:
        tx.audit.append(Event(kind, facts=facts), house.clock())


def _looked_at(house: House, memory: FreshSessions) -> Closure:
    """Known before the first request: an older copy of the database lets nobody in (R9)."""
    closure = Closure(house, memory.forget_everything)
    closure.look()
    return closure


def _tell_start(house: House, hash_seconds: float) -> None:
    structlog.get_logger("sekisho").info("serving", pid=os.getpid(), hash_milliseconds=round(hash_seconds * 1000, 1))
    built, oldest = house.geodata.built, house.settings.geodata.max_age
    if built is None or house.clock() - built > oldest:
        structlog.get_logger("sekisho").warning("the data of places is missing or old", built=str(built), oldest_days=oldest.days)


def _outbox_workers(house: House, senders: Mapping[Channel, Sender], closure: Closure) -> OutboxWorkers:
    """Each way has its own: a mail server that hangs keeps no code waiting, and a broker who does not answer neither."""
    delivery = DeliveryDependencies(house.storage, senders, house.settings.delivery, house.clock)

    def deliver(way: Channel) -> int:
        return 0 if closure.why else deliver_due(delivery.clock(), delivery, way)

    ways = [OutboxWorker(partial(deliver, way)) for way in (Channel.SMS, Channel.EMAIL)]
    told = webhook_worker(house, lambda: not closure.why)
    return OutboxWorkers(ways if told is None else [*ways, told])


def _owner(house: House, deps: Dependencies, metrics: Metrics, closure: Closure) -> Owner:
    watch = SealingWatch(metrics)
    sinks = [FileSink(heads_file(house.settings))]
    return Owner(deps, house.audit_key, sinks, house.settings.audit, watch, watch.lease, lambda: not closure.why)
