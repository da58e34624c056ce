"""Cloud vendors that take messages over HTTP: accounts, and a line engine with the manners of a carrier's connection.

A few persistent HTTP/1.1 connections for each channel, one request at a time on each, as many numbers in a request as
the vendor takes. Always true: a request is handed to the kernel by the call that writes it (or the line is `clogged`);
a request whose answer never came, or says nothing definite, is uncertain and never sent again; what a vendor refuses
before it has taken anything may go again; no secret, signature or number is in a log, an error or a line's `detail`.

`line` and `tls` know no vendor: they exchange one request for one answer, for whoever brings an `Exchange`.
"""

from xinfeng.channels.vendors.config import AliyunConfig, TencentConfig, VendorConfig
from xinfeng.channels.vendors.sessions import VendorSessions

__all__ = ["AliyunConfig", "TencentConfig", "VendorConfig", "VendorSessions"]
