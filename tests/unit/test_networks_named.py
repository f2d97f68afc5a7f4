"""How a configuration names a network and the weights that it starts from, and what stands of them in rows and tables."""

import pytest

from frugalnet import catalogue
from frugalnet.analysis.runs import as_rows
