"""Reads an OpenAPI document: whether it is one, and whether each of its examples is what its schema says."""

import json
import sys

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate


def resolve(document, item):
    while "$ref" in item:
        place = document
        for part in item["$ref"].removeprefix("#/").split("/"):
            place = place[part]
        item = place
    return item


def media_types(node):
    """Every object that has a schema and may have examples."""
    if isinstance(node, dict):
        if "schema" in node:
            yield node
        for value in node.values():
            yield from media_types(value)
    elif isinstance(node, list):
        for value in node:
            yield from media_types(value)


def main():
    document = json.load(sys.stdin)
    validate(document)
    count = 0
    for item in media_types({"paths": document["paths"], "components": document["components"]}):
        examples = [item["example"]] if "example" in item else []
        examples += [resolve(document, example)["value"] for example in item.get("examples", {}).values()]
        schema = {**item["schema"], "components": document["components"]}
        for example in examples:
            Draft202012Validator(schema).validate(example)
            count += 1
    if count == 0:
        sys.exit("no example was found")
    print(f"{count} examples are valid")


if __name__ == "__main__":
    main()
