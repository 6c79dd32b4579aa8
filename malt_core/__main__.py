"""`python -m malt_core`: see cli.py."""

import sys

from malt_core.cli import main

sys.exit(main())
