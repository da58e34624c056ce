"""`python -m xinfeng` is the command line."""

from xinfeng.cli import main

if __name__ == "__main__":
    main()
