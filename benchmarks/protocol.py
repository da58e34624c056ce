"""How fast CMPP is written and read on one core.

`encode_per_s`, `decode_per_s`: messages a second through the bulk paths, in equal shares submit (personalised,
one part), submit response and deliver (status report); both ends of the wire are counted, as both are ours.

    python -m benchmarks.protocol [--messages 300000]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter

from benchmarks.report import emit
from xinfeng.protocols.cmpp.bulk import (
    ReportItem,
    SubmitConstants,
    SubmitItem,
    SubmitResponse,
    SubmitTemplate,
    decode_batch,
    encode_reports,
    encode_submit_responses,
)
from xinfeng.protocols.cmpp.layout import V30
from xinfeng.protocols.cmpp.messages import Version

BATCH = 500
"""Messages encoded in one go, about what a gateway puts into one write."""
TEXT = "【信风】{}您好，您收藏的商品今日到店，满199减50，戳 xf.cn/{:06d} 查看，拒收请回复R"
CONSTANTS = SubmitConstants(msg_src="900001", src_id="1069000101")


def submit_items(count: int) -> list[SubmitItem]:
    """Personalised texts of one part to numbers that are all different."""
    return [
        (f"139{index:08d}", TEXT.format("王女士", index).encode("utf-16-be"), 8, 1, 1)
        for index in range(count)
    ]


def report_of(item: tuple[bytes, str]) -> ReportItem:
    """The report on a message id and number."""
    msg_id, number = item
    return msg_id, "1069000101", msg_id, "DELIVRD", "2511221000", "2511221001", number


def measure(messages: int) -> dict[str, int]:
    """Encode and decode so many messages of each kind; messages a second."""
    template = SubmitTemplate(CONSTANTS, Version.V30)
    items = submit_items(BATCH)
    ids = [index.to_bytes(8, "big") for index in range(BATCH)]
    responses: list[SubmitResponse] = [(index, msg_id, 0) for index, msg_id in enumerate(ids)]
    reports = [report_of((msg_id, item[0])) for msg_id, item in zip(ids, items, strict=True)]
    sequences = range(BATCH)

    def encode() -> list[bytes]:
        return [
            template.encode_batch(sequences, items),
            encode_submit_responses(responses, V30),
            encode_reports(sequences, reports, V30),
        ]

    encoded = encode()

    def decode() -> None:
        for buffer in encoded:
            if decode_batch(buffer, 0, V30).consumed != len(buffer):
                raise RuntimeError("not everything was read")

    rounds = max(1, messages // BATCH)
    return {
        "encode_per_s": _per_second(encode, rounds, 3 * BATCH),
        "decode_per_s": _per_second(decode, rounds, 3 * BATCH),
    }


def _per_second(work: Callable[[], object], rounds: int, messages_a_round: int) -> int:
    work()
    started = perf_counter()
    for _ in range(rounds):
        work()
    return round(rounds * messages_a_round / (perf_counter() - started))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="CMPP on one core.")
    parser.add_argument("--messages", type=int, default=300_000, help="of each kind")
    messages = parser.parse_args().messages
    emit("protocol", measure(messages))


if __name__ == "__main__":
    main()
