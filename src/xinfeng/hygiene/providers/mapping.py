"""Vendors' codes for the state of a number, as data: they conflict (0 is an empty number here and a normal one
there), so every account names its table, and can replace single codes of it.

Sources: Alibaba Cloud, 号码百科 PhoneNumberStatusForSms (`Data.Status`) and DescribeEmptyNumberDetect; 创蓝云智 号码状态检测; a scheme
that several resellers share (compliance.md 6.1). What is in no table is UNKNOWN, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping

from xinfeng.hygiene.models import State

WORDS: dict[str, State] = {
    "valid": State.VALID,
    "out_of_service": State.OUT_OF_SERVICE,
    "not_existing": State.NOT_EXISTING,
    "silent": State.SILENT,
    "risky": State.RISKY,
    "powered_off": State.POWERED_OFF,
    "unknown": State.UNKNOWN,
}
"""Our own words, which the generic interface speaks."""

TABLES: dict[str, dict[str, State]] = {
    "xinfeng": WORDS,
    "aliyun": {
        "NORMAL": State.VALID,
        "BUSY": State.VALID,
        "SHUTDOWN": State.OUT_OF_SERVICE,
        "FUNCTIONAL_SHUTDOWN": State.OUT_OF_SERVICE,
        "POWER_OFF": State.POWERED_OFF,
        "SUSPECTED_POWER_OFF": State.POWERED_OFF,
        "NOT_EXIST": State.NOT_EXISTING,
        "DEFECT": State.RISKY,
        "SUSPECT_EMPTY": State.RISKY,
        "UNKNOWN": State.UNKNOWN,
    },
    "chuanglan": {
        "0": State.NOT_EXISTING,
        "1": State.VALID,
        "3": State.UNKNOWN,
        "4": State.SILENT,
    },
    "reseller": {
        "0": State.NOT_EXISTING,
        "1": State.VALID,
        "2": State.OUT_OF_SERVICE,
        "3": State.UNKNOWN,
        "4": State.SILENT,
        "5": State.RISKY,
    },
}

TABLE_NAMES: dict[str, tuple[str, str]] = {
    "xinfeng": ("信风通用代码", "Xinfeng's own words"),
    "aliyun": ("阿里云号码百科", "Alibaba Cloud Cell Phone Number Service"),
    "chuanglan": (
        "创蓝（0 空号 · 1 实号 · 3 库无 · 4 沉默）",
        "Chuanglan (0 empty, 1 valid, 3 not listed, 4 silent)",
    ),
    "reseller": ("常见代理（另有 2 停机 · 5 风险）", "common resellers (also 2 suspended, 5 risky)"),
}


def state_of(code: str, table: str, replaced: Mapping[str, str]) -> State:
    """The state a code stands for in this account's table."""
    if code in replaced:
        return WORDS.get(replaced[code], State.UNKNOWN)
    return TABLES[table].get(code, State.UNKNOWN)
