"""Our gateway (the simulated carrier) against a provider that somebody else wrote: cmppy, which speaks CMPP 3.0."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cmppy import Cmppy, SubmitReq
from tests.patience import PATIENCE_S

from xinfeng.channels.simulator import Behaviour, Options
from xinfeng.channels.simulator.server import serving
from xinfeng.channels.simulator.witness import accepted, deliveries_by_number

NUMBER = "8613800138000"


def _with_carrier(log: Path, work: Callable[[int], Any], behaviour: Behaviour | None = None) -> Any:
    async def run() -> Any:
        options = Options(
            port=0, accounts={"900001": "geheim"}, log=log, behaviour=behaviour or Behaviour(receipts={})
        )
        async with serving(options) as running, asyncio.timeout(PATIENCE_S):
            return await asyncio.to_thread(work, running.port)

    return asyncio.run(run())


def _submit(text: str) -> SubmitReq:
    return SubmitReq("900001", text, src_id="10690001", dest_terminal_id=[NUMBER])


def test_a_submit_is_answered_with_the_id_it_is_logged_by(tmp_path: Path) -> None:
    log = tmp_path / "log"
    texts = ["【信风】您好", "second"]

    def work(port: int) -> list[Any]:
        return [Cmppy("127.0.0.1", port, "900001", "geheim").request(_submit(text)) for text in texts]

    answers = _with_carrier(log, work)
    assert [answer.result for answer in answers] == [0, 0]
    assert deliveries_by_number(log) == {NUMBER: dict.fromkeys(texts, 1)}
    logged = list(accepted(log))
    assert [int(one.msg_id, 16) for one in logged] == [answer.msg_id for answer in answers]
    assert {(one.account, one.src_id) for one in logged} == {("900001", "10690001")}


def test_a_refusal_is_understood(tmp_path: Path) -> None:
    answer = _with_carrier(
        tmp_path / "log",
        lambda port: Cmppy("127.0.0.1", port, "900001", "geheim").request(_submit("x")),
        Behaviour(refuse={8: 1.0}, receipts={}),
    )
    assert answer.result == 8


def test_a_wrong_secret_is_not_let_in(tmp_path: Path) -> None:
    answer = _with_carrier(
        tmp_path / "log", lambda port: Cmppy("127.0.0.1", port, "900001", "falsch").request(_submit("x"))
    )
    assert answer is None
    assert deliveries_by_number(tmp_path / "log") == {}
