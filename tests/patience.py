"""How long a test waits for what must come. Waiting ends when it comes, so patience costs nothing where all is well;
a test that runs out of it on a slow or busy machine says nothing about the product.
"""

PATIENCE_S = 120.0
