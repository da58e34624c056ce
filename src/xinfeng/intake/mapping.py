"""Which column means what: the fields there are, and a guess from header names and from the look of values.

A mapping is `{column name: field}`. Fields are the names below, `attr:<key>` for a declared attribute,
`new:<kind>` for a column that becomes a new attribute (named by the header), and `skip`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xinfeng.contacts.models import AttributeKind
from xinfeng.contacts.values import (
    read_bool,
    read_date,
    read_gender,
    read_number,
    read_opt_out,
    read_time,
)
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.time import SHANGHAI

SKIP = "skip"
OPTED_OUT = "opted_out"

CONTACT_FIELDS: dict[str, str] = {
    "phone": "手机号 手机 电话 手机号码 电话号码 联系电话 联系方式 移动电话 号码 mobile phone tel telephone cell cellphone "
    "mobilephone phonenumber mobilenumber msisdn",
    "external_id": "会员号 会员编号 会员id 会员卡号 客户号 客户编号 客户id 用户id 用户编号 卡号 编号 id memberid customerid "
    "userid externalid memberno customerno uid",
    "name": "姓名 名字 客户姓名 会员姓名 客户名称 称呼 联系人 收货人 name fullname customername contactname",
    "gender": "性别 gender sex",
    "birthday": "生日 出生日期 出生年月 出生年月日 birthday birthdate dateofbirth dob",
    "province": "省份 省 所在省 所在省份 province state",
    "city": "城市 市 所在城市 所在市 地市 city town",
    "level": "等级 会员等级 级别 会员级别 客户等级 vip等级 level memberlevel grade viplevel tierlevel",
    "language": "语言 language lang locale",
    "tags": "标签 客户标签 会员标签 tag tags label labels",
    "joined_at": "注册时间 注册日期 入会时间 入会日期 加入时间 创建时间 建档时间 首次到店 joinedat registeredat "
    "createdat signupdate registrationdate joindate",
    "consent_granted": "是否同意 是否授权 同意营销 是否同意营销 同意接收短信 同意营销短信 "
    "是否同意营销短信 营销授权 consent optin optedin marketingconsent",
    "consent_at": "同意时间 授权时间 同意日期 授权日期 consentat consenttime consentdate optintime optindate consentedat",
    "consent_source": "授权来源 同意来源 授权渠道 同意渠道 consentsource optinsource",
    "consent_evidence": "授权凭证 同意凭证 凭证 授权证明 授权记录 evidence consentevidence proof",
    OPTED_OUT: "是否退订 退订 已退订 退订状态 退订标记 退订时间 退订日期 是否拒收 拒收 已拒收 短信拒收 是否勿扰 勿扰 免打扰 "
    "是否黑名单 黑名单 短信黑名单 不接收营销 不接收短信 拒绝营销 拒绝营销短信 optout optedout smsoptout optoutat optouttime unsubscribed "
    "unsubscribe unsubscribedat isunsubscribed donotcontact donotdisturb dnd donotsms blacklist blacklisted isblacklisted",
    "consent_notice": "告知版本 授权版本 告知书版本 隐私政策版本 noticeversion notice privacyversion",
}
"""Fields of a contact file and the header names they are known by (compared without spaces, marks and case)."""

EVENT_FIELDS: dict[str, str] = {
    "phone": CONTACT_FIELDS["phone"],
    "external_id": CONTACT_FIELDS["external_id"],
    "kind": "行为 类型 行为类型 事件 事件类型 动作 kind type event eventtype eventname action",
    "at": "时间 行为时间 发生时间 事件时间 日期 下单时间 购买时间 支付时间 订单时间 at time timestamp date datetime "
    "eventtime occurredat ordertime paidat",
    "amount": "金额 消费金额 支付金额 订单金额 实付金额 实付 总价 amount total price revenue value",
    "item": "商品 商品名称 产品 产品名称 项目 item product productname itemname sku",
    "category": "品类 类目 分类 商品分类 类别 category",
    "event_id": "事件id 行为id 事件编号 行为编号 订单号 订单编号 流水号 单号 交易号 eventid orderid orderno transactionid",
}

OURS = frozenset({"行号", "原因", "line", "reason"})
"""Columns that `rejections_csv` adds; they are passed over when a corrected file comes back."""

KINDS = tuple(kind.value for kind in AttributeKind if kind != AttributeKind.CHOICE)


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column probably is. `sure`: by its name; else by the look of its values, or not at all.

    `new_kind`: the kind of attribute it could become, when it fits no field.
    """

    column: str
    field: str
    sure: bool
    new_kind: str = "text"


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields a file of this kind may have."""
    return tuple(EVENT_FIELDS if kind == "events" else CONTACT_FIELDS)


def guess(
    kind: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    attributes: Mapping[str, Sequence[str]],
) -> list[Guess]:
    """Guess every column; no field is given to two. `attributes`: names of declared attributes by key."""
    names = _by_name(EVENT_FIELDS if kind == "events" else CONTACT_FIELDS)
    for key, labels in attributes.items() if kind != "events" else ():
        for label in (key, *labels):
            names.setdefault(_bare(label), f"attr:{key}")
    taken: set[str] = set()
    guesses: list[Guess] = []
    for at, column in enumerate(header):
        values = [row[at].strip() for row in rows if at < len(row) and row[at].strip()]
        field = SKIP if _bare(column) in OURS else names.get(_bare(column))
        if field is not None and field not in taken:
            taken.add(field)
            guesses.append(Guess(column, field, True))
        else:
            guesses.append(Guess(column, SKIP, False, _kind_of(values)))
    for field, looks_right in _LOOKS[kind == "events"]:
        if field not in taken:
            _find_by_look(field, looks_right, guesses, rows)
    if kind != "events" and "consent_granted" not in taken:
        _find_by_look("consent_granted", _reads_as_bool, guesses, rows, only=_asks_for_consent)
    if kind != "events" and OPTED_OUT not in taken:
        _find_by_look(OPTED_OUT, _reads_as_opt_out, guesses, rows, only=_tells_of_opt_outs)
    return guesses


def check(
    kind: str, header: Sequence[str], mapping: Mapping[str, str], *, attributes: Mapping[str, object]
) -> None:
    """Refuse a mapping that can't work.

    Raises InvalidInput: `mapping.unknown_column`, `mapping.unknown_field`, `mapping.twice` (field),
    `mapping.missing` (fields: one of them is needed).
    """
    fields = set(fields_of(kind))
    seen: set[str] = set()
    for column, field in mapping.items():
        if column not in header:
            raise InvalidInput("mapping.unknown_column", column=column[:60])
        if field == SKIP:
            continue
        prefix, _, rest = field.partition(":")
        known = field in fields
        if kind != "events":
            known = known or (prefix == "attr" and rest in attributes) or (prefix == "new" and rest in KINDS)
        if not known:
            raise InvalidInput("mapping.unknown_field", field=field[:60])
        if field in seen and prefix != "new":
            raise InvalidInput("mapping.twice", field=field)
        seen.add(field)
    if not seen & {"phone", "external_id"}:
        raise InvalidInput("mapping.missing", fields=["phone", "external_id"])
    for needed in ("kind", "at") if kind == "events" else ():
        if needed not in seen:
            raise InvalidInput("mapping.missing", fields=[needed])


def attribute_key(column: str) -> str:
    """A key for a new attribute: the header's own letters, or `c_` and a short hash where it has none."""
    bare = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")
    if re.fullmatch(r"[a-z][a-z0-9_]{0,39}", bare):
        return bare
    return "c_" + hashlib.sha256(column.encode()).hexdigest()[:8]


def _bare(name: str) -> str:
    """A header name without what varies between exports."""
    name = re.sub(r"[（(\[【].*?[)）\]】]", "", name)
    return re.sub(r"[\s_\-./*：:]+", "", name).lower()


def _by_name(fields: Mapping[str, str]) -> dict[str, str]:
    names = {_bare(field): field for field in fields}
    for field, words in fields.items():
        for word in words.split():
            names.setdefault(_bare(word), field)
    return names


def _reads(read: Callable[[str], object]) -> Callable[[str], bool]:
    def reads(value: str) -> bool:
        try:
            read(value)
        except InvalidInput:
            return False
        return True

    return reads


_reads_as_phone = _reads(parse_mainland)
_reads_as_time = _reads(lambda value: read_time(value, SHANGHAI))

_reads_as_bool = _reads(read_bool)


def _reads_as_opt_out(value: str) -> bool:
    return _reads(read_opt_out)(value) or _reads_as_time(value)


def _asks_for_consent(column: str) -> bool:
    """Whether a column of yes and no says who agreed. Overlooked, everybody who said no would be taken to agree."""
    return bool(_speaks_of_consent(column)) and not _speaks_of_refusal(column)


def _tells_of_opt_outs(column: str) -> bool:
    """Whether a column says who opted out. Overlooked, they would be taken to agree where the file as a whole does."""
    return bool(_names_opt_outs(column)) and not _counts(column)


_speaks_of_consent = re.compile(
    r"同意|授权|订阅|许可|接收|接受|营销|consent|opt[\s_-]*in|subscri|agree", re.IGNORECASE
).search
_speaks_of_refusal = re.compile(
    r"不|拒|退订|取消|勿扰|黑名单|opt[\s_-]*out|unsub|refus|block|dis", re.IGNORECASE
).search

_names_opt_outs = re.compile(
    r"退订|拒收|勿扰|免打扰|黑名单|拒绝.*(?:短信|营销|联系)|不(?:再)?接[收受]|opt[\s_-]*out|unsub|do[\s_-]*not|blacklist",
    re.IGNORECASE,
).search
_counts = re.compile(r"次数|数$|原因|方式|渠道|count|reason", re.IGNORECASE).search

_Look = tuple[str, Callable[[str], bool]]
_LOOKS: dict[bool, tuple[_Look, ...]] = {
    False: (
        ("phone", _reads_as_phone),
        ("gender", lambda value: not value.isascii() and _reads(read_gender)(value)),
    ),
    True: (("phone", _reads_as_phone), ("at", lambda value: len(value) >= 8 and _reads_as_time(value))),
}

_KINDS_BY_LOOK: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("date", _reads(read_date)),
    ("number", _reads(read_number)),
    ("bool", _reads(read_bool)),
)


def _kind_of(values: Sequence[str]) -> str:
    for kind, reads in _KINDS_BY_LOOK:
        if values and all(reads(value) for value in values):
            return kind
    return "text"


def _find_by_look(
    field: str,
    looks_right: Callable[[str], bool],
    guesses: list[Guess],
    rows: Sequence[Sequence[str]],
    *,
    only: Callable[[str], bool] = lambda column: True,
) -> None:
    for at, found in enumerate(guesses):
        if not only(found.column):
            continue
        values = [row[at].strip() for row in rows if at < len(row) and row[at].strip()]
        fitting = sum(looks_right(value) for value in values)
        if found.field == SKIP and not found.sure and values and fitting * 5 >= len(values) * 4:
            guesses[at] = Guess(found.column, field, False)
            return
