"""Which servers are taken."""

import pytest

from xinfeng.console.words import SENTENCES
from xinfeng.foundation.preparation import check_server
from xinfeng.kernel.errors import Conflict


def test_a_server_that_lacks_what_we_use_is_refused_with_its_version():
    with pytest.raises(Conflict) as caught:
        check_server(160_004)
    words = SENTENCES[caught.value.code]
    assert "第 16 版" in words.zh.format(**caught.value.params)
    assert "version 16" in words.en.format(**caught.value.params)


@pytest.mark.parametrize("version", [170_000, 180_001])
def test_newer_servers_are_taken(version):
    check_server(version)
