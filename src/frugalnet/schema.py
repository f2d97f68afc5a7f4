"""Write the JSON schema that Snakemake validates the configuration with: `python -m frugalnet.schema FILE`."""

import json
import sys
from pathlib import Path

from frugalnet.config import Config


def config_schema() -> str:
    """Return the schema of `Config`, closed at every level, as the text of its file."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema()}
    return json.dumps(schema, indent=1) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(config_schema())
