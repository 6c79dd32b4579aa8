"""`python -m malt_core`: see cli/main.py."""

import sys

from malt_core.cli.main import main

sys.exit(main())
