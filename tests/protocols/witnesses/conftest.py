import pytest

LONG = "【信风】" + "您收藏的商品今日到店，满199减50。😀" * 8 + "拒收请回复R"
"""Several parts of UCS-2, with pairs of surrogates."""


@pytest.fixture
def long_text() -> str:
    return LONG
