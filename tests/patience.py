"""How long a test waits for what must come. Waiting ends when it comes, so patience costs nothing where all is well;
a test that runs out of it on a slow or busy machine says nothing about the product.
"""

from hypothesis import HealthCheck

PATIENCE_S = 120.0

ONE_WORLD = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
"""For a property whose examples all meet the same world; a machine may take as long as it likes to think of them."""
