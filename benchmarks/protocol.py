"""How fast the carriers' protocols are written and read on one core.

`encode_per_s`, `decode_per_s` (CMPP), `<protocol>_encode_per_s`, `<protocol>_decode_per_s`: messages a second through
the bulk paths, in equal shares submit (personalised, one part), submit response and deliver (status report); both
ends of the wire are counted, as both are ours.

    python -m benchmarks.protocol [--messages 300000] [--protocol sgip]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter

from benchmarks.report import emit
from xinfeng.protocols import cmpp, sgip, smgp, smpp
from xinfeng.protocols.cmpp import SubmitConstants, Version
from xinfeng.protocols.cmpp import bulk as cmpp_bulk
from xinfeng.protocols.cmpp.layout import V30
from xinfeng.protocols.sgip import bulk as sgip_bulk
from xinfeng.protocols.smgp import bulk as smgp_bulk
from xinfeng.protocols.smgp.layout import V30 as SMGP_V30
from xinfeng.protocols.smpp import bulk as smpp_bulk
from xinfeng.protocols.smpp import centre as smpp_centre
from xinfeng.protocols.traffic import Batch, ReportItem, SubmitItem, SubmitResponse

BATCH = 500
"""Messages encoded in one go, about what a gateway puts into one write."""
TEXT = "【信风】{}您好，您收藏的商品今日到店，满199减50，戳 xf.cn/{:06d} 查看，拒收请回复R"
SOURCE = "1069000101"
CONSTANTS = SubmitConstants(msg_src="900001", src_id=SOURCE)

Writers = tuple[Callable[[], bytes], Callable[[], bytes], Callable[[], bytes]]
"""Make a buffer of submits, one of submit responses, one of reports."""
Reader = Callable[[bytes], Batch]


def submit_items(count: int) -> list[SubmitItem]:
    """Personalised texts of one part to numbers that are all different."""
    return [
        (f"139{index:08d}", TEXT.format("王女士", index).encode("utf-16-be"), 8, 1, 1)
        for index in range(count)
    ]


def report_of(item: tuple[bytes, str]) -> ReportItem:
    """The report on a message id and number."""
    msg_id, number = item
    return msg_id, SOURCE, msg_id, "DELIVRD", "2511221000", "2511221001", number


ITEMS = submit_items(BATCH)


def traffic(id_width: int, first: int = 0) -> tuple[range, list[SubmitResponse], list[ReportItem]]:
    """Sequences, answers and reports for ITEMS, with ids of this many octets."""
    sequences = range(first, first + BATCH)
    ids = [index.to_bytes(id_width, "big") for index in sequences]
    answers = [(index, msg_id, 0) for index, msg_id in zip(sequences, ids, strict=True)]
    return (
        sequences,
        answers,
        [report_of((msg_id, item[0])) for msg_id, item in zip(ids, ITEMS, strict=True)],
    )


def of_cmpp() -> tuple[Writers, Reader]:
    """CMPP 3.0."""
    template = cmpp.SubmitTemplate(CONSTANTS, Version.V30)
    sequences, answers, reports = traffic(8)
    writers = (
        lambda: template.encode_batch(sequences, ITEMS),
        lambda: cmpp_bulk.encode_submit_responses(answers, V30),
        lambda: cmpp_bulk.encode_reports(sequences, reports, V30),
    )
    return writers, lambda buffer: cmpp_bulk.decode_batch(buffer, 0, V30)


def of_sgip() -> tuple[Writers, Reader]:
    """SGIP 1.2."""
    template = sgip.SubmitTemplate(sgip.SubmitConstants(sp_number=SOURCE, corp_id="12345"))
    sequences, answers, reports = traffic(12, 3010012345 << 64 | 1122100000 << 32)
    writers = (
        lambda: template.encode_batch(sequences, ITEMS),
        lambda: sgip_bulk.encode_submit_responses(answers),
        lambda: sgip_bulk.encode_reports(sequences, reports),
    )
    return writers, lambda buffer: sgip_bulk.decode_batch(buffer, 0)


def of_smgp() -> tuple[Writers, Reader]:
    """SMGP 3.0."""
    template = smgp.SubmitTemplate(smgp.SubmitConstants(src_term_id=SOURCE), SMGP_V30)
    sequences, answers, reports = traffic(10)
    writers = (
        lambda: template.encode_batch(sequences, ITEMS),
        lambda: smgp_bulk.encode_submit_responses(answers),
        lambda: smgp_bulk.encode_reports(sequences, reports),
    )
    return writers, lambda buffer: smgp_bulk.decode_batch(buffer, 0, SMGP_V30)


def of_smpp() -> tuple[Writers, Reader]:
    """SMPP 3.4: ids are text, receipts are text and TLVs."""
    template = smpp.SubmitTemplate(smpp.SubmitConstants(source=SOURCE))
    sequences, _, _ = traffic(8)
    ids = [b"%018d" % index for index in sequences]
    answers = [(index, msg_id, 0) for index, msg_id in zip(sequences, ids, strict=True)]
    reports = [report_of((msg_id, item[0])) for msg_id, item in zip(ids, ITEMS, strict=True)]
    writers = (
        lambda: template.encode_batch(sequences, ITEMS),
        lambda: smpp_centre.encode_submit_responses(answers),
        lambda: smpp_centre.encode_reports(sequences, reports),
    )
    centre, provider = smpp_bulk.Reading(at_centre=True), smpp_bulk.Reading()
    submits = writers[0]()

    def read(buffer: bytes) -> Batch:
        return smpp_bulk.decode_batch(buffer, 0, centre if buffer == submits else provider)

    return writers, read


PROTOCOLS: dict[str, Callable[[], tuple[Writers, Reader]]] = {
    "cmpp": of_cmpp,
    "sgip": of_sgip,
    "smgp": of_smgp,
    "smpp": of_smpp,
}
"""What is measured: to add a protocol, say how its three buffers are made and how one is read."""


def measure(protocol: str, messages: int) -> tuple[int, int]:
    """Encode and decode so many messages of each kind; messages a second."""
    writers, read = PROTOCOLS[protocol]()
    encoded = [write() for write in writers]

    def encode() -> None:
        for write in writers:
            write()

    def decode() -> None:
        for buffer in encoded:
            if read(buffer).consumed != len(buffer):
                raise RuntimeError("not everything was read")

    rounds = max(1, messages // BATCH)
    return _per_second(encode, rounds, 3 * BATCH), _per_second(decode, rounds, 3 * BATCH)


def _per_second(work: Callable[[], object], rounds: int, messages_a_round: int) -> int:
    work()
    started = perf_counter()
    for _ in range(rounds):
        work()
    return round(rounds * messages_a_round / (perf_counter() - started))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="The carriers' protocols on one core.")
    parser.add_argument("--messages", type=int, default=300_000, help="of each kind")
    parser.add_argument("--protocol", action="append", choices=sorted(PROTOCOLS), help="may be repeated")
    options = parser.parse_args()
    figures: dict[str, int] = {}
    for protocol in options.protocol or PROTOCOLS:
        prefix = "" if protocol == "cmpp" else f"{protocol}_"
        encode, decode = measure(protocol, options.messages)
        figures |= {f"{prefix}encode_per_s": encode, f"{prefix}decode_per_s": decode}
    emit("protocol", figures)


if __name__ == "__main__":
    main()
