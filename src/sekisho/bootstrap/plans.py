"""From settings to the plan of the server. Imported by the parent process: nothing of the application may be imported here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from sekisho.bootstrap.serving.plan import ServerPlan
from sekisho.kernel.errors import invalid
from sekisho.kernel.times import utc_now
from sekisho.settings import Settings

__all__ = ["CA_FOLDER", "base_url", "check_ready_to_serve", "origin", "server_plan"]

CA_FOLDER = "ca"


def check_ready_to_serve(settings: Settings) -> None:
    """Raises SekishoError INVALID that says what is missing before anybody may be served."""
    if settings.firm.phishing_resistant_from is None:
        raise invalid(
            "The firm's date for phishing-resistant login is missing: customers who log in by password and code must be told it.",
            "set firm.phishing_resistant_from (J06)",
        )
    if settings.sms_gateway is None:
        raise invalid("There is no way to send security codes.", "set sms_gateway.url and what belongs to it; see docs/delivery.md")
    _check_keys(settings)


def _check_keys(settings: Settings) -> None:
    """A key that cannot be used is told before anybody waits for a notice. What reads keys is imported only where there are some."""
    if settings.mail is not None:
        from sekisho.bootstrap.mailing import mail_sender

        mail_sender(settings)
    if settings.webhooks is not None:
        from sekisho.bootstrap.webhooks import webhook_keys

        webhook_keys(settings)


def server_plan(settings: Settings, factory: str, arguments: Mapping[str, str], ready_file: Path | None = None) -> ServerPlan:
    """The operator's certificate, or one of the local CA, which is renewed by itself."""
    server = settings.server
    plan = ServerPlan(
        address=server.https_address,
        hostnames=server.hostnames,
        https_port=server.https_port,
        public_https_port=server.public_port or None,
        http_port=server.http_port or None,
        certificate=Path(),
        key=Path(),
        ca=None,
        factory=factory,
        arguments=arguments,
        ready_file=ready_file,
        ready_content={"base_url": base_url(settings), "ca_file": ""},
    )
    if server.certificate is not None and server.certificate_key is not None:
        return replace(plan, certificate=server.certificate, key=server.certificate_key)
    return _with_local_ca(plan, settings)


def base_url(settings: Settings) -> str:
    """The portal as people reach it."""
    return origin(settings, settings.server.hostnames[0])


def origin(settings: Settings, hostname: str) -> str:
    """Where our pages of that name are, with the port as clients see it."""
    port = settings.server.public_port or settings.server.https_port
    return f"https://{hostname}" if port == 443 else f"https://{hostname}:{port}"


def _with_local_ca(plan: ServerPlan, settings: Settings) -> ServerPlan:
    from sekisho.adapters.cryptography.local_ca import ensure_certificate

    folder = settings.server.data_folder / CA_FOLDER

    def renew() -> bool:
        return ensure_certificate(folder, plan.hostnames, utc_now()).renewed

    paths = ensure_certificate(folder, plan.hostnames, utc_now())
    renewing: Callable[[], bool] = renew
    content = {**plan.ready_content, "ca_file": str(paths.ca)}
    return replace(plan, certificate=paths.chain, key=paths.key, ca=paths.ca, renew_certificate=renewing, ready_content=content)
