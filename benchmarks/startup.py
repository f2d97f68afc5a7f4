"""How long a measured run takes to load TensorFlow and Keras, against importing them in the usual way.

    python benchmarks/startup.py [--pairs 12]

It counts CPU seconds of fresh processes, interleaved. The last line is one JSON object.
"""

import argparse
import json
import subprocess
import sys

from _alone import alone
from _children import processor_s
from _pairs import compare

PLAIN = "import tensorflow, keras"
OURS = "import frugalnet.backend"


def cpu_seconds(code: str) -> float:
    """Return the CPU seconds of a Python that runs the code."""
    before_s = processor_s()
    subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)
    return processor_s() - before_s


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=12, help="rounds of plain, ours, plain (default 12)")
    pairs = parser.parse_args().pairs
    alone()
    cpu_seconds(PLAIN)  # files into the cache
    print(json.dumps(compare(lambda: cpu_seconds(PLAIN), {"": lambda: cpu_seconds(OURS)}, pairs)))
