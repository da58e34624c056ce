"""`python -m xinfeng.channels.simulator --port 7890`"""

import sys

from xinfeng.channels.simulator import run
from xinfeng.channels.simulator.options import parse_options
from xinfeng.kernel.errors import InvalidInput

if __name__ == "__main__":
    try:
        options = parse_options()
    except InvalidInput as error:
        sys.exit(f"{error}")
    run(options)
