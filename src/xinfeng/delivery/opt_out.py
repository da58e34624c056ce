"""Does a reply mean "write to me no more"? Pure.

A reply is an opt-out when, once its disguise is taken off (full width, case, spaces, punctuation, invisible
characters), either the whole of it is an opt-out word, or it contains a request that can't be read otherwise
("不要再发", "退订"), and neither a denial ("不退订") nor a question ("怎么退订") turns it round. Anger without a
request ("滚") is none: a person looks at it. When in doubt between two readings of a request to stop, it is one.

Sources: the opt-out wordings that carriers and vendors prescribe for marketing messages (拒收请回复R, 回T退订,
退订回N, TD); 通信短信息服务管理规定 (2015) §18 and §20: the reader's refusal ends commercial messages.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_REQUEST = 60
"""Characters. A longer text is a letter; it is read by a person unless it begins or ends with a request."""

_LETTER_WORDS = (
    r"t|td|tt|tdtd|r|rr|n|nn|qx|js|tuiding|quxiao|jushou|"
    r"stop|stopall|unsubscribe|cancel|end|quit|optout|remove|unsub|no|donotsend|dontsend"
)
"""Latin words that mean it when they are the whole reply. Single letters are those the wordings name."""

_WORDS = (
    r"退订|退定|退订短信|退订信息|退订服务|退订吧|退订了|退订谢谢|谢谢退订|拒收|拒绝|拒绝接收|拒绝短信|取消|取消订阅|取消短信|取消接收|"
    r"停发|停止|停止发送|不接收|不需要|不要了|不要|屏蔽|拉黑|退|訂退|取关"
)
"""Chinese words that mean it when they are the whole reply, in simplified form (see `_SIMPLIFIED`)."""

_POLITE = r"(?:请|麻烦|帮我|帮忙|给我|我要|我想|我想要|要求|立即|马上|立刻|直接|全部|都|统一|你好|您好|谢谢|多谢|感谢)*"
_TRAIL = r"(?:短信|信息|消息|服务|业务|吧|了|啊|呀|哦|谢谢|多谢|感谢|请|好吗|可以吗)*"

_WHOLE = re.compile(rf"{_POLITE}(?:回复|回|发送)?(?:{_LETTER_WORDS}|{_WORDS}){_TRAIL}")
_LETTER_AND_WORD = re.compile(rf"(?:{_LETTER_WORDS})(?:{_WORDS})|(?:{_WORDS})(?:{_LETTER_WORDS})")

_NEVER = r"(?:不要|不用|不必|不许|不准|不想|不需要|别|勿|莫|停止|禁止|拒绝)"
_AGAIN = r"(?:再|继续|老|总|一直|老是|总是|天天|随便|乱)?(?:给我|向我|跟我|往我这|对我)?(?:再|继续|老|乱)?"
_SEND = r"(?:发(?!错|货|快递|顺丰|邮政|圆通|中通|韵达|申通|京东|ems|票|脾气|火|呆|愁|慌)|发送|推送|打扰|骚扰|推广|联系|推销|收到|接收|收|寄|来)"
_REQUEST = re.compile(
    rf"{_NEVER}{_AGAIN}{_SEND}|(?:退订|拒收|取消订阅|取消短信|取消接收|取消发送|取消推送)|"
    r"(?:把我|将我|从名单|请把我)?(?:拉黑|移除|删除|删掉|移出)(?:我的)?(?:号码|号|名单|手机号|电话)|"
    r"(?:把我的?|将我的?)(?:号码|号|手机号|电话)(?:从.{0,6})?(?:拉黑|移除|删除|删掉|移出|删了)|"
    r"unsubscribe|optout|stop(?:sending|texting|messag|all|sms)|(?:dont|donot)(?:send|text|message|contact)|removeme"
)

_DENIED = re.compile(
    r"(?:不|没|没有|不想|不要|不用|不会|不能|不必|先不|暂不|别|勿|未|并非|不是|不打算)(?:要|想|给我|帮我|再|说|办理|是|会){0,3}"
    r"(?:退订|拒收|取消|拉黑|屏蔽|移除|删除|删掉)|"
    r"(?:不要|别|不用|不能|不会|不想)(?:停发|停止)|"
    r"(?:dont|donot|not|never)(?:want)?(?:to)?(?:unsubscribe|stop|optout|removeme)|"
    r"(?:撤销|取消)(?:我的|之前的|刚才的)?(?:退订|拒收)|(?:取消|恢复)了?(?:退订|拒收)|恢复订阅|重新订阅"
)
_ASKED = re.compile(
    r"(?:怎么|如何|怎样|咋|为什么|为啥|为何|是否|能否|能不能|可不可以|是不是|什么是|退订费|哪里|哪儿|多少).{0,8}"
    r"(?:退订|拒收|取消|拉黑|屏蔽|移除|删除)|"
    r"(?:退订|拒收|取消)(?:了|掉|以后|之后|后)?(?:会|还|有|要|就|能|收|是|的话|怎么|如何|什么|多少|哪|吗|么|嘛|呢).{0,12}(?:吗|么|呢|嘛|多少|什么|钱|回事)?$"
)
_ORDERED = re.compile(
    r"(?:取消|退|停止|停发|拒收|删除)(?:掉|了)?(?:我的|那个|这个|昨天的|今天的|刚才的)?(?:订单|预约|预定|预订|订房|货|款|票|课|会员|套餐|活动|快递|配送|发货|券)"
)

_CLAUSE = re.compile(r"[，。！；,;!\n\r]+|\.\s")
_INVISIBLE = {"Cf", "Cc", "Mn", "Me"}
_KEPT_APART = re.compile(r"[^0-9a-z\u3400-\u9fff]+")
_SIMPLIFIED = str.maketrans(
    "訂絕發給別準許擾騷將號碼電話刪單謝麼嗎為還會後從簡訊請煩幫馬屏蔽貨預約",
    "订绝发给别准许扰骚将号码电话删单谢么吗为还会后从简讯请烦帮马屏蔽货预约",
)


def reads_as_opt_out(text: str) -> bool:
    """Whether this reply is a request to write no more."""
    plain = normalise(text)
    if not plain:
        return False
    if _WHOLE.fullmatch(plain) or _LETTER_AND_WORD.fullmatch(plain):
        return not _is_question(text)
    if len(plain) > LONGEST_REQUEST:
        return any(
            len(normalise(clause)) <= LONGEST_REQUEST and reads_as_opt_out(clause) for clause in _ends(text)
        )
    if _DENIED.search(plain) or _ASKED.search(plain) or _ORDERED.search(plain):
        return False
    return _REQUEST.search(plain) is not None and not _is_question(text)


def _ends(text: str) -> tuple[str, ...]:
    """The first and the last clause of a letter: where a request stands that is the point of it."""
    clauses = [clause for clause in _CLAUSE.split(text) if clause.strip()]
    return (clauses[0], clauses[-1]) if len(clauses) > 1 else ()


def normalise(text: str) -> str:
    """The letters, digits and Chinese characters of a text: half width, small, simplified where it matters here,
    without anything between them."""
    wide = unicodedata.normalize("NFKC", text)
    visible = "".join(character for character in wide if unicodedata.category(character) not in _INVISIBLE)
    folded = unicodedata.normalize("NFKC", visible).casefold().translate(_SIMPLIFIED)
    return _KEPT_APART.sub("", folded)


def _is_question(text: str) -> bool:
    return unicodedata.normalize("NFKC", text).rstrip(" \t\r\n.。!~").endswith("?") and not _begs(text)


def _begs(text: str) -> bool:
    """`能不能别再发了？` is a request in the form of a question."""
    plain = normalise(text)
    return (
        re.search(rf"{_NEVER}{_AGAIN}{_SEND}", plain) is not None
        or re.fullmatch(_LETTER_WORDS, plain) is not None
    )
