"""What tests of the console share."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

BY_THE_CLOCK = ("'channels.codes'", 'UPDATE "login_session"', 'UPDATE "django_session"', "SAVEPOINT")
"""Asked again after some seconds, written once a minute: how many of them there are says only how slow a machine is."""


class Asked(CaptureQueriesContext):
    """Queries that a page asks whenever it is shown."""

    @property
    def captured_queries(self):
        return [
            one for one in super().captured_queries if not any(words in one["sql"] for words in BY_THE_CLOCK)
        ]


@pytest.fixture
def asked():
    """Counts queries: `with asked() as queries: …`, then `len(queries)`."""
    return lambda: Asked(connection)
