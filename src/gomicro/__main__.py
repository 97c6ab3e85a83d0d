"""`python -m gomicro`: the same as the `gomicro` command."""

import sys

from gomicro.cli import main

if __name__ == "__main__":
    sys.exit(main())
