"""docs/integrate.md from top to bottom, in one shell, as somebody would copy it: only the ports are others (R13, N07)."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.tree import ROOT
from tests.ports import free_port

BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAPER = (ROOT / "docs/integrate.md").read_text(encoding="utf-8")
PORTS = ("https_port = 8443", "http_port = 8080", "metrics_port = 9464")


def adapted(text: str) -> str:
    """Ports of this run in place of the paper's."""
    ports = [free_port() for _ in range(8)]
    for word in PORTS:
        assert word in text, f"{word!r} stands no longer in the paper"
        text = text.replace(word, re.sub(r"\d+", str(ports.pop()), word))
    for word in (" 8098 ", " 8099 "):
        assert f"127.0.0.1:{word.strip()}/" in PAPER and word in text
        text = re.sub(rf"(?<=[ :]){word.strip()}(?=[ /])", str(ports.pop()), text)
    demo = "sekisho demo --https-port {} --http-port {} --metrics-port {} --quiet --data".format(*ports)
    return text.replace("sekisho demo --data", demo)


def script(blocks: list[tuple[str, str]]) -> str:
    """All blocks, with a line before each by which its output is found."""
    lines = ["set -eu", "trap 'kill $(jobs -p) 2> \"$TMPDIR/ends\" || true' EXIT"]
    for number, (language, text) in enumerate(blocks):
        ran = f"python - <<'END_OF_BLOCK'\n{text}END_OF_BLOCK\n" if language == "python" else text
        lines.append(f"echo '@@{number}'\n{ran}")
    return "\n".join(lines)


def documents(output: str) -> list[Any]:
    return [json.loads(line) for line in output.splitlines() if line.startswith("{") and line.endswith("}")]


def codes(answer: Any) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each block printed."""
    folder = tmp_path_factory.mktemp("paper")
    plain = {name: value for name, value in os.environ.items() if not name.upper().startswith("SEKISHO_")}
    blocks = [(match[1], match[2]) for match in BLOCK.finditer(adapted(PAPER))]
    done = subprocess.run(
        ["bash", "-c", script(blocks)],
        cwd=ROOT,
        env=plain | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert [left.name for left in Path(folder).iterdir() if left.is_dir()] == []  # the paper clears up after itself
    parts = re.split(r"^@@\d+\n", done.stdout, flags=re.MULTILINE)[1:]
    assert len(parts) == len(blocks)
    return parts


pytestmark = pytest.mark.timeout(600)


def block(opening: str) -> int:
    """The number of the block that has this text."""
    found = [number for number, match in enumerate(BLOCK.finditer(PAPER)) if opening in match[2]]
    assert len(found) == 1, f"{len(found)} blocks have {opening!r}"
    return found[0]


def test_the_third_withdrawal_is_held(said: list[str]) -> None:
    first, second, third = documents(said[block("withdraw() {")])
    assert [one["verdict"] for one in (first, second, third)] == ["challenge", "challenge", "hold"]
    assert "mule_payee" in codes(third) and "mule_payee" not in codes(second)
    assert "3 accounts have named this payee" in third["reasons"][-1]["text"]


def test_it_is_found_again_and_cannot_be_claimed(said: list[str]) -> None:
    (third,) = documents(said[block("withdraw() {")])[2:]
    seen, refused = documents(said[block("held=$(withdraw U1000031")])
    assert (seen["instruction"], seen["verdict"], seen["state"]) == (third["instruction"], "hold", "held")
    assert refused["status"] == 409


def test_the_python_of_the_paper_holds_too_and_pays_nothing(said: list[str]) -> None:
    verdict, claimed = said[block("BrokerClient(os.environ")].splitlines()
    assert verdict.startswith("hold ") and "mule_payee" in verdict
    assert claimed == "The instruction may not be carried out."
    example = [line for line in said[block("examples.first_held_withdrawal")].splitlines() if line.startswith("U1")]
    assert [line.split(" ")[1] for line in example] == ["challenge", "challenge", "hold"]


def test_an_event_is_taken_and_a_slip_is_told(said: list[str]) -> None:
    (sent,) = documents(said[block("deposit.recieved")])
    assert [one["status"] for one in sent["results"]] == ["accepted", "refused"] and "deposit.received" in sent["results"][1]["problem"]


def test_an_installation_of_ones_own_serves(said: list[str]) -> None:
    settings = said[block("cat > sekisho.toml")]
    assert "The settings are valid" in settings
    assert json.loads(said[block("sekisho serve --ready-file")])["ca_file"].endswith("/data/ca/ca.pem")
    (account,) = documents(said[block("sekisho broker-key add")])
    assert (account["number"], account["frozen"]) == ("U2000001", [])
    activated = said[block("/activate/password")].splitlines()
    assert [line.split(" ")[0] for line in activated] == ["200", "303", "200", "303"] and activated[-1].endswith("/login?activated=1")


def test_there_a_withdrawal_is_held_and_not_claimed(said: list[str]) -> None:
    part = said[block("sekisho list add watched_payees")]
    held, refused = [one for one in documents(part) if "status" in one or "verdict" in one]
    assert (held["verdict"], held["state"]) == ("hold", "held") and codes(held)[0] == "step_up_needed" and "watched_payee" in codes(held)
    assert refused["status"] == 409
    assert "Verdict: hold" in part and "bank:0001-123-9" in part


def test_a_freeze_is_told_and_nothing_leaves(said: list[str]) -> None:
    part = said[block("sekisho account freeze")]
    (held, _) = documents(said[block("sekisho list add watched_payees")])
    assert f"stop U2000001 and what is open on it: ['{held['instruction']}']" in part
    seen, again = documents(part)
    assert (seen["instruction"], seen["state"]) == (held["instruction"], "cancelled")
    assert (again["verdict"], codes(again)[0]) == ("refuse", "account_frozen")
