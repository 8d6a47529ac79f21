"""R9, R15: one server on a data folder and port; the demo's folder and a real one never serve for each other."""

import socket
import stat
import subprocess
import sys

import pytest

from sekisho.bootstrap.serving.folder_lock import claim_port, hold_folder
from sekisho.kernel.errors import SekishoError


def test_a_second_server_is_refused_until_the_first_has_ended(tmp_path):
    folder = tmp_path / "data"
    with hold_folder(folder, demo=False):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        with pytest.raises(SekishoError, match="another sekisho"), hold_folder(folder, demo=False):
            pass
    with hold_folder(folder, demo=False):
        pass


def test_a_killed_server_leaves_no_lock(tmp_path):
    program = (
        "import sys, pathlib\nfrom sekisho.bootstrap.serving.folder_lock import hold_folder\n"
        "with hold_folder(pathlib.Path(sys.argv[1]), demo=False):\n    print('held', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    path = {"PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=path) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(SekishoError), hold_folder(tmp_path, demo=False):
            pass
        other.kill()
        other.wait(10)
    with hold_folder(tmp_path, demo=False):
        pass


@pytest.mark.parametrize(
    "before, demo, refusal",
    [
        ([], True, None),
        ([], False, None),
        (["DEMO"], True, None),
        (["DEMO", "sekisho.db"], True, None),
        (["DEMO"], False, "folder of the demo"),
        (["sekisho.db"], False, None),
        (["sekisho.db"], True, "not empty"),
    ],
)
def test_marks(tmp_path, before, demo, refusal):
    for name in before:
        (tmp_path / name).touch()
    if refusal:
        with pytest.raises(SekishoError, match=refusal), hold_folder(tmp_path, demo=demo):
            pass
        return
    for _ in range(2):  # also the second time
        with hold_folder(tmp_path, demo=demo):
            assert (tmp_path / "DEMO").exists() is demo


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_something_shares_is_refused(address):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SekishoError, match=f"port {port}"):
            claim_port(address, port, patience=0)
    claim_port(address, port, patience=0)
