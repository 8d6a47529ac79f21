"""The gate of the broker's systems: a key, from where it may come, with the scope of the route (R15).

no key, or none of ours, expired, revoked, from elsewhere ──▶ 401, one and the same
a good key without the scope                             ──▶ 403
many bad keys from one source                            ──▶ 429, unread; a key that was good a moment ago is never kept waiting
"""

from __future__ import annotations

import re

from starlette.requests import Request

from sekisho.domain.broker_access import BrokerKey, KeyText, Scope, read_key_text
from sekisho.flows.admit_broker import BrokerCaller, admit_broker, audit_refused_key
from sekisho.flows.dependencies import Dependencies
from sekisho.flows.ports.security import Purpose
from sekisho.kernel.addresses import Address
from sekisho.kernel.decision import Reason, Refused
from sekisho.web.broker.tally import BadKeys, KnownKeys
from sekisho.web.http.client_address import source_network
from sekisho.web.http.cookies import holds_cookie
from sekisho.web.http.errors import error_of
from sekisho.web.http.exchange import exchange_of, header_values
from sekisho.web.http.faults import malformed, too_many
from sekisho.web.http.routes import DoorRoute

__all__ = ["BrokerGate"]

_BEARER = re.compile(r"[Bb]earer (sek_[!-~]{1,100})")
_SHOWN = 12  # letters of a key that name it


class BrokerGate:
    """Answers with the system that calls; raises for everybody else."""

    def __init__(self, deps: Dependencies) -> None:
        self.deps = deps
        self._known = KnownKeys()
        self._bad = BadKeys(deps.policies.broker_access)

    async def admit(self, request: Request, route: DoorRoute) -> BrokerCaller:
        headers = request.scope["headers"]
        authorization = header_values(headers, b"authorization")
        if authorization and holds_cookie(headers, "session"):
            raise malformed("a key together with a portal session")
        address = exchange_of(request.scope).address
        bearer = _BEARER.fullmatch(authorization[0]) if len(authorization) == 1 else None
        if bearer is None:  # nobody's key was tried: nothing to count
            raise error_of(Refused(Reason.KEY_UNKNOWN))
        text = read_key_text(bearer[1])
        found = await self._found(text, address) if text else Refused(Reason.KEY_UNKNOWN)
        refused = found if isinstance(found, Refused) else self._refusal(found, address, Scope(str(route.action)))
        if refused is not None:
            prefix = text.prefix if text else bearer[1][:_SHOWN]
            await self._tell(found if isinstance(found, BrokerKey) else None, prefix, refused, address, route)
            raise error_of(refused)
        assert isinstance(found, BrokerKey)
        return BrokerCaller(found, address)

    async def _found(self, text: KeyText, address: Address | None) -> BrokerKey | Refused:
        """From memory within a second, else its row."""
        digest = self.deps.keyring.keyed_hash(Purpose.TOKENS, text.whole.reveal())
        fresh = self._known.fresh(digest)
        if fresh is not None:
            return fresh
        source = source_network(address)
        if digest not in self._known and (seconds := self._bad.wait(source)):
            raise too_many("bad keys", seconds)
        found = await self.deps.run(admit_broker, text, self.deps)
        if isinstance(found, Refused):
            self._known.forget(digest)
            self._bad.count(source)
        elif found.live(self.deps.clock()):
            self._known.keep(digest, found)
        return found

    def _refusal(self, key: BrokerKey, address: Address | None, scope: Scope) -> Refused | None:
        """Where it comes from is asked before what it opens: a stolen key learns nothing of its scopes."""
        for decision in (key.admits(address, self.deps.clock()), key.opens(scope)):
            if isinstance(decision, Refused):
                return decision
        return None

    async def _tell(self, key: BrokerKey | None, prefix: str, refused: Refused, address: Address | None, route: DoorRoute) -> None:
        asked = f"{route.method} {route.path}"
        what = f"{refused.reason} {source_network(address)}" + (f" {prefix} {asked}" if key else "")
        if self._bad.worth_telling(what, stranger=key is None):
            await self.deps.run(audit_refused_key, key, prefix, refused, address, asked, self.deps)
