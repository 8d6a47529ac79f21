"""`serve` lets nobody in before what customers must be told is set, and a way to send codes is there (R4, J06)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from sekisho.bootstrap.plans import check_ready_to_serve
from sekisho.domain.firm import FirmPolicy
from sekisho.domain.notifications.mail_policy import MailPolicy
from sekisho.domain.notifications.policies import SmsGatewayPolicy
from sekisho.kernel.errors import SekishoError
from sekisho.kernel.secrets import Secret
from sekisho.settings import Settings

FIRM = FirmPolicy("Hakone Securities", "Hakone", "0120-000-000", phishing_resistant_from=date(2027, 4, 1))
MAIL = MailPolicy("smtp.hakone.example", "notices@hakone.example")
READY = Settings(FIRM, sms_gateway=SmsGatewayPolicy("https://sms.example/v1/messages", token=Secret("key")))


def test_with_date_and_gateway_it_serves() -> None:
    check_ready_to_serve(READY)
    check_ready_to_serve(replace(READY, mail=MAIL))


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (replace(READY, firm=replace(FIRM, phishing_resistant_from=None)), "firm.phishing_resistant_from"),
        (replace(READY, sms_gateway=None), "sms_gateway"),
        (
            replace(READY, mail=replace(MAIL, dkim_domain="hakone.example", dkim_key_file=Path("/nowhere/dkim.key"))),
            "sekisho mail dkim-key",
        ),
        (replace(READY, mail=replace(MAIL, ca_file="/nowhere/ca.pem")), "mail.ca_file"),
        (replace(READY, mail=replace(MAIL, ca_file=__file__)), "mail.ca_file"),
    ],
)
def test_what_is_missing_is_named(settings: Settings, names: str) -> None:
    with pytest.raises(SekishoError) as refused:
        check_ready_to_serve(settings)
    assert names in refused.value.detail
