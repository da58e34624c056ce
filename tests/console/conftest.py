"""What tests of the console share."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext


@pytest.fixture
def asked():
    """Counts queries: `with asked() as queries: …`, then `len(queries)`."""
    return lambda: CaptureQueriesContext(connection)
