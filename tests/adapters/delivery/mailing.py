"""A firm that sends mail to a fake server on loopback, with keys and certificates of its own."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sekisho.adapters.delivery.mail import MailSender
from sekisho.domain.notifications import Channel
from sekisho.domain.notifications.mail_policy import MailPolicy
from sekisho.domain.notifications.policies import OutboundPolicy
from sekisho.flows.ports.delivery import OutboxMessage
from sekisho.kernel.secrets import Secret

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TO, PHRASE = "hanako.sato@customer.example", "seven cranes at dusk"
ENGLISH = f"Your phrase: {PHRASE}\n\nHakone: Your password was changed <now> & for good.\n\nReference: KQMX-TRWP"
JAPANESE = "合言葉：夕暮れの鶴\n\n【箱根証券】パスワードが変更されました。\n\n照会番号：KQMX-TRWP"
WITHIN = OutboundPolicy(private_networks=("127.0.0.0/8",))
MODES = ("implicit", "starttls")


def message(body: str = ENGLISH, subject: str = "Password changed", language: str = "en", name: str = "msg_1") -> OutboxMessage:
    return OutboxMessage(
        name, "trd_1", Channel.EMAIL, Secret(TO), "password_changed", language, Secret(subject), Secret(body), None, NOW, NOW,
        NOW + timedelta(hours=24), reference="KQMX-TRWP",
    )  # fmt: skip


def sender(keys: Path, port: int, mode: str = "implicit", outbound: OutboundPolicy = WITHIN, seconds: float = 5, **policy) -> MailSender:
    settings = {
        "host": "localhost", "port": port, "tls": mode, "from_address": "notices@hakone.example", "ca_file": str(keys / "ca.pem"),
        "dkim_domain": "hakone.example", "dkim_key_file": keys / "dkim.key", "total_time": timedelta(seconds=seconds),
    } | policy  # fmt: skip
    return MailSender(MailPolicy(**settings), "Hakone", outbound, lambda host, port: ["127.0.0.1"])
