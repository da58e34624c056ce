"""Values that nobody can smuggle words in with: names of people and places, and choices a deployment has declared.

A person may be called 高强阳 or live where the road is called 开光街, and beside the words of a text her name may make a
word that a rule looks for. That is nobody's claim. So a text is judged without her closed values, and only what is
found then speaks against it. What is closed is told by its shape and by lists, never by the name of the variable
alone: a family name and one or two characters after it, a province or a city that there is, a declared choice that has
nothing against it by itself. Whatever else stands in such a field (加微信abc123, a link) is judged as it stands. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from xinfeng.content.judging import SOMETHING
from xinfeng.content.rendering import Row
from xinfeng.content.values import COMPOUND_SURNAMES
from xinfeng.content.variables import Catalogue, Value

SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞"
    "熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓"
    "郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬郗班仰秋仲伊宫"
    "宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥苍双闻莘党翟谭贡劳逄姬申扶堵冉宰"
    "郦雍璩桑桂濮牛寿边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾暨居衡步耿弘匡文寇广禄阙东欧殳沃"
    "蔚夔隆师巩厍聂晁勾融冷訾辛阚那简饶曾毋沙乜鞠须丰巢关蒯查荆红游竺权逯盖益桓公肖代佟付岳楚闫海涂仝佘岩苑邸尧战亓"
    "丛占艳玉冼麦揭粟晋覃闭展敬种邝淡隋萨撒"
)
"""Family names of one character, but for the few that begin the words of a claim more often than a name (国, 全, 都);
those of two characters are `values.COMPOUND_SURNAMES`."""

_chinese = re.compile("[\u4e00-\u9fff]{1,4}").fullmatch


def is_person(value: str) -> bool:
    """Whether this is shaped like the name of a person: a family name, and one or two characters after it."""
    if not _chinese(value):
        return False
    if value[:2] in COMPOUND_SURNAMES and 2 <= len(value) <= 4:
        return True
    return value[0] in SURNAMES and len(value) <= 3


class Closed:
    """Which values of a wording's variables are closed. `written`: its variables that are only ever written out as they
    are (nothing looks at them); `places`: provinces and cities; `clear`: whether a text alone has nothing against it."""

    def __init__(
        self,
        catalogue: Catalogue,
        written: Iterable[str],
        *,
        places: Collection[str],
        clear: Callable[[str], bool],
    ) -> None:
        self._catalogue = catalogue
        self._written = frozenset(written)
        self._places = places
        self._clear = clear

    def without(self, row: Row) -> Row | None:
        """The row with a neutral stand-in for each closed value; None: it has none."""
        found = {name: self.stand_in(str(value)) for name, value in row.items() if self.holds(name, value)}
        return {**row, **found} if found else None

    @staticmethod
    def stand_in(value: str) -> str:
        """What stands neutrally for a closed value."""
        return SOMETHING * len(value)

    def holds(self, name: str, value: Value) -> bool:
        """Whether this value of a variable is closed."""
        if type(value) is not str or name not in self._written:
            return False
        if name in ("contact.name", "contact.surname"):
            return is_person(value)
        if name in ("contact.city", "contact.province"):
            return value in self._places
        variable = self._catalogue.get(name)
        return variable is not None and value in variable.choices and self._clear(value)


__all__ = ["SURNAMES", "Closed", "is_person"]
