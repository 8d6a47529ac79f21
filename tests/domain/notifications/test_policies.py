"""Settings of delivery are refused where they would leak, loop or never work."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from sekisho.domain.notifications.mail_policy import MailPolicy
from sekisho.domain.notifications.policies import DeliveryPolicy, OutboundPolicy, SmsGatewayPolicy
from sekisho.kernel.secrets import Secret

URL = "https://sms.example/v1/messages"


@pytest.mark.parametrize("failed, seconds", [(1, 2), (2, 5), (3, 15), (4, 60), (5, 300), (6, 600), (99, 600)])
def test_waits_grow_up_to_ten_minutes(failed, seconds):
    assert DeliveryPolicy().wait(failed, timedelta(hours=24), 0.5) == timedelta(seconds=seconds)


def test_a_code_is_tried_while_it_is_worth_something():
    assert DeliveryPolicy().wait(6, timedelta(minutes=5), 0.5) == timedelta(minutes=1)


@pytest.mark.parametrize("chance, seconds", [(0.0, 48), (0.5, 60), (0.999999, 72)])
def test_jitter_spreads_the_waits(chance, seconds):
    assert DeliveryPolicy().wait(4, timedelta(hours=24), chance).total_seconds() == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "ftp://sms.example"}, {"url": "https://name:word@sms.example"}, {"url": "https://sms.example/?to={to}"},
        {"url": "https:///x"},
        {"body": '{"to": {to}, "text": "{text}"}'}, {"body": '{"to": "{to}"}'},
        {"body": '{"to": "{to}", "text": "{text}", "x": "{secret}"}'}, {"body": "[]"},
        {"headers": {"X-To": "{to}"}}, {"headers": {"X": "a\r\nY: b"}}, {"headers": {"X Y": "a"}},
        {"method": "GET"}, {"success": (200, 302)},
        {"format": "form", "body": "to={to}&text={text}&&"}, {"format": "xml"}, {"idempotency_header": "a:b"},
    ],
)  # fmt: skip
def test_a_gateway_that_leaks_or_cannot_work_is_refused(fields):
    with pytest.raises(ValueError):
        SmsGatewayPolicy(**{"url": URL, "token": Secret("hush")} | fields)


def test_the_token_of_a_gateway_never_prints():
    assert "hush" not in repr(SmsGatewayPolicy(URL, token=Secret("hush")))


@pytest.mark.parametrize("networks", [("0.0.0.0/0",), ("::/0",), ("10.0.0.1/8",), ("nowhere",)])
def test_the_whole_internet_is_no_private_network(networks):
    with pytest.raises(ValueError):
        OutboundPolicy(private_networks=networks)


@pytest.mark.parametrize("steps", [(), (timedelta(0),), (timedelta(hours=1),)])
def test_waits_have_bounds(steps):
    with pytest.raises(ValueError):
        DeliveryPolicy(steps=steps)


def test_the_examples_of_the_documentation_are_valid():
    examples = re.findall(r"```toml\n(.*?)```", (Path(__file__).parents[3] / "docs" / "delivery.md").read_text(), re.DOTALL)
    read = [tomllib.loads(example) for example in examples]
    assert [SmsGatewayPolicy(**table["sms_gateway"], token=Secret("hush")).format for table in read if "sms_gateway" in table] == [
        "json",
        "form",
    ]
    for outbound in (table["outbound"] for table in read if "outbound" in table):
        assert OutboundPolicy(tuple(outbound["private_networks"]), outbound.get("ca_file")).networks()
    [mail] = [table["mail"] for table in read if "mail" in table]
    mail["dkim_key_file"] = Path(mail["dkim_key_file"])
    del mail["password_file"]  # read by the settings, as any secret's file
    assert MailPolicy(**mail).envelope_from == "bounces@hakone.example"
