"""kill -9 at any moment: no counter is lost, no code is good twice, the audit log stays whole (DESIGN §4, R1, R8).

The long runs with a seed are in `tests/faults`; here once between each pair of steps of a login.
"""

from __future__ import annotations

import os

from tests.promises.running_demo import RunningDemo


def guess(demo: RunningDemo, username: str, times: int) -> None:
    for _ in range(times):
        assert demo.start_login(username, os.urandom(12).hex()).status_code == 401


def test_failures_are_counted_across_the_death_of_worker_and_parent(demo: RunningDemo) -> None:
    guess(demo, "kenji.mori", 2)
    demo.kill_worker()
    guess(demo, "kenji.mori", 2)
    demo.kill_parent()
    demo.start()
    guess(demo, "kenji.mori", 1)
    assert demo.start_login("kenji.mori", demo.trader("kenji.mori")["password"]).status_code == 401


def test_a_login_goes_on_where_the_server_died(demo: RunningDemo) -> None:
    started = demo.start_login("aiko.tanaka", demo.trader("aiko.tanaka")["password"])
    login = started.json()["login"]
    demo.kill_worker()
    code = demo.next_code("aiko.tanaka", login)
    demo.kill_parent()
    demo.start()
    answer = {"factor": "security_code", "code": code}
    done = demo.client.post(f"/v1/login/{login}/verify", json=answer)
    assert done.status_code == 200
    bearer = {"authorization": f"Bearer {done.json()['session_token']}"}
    demo.secrets |= {done.json()["session_token"], done.json()["client_token"]}
    demo.kill_worker()
    assert demo.client.get("/v1/session", headers=bearer).status_code == 200
    assert demo.client.post(f"/v1/login/{login}/verify", json=answer).status_code == 401, "a code is good once"


def test_the_demo_comes_back_with_the_same_people(demo: RunningDemo) -> None:
    before = demo.ready
    demo.stop()
    assert not demo.ready_file.exists()
    demo.start()
    assert demo.ready == before
    demo.log_in("hanako.sato")
