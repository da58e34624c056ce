"""The page of an export: one section a holding, rows as a table, everything escaped. Pure; written as a stream.

It stands by itself, without scripts or anything from elsewhere, and prints well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from itertools import chain, islice
from typing import Any
from zoneinfo import ZoneInfo

_LOOK_AHEAD = 200
"""Rows that are looked at to know the columns; a field that first comes later goes into the last one."""

_is_time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[+-]\d\d:\d\d|Z)").fullmatch

STYLE = """\
body{font:15px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;color:#1b2430;margin:2rem auto;max-width:60rem;
padding:0 1rem}h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .25rem;border-bottom:1px solid
#d8dee6;padding-bottom:.25rem}h2 small,p small{color:#5d6b7c;font-weight:400;font-size:.85rem}table.record{margin-bottom:1rem}.record th{width:11rem}table{border-collapse:
collapse;width:100%;font-size:.875rem}th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;border-bottom:1px
solid #e6eaef;overflow-wrap:anywhere}th{color:#5d6b7c;font-weight:500;white-space:nowrap}.note,.none{color:#5d6b7c;
margin:.25rem 0 .5rem}.scroll{overflow-x:auto}@media print{body{margin:0;max-width:none;font-size:11px}.scroll{overflow:
visible}tr{break-inside:avoid}}"""

LABELS: dict[str, str] = {
    "id": "编号",
    "contact_id": "客户编号",
    "at": "时间",
    "what": "做了什么",
    "by": "由谁",
    "name": "姓名",
    "phone": "手机号",
    "external_id": "会员号",
    "gender": "性别",
    "birthday": "生日",
    "province": "省份",
    "city": "城市",
    "carrier": "运营商",
    "language": "语言",
    "level": "会员等级",
    "tier": "分层",
    "tags": "标签",
    "tag": "标签",
    "attributes": "属性",
    "attrs": "属性",
    "joined_at": "加入时间",
    "created_at": "建档时间",
    "updated_at": "更新时间",
    "kind": "种类",
    "amount_fen": "金额（分）",
    "item": "商品",
    "category": "品类",
    "properties": "附加内容",
    "source": "来源",
    "source_id": "来源编号",
    "received_at": "收到时间",
    "purpose": "用途",
    "granted": "是否同意",
    "notice": "告知书",
    "evidence": "凭证",
    "recorded_at": "记录时间",
    "seq": "账本编号",
    "planned_at": "计划时间",
    "sent_at": "发送时间",
    "text": "内容",
    "parts": "计费条数",
    "state": "状态",
    "code": "结果代码",
    "consent_entry": "依据的账本编号",
    "plan": "计划",
    "from": "发自",
    "to": "发往",
    "meaning": "含义",
    "message": "对应短信",
    "reason": "原因",
    "via": "提出方式",
    "due_at": "答复期限",
    "closed_at": "答复时间",
    "outcome": "结果",
    "contact": "联系方式",
    "words": "内容",
    "letter": "答复",
    "before": "之前",
    "after": "之后",
    "cause": "缘由",
    "actor": "操作者",
    "added": "加上",
    "value": "值",
    "key": "项目",
    "label": "名称",
    "merged_into": "并入的编号",
    "region_approximate": "地区按号段推断",
    "survivor": "合并到",
    "absorbed": "被合并",
    "how": "方式",
    "undone_at": "撤销时间",
    "undone_reason": "撤销原因",
    "entry": "账本编号",
    "scope": "范围",
    "lifted_at": "解除时间",
    "lifted_because": "解除原因",
    "import": "导入批次",
    "line": "行号",
    "row": "这一行",
}
"""Chinese words for fields that holdings share; others are shown as they are named."""


WORDS: dict[str, str] = {
    "marketing": "营销短信",
    "service": "服务短信",
    "location": "位置",
    "profiling": "个性化",
    "sharing": "对外提供",
    "planned": "已计划",
    "withheld": "未发出",
    "accepted": "已提交",
    "delivered": "已送达",
    "failed": "未送达",
    "uncertain": "待定",
    "opt_out": "退订",
    "other": "其他",
    "all": "全部短信",
    "staff": "员工",
    "system": "系统",
    "mobile": "中国移动",
    "unicom": "中国联通",
    "telecom": "中国电信",
    "broadnet": "中国广电",
    "unknown": "未知",
    "zh-hans": "中文",
    "en": "英文",
}
"""Chinese words for codes, in the fields that hold codes."""

_OF_CODES = frozenset({"purpose", "state", "meaning", "scope", "reason", "by", "carrier", "language"})

MOST_COLUMNS = 9
"""A wider table is shown row by row, one line a field."""


class PageWriter:
    """Writes the page from front to end. `put` takes text."""

    def __init__(self, put: Callable[[str], None], *, zone: ZoneInfo) -> None:
        self._put = put
        self._zone = zone

    def begin(self, *, reference: str, made_at: datetime) -> None:
        made = f"{made_at.astimezone(self._zone):%Y-%m-%d %H:%M}"
        self._put(
            '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            f"<title>个人信息 {escape(reference)}</title><style>{STYLE}</style></head><body>\n"
            "<h1>我们保存的、与您有关的个人信息</h1>"
            f"<p><small>Your personal information · {escape(reference)} · {made} · {escape(self._zone.key)}</small></p>\n"
        )

    def section(self, label: str, label_en: str, rows: Iterator[Mapping[str, Any]], *, note: str = "") -> int:
        """One holding; returns how many rows it had."""
        self._put(f"<section><h2>{escape(label)} <small>{escape(label_en)}</small></h2>\n")
        if note:
            self._put(f'<p class="note">法律要求保留：{escape(note)}。</p>\n')
        first = list(islice(rows, _LOOK_AHEAD))
        if not first:
            self._put('<p class="none">没有。 None.</p></section>\n')
            return 0
        columns = list(dict.fromkeys(chain.from_iterable(first)))
        tall = len(columns) > MOST_COLUMNS
        if not tall:
            self._head(columns)
        count = 0
        for row in chain(first, rows):
            if tall:
                self._record(row)
            else:
                self._row(row, columns)
            count += 1
        self._put("</section>\n" if tall else "</tbody></table></div></section>\n")
        return count

    def end(self) -> None:
        self._put("</body></html>\n")

    def _head(self, columns: Sequence[str]) -> None:
        cells = "".join(f'<th scope="col">{escape(LABELS.get(name, name))}</th>' for name in columns)
        self._put(f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>\n')

    def _record(self, row: Mapping[str, Any]) -> None:
        lines = "".join(
            f'<tr><th scope="row">{escape(LABELS.get(name, name))}</th><td>{self._cell(name, value)}</td></tr>'
            for name, value in row.items()
        )
        self._put(f'<table class="record"><tbody>{lines}</tbody></table>\n')

    def _cell(self, name: str, value: Any) -> str:
        known = WORDS.get(value) if name in _OF_CODES and isinstance(value, str) else None
        return known or self._words(value)

    def _row(self, row: Mapping[str, Any], columns: Sequence[str]) -> None:
        cells = [self._cell(name, row.get(name)) for name in columns]
        late = {name: value for name, value in row.items() if name not in columns}
        if late:
            cells[-1] += f" {self._words(late)}"
        self._put("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>\n")

    def _words(self, value: Any) -> str:
        if value is None or value == "" or value == [] or value == {}:
            return "—"
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, list | tuple) and all(isinstance(one, str | int) for one in value):
            return escape("、".join(map(str, value)))
        if isinstance(value, Mapping | list | tuple):
            return escape(json.dumps(value, ensure_ascii=False, default=str))
        text = str(value)
        if _is_time(text):
            return f"{datetime.fromisoformat(text).astimezone(self._zone):%Y-%m-%d %H:%M:%S}"
        return escape(text)
