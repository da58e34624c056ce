import pytest
from tests.protocols.conformance.dialects import DIALECTS
from tests.protocols.conformance.harness import Dialect, label


@pytest.fixture(params=DIALECTS, ids=label, scope="session")
def dialect(request: pytest.FixtureRequest) -> Dialect:
    chosen: Dialect = request.param
    return chosen
