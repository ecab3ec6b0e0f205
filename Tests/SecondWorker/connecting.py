"""Connections: references to environment and files are resolved here and nowhere else."""
import json
import os
import re

from failing import Failed


def resolve(text):
    """The connection of a JSON text, with its settings in clear."""
    connection = json.loads(text)
    connection["settings"] = {
        key: _resolved(value, f'connection "{connection["name"]}", setting "{key}"')
        for key, value in connection["settings"].items()
    }
    return connection


def _resolved(value, place):
    if value.startswith("file:"):
        try:
            with open(value.removeprefix("file:"), encoding="utf-8") as file:
                return file.read().strip("\r\n")
        except OSError as error:
            raise Failed("invalid", f"{place}: {error}") from error

    def variable(match):
        if match[1] not in os.environ:
            raise Failed("invalid", f"{place}: environment variable {match[1]} is not set")
        return os.environ[match[1]]

    return re.sub(r"\$\{([^}]*)\}", variable, value)
