"""`python -m xinfeng.channels.simulator --port 7890`"""

import sys

from xinfeng.channels.simulator import run
from xinfeng.channels.simulator.options import parse_options
from xinfeng.kernel.errors import XinfengError

if __name__ == "__main__":
    try:
        run(parse_options())
    except XinfengError as error:
        sys.exit(f"{error}")
