"""Cloud vendors to practise with: Alibaba Cloud and Tencent Cloud SMS in a process of their own, behind their real HTTP
interfaces, misbehaving on demand.

Signatures are verified for real, with their clocks and nonces. Whatever was accepted is in the log, in the form of the
carrier's, before it is answered, so `simulator.witness` testifies for vendors too. Receipts and replies are pushed to
callback addresses, again after `retry_s` for as long as they are not taken, and can be pulled where the vendor offers it.
"""

from __future__ import annotations

from collections.abc import Sequence

from xinfeng.channels.simulator.options import VENDORS
from xinfeng.channels.simulator.vendors.behaviour import VendorBehaviour
from xinfeng.channels.simulator.vendors.options import VendorOptions, parse_options
from xinfeng.channels.simulator.vendors.server import run, serving

__all__ = ["VENDORS", "VendorBehaviour", "VendorOptions", "parse_options", "run_vendor", "serving"]


def run_vendor(arguments: Sequence[str]) -> None:
    """Serve as a command line says, until SIGINT or SIGTERM. Raises InvalidInput for options that don't fit, Conflict
    `simulator.port_taken`."""
    run(parse_options(arguments))
