"""Validates JSON documents against schemas: validate.py SCHEMAS LIST

SCHEMAS is the folder of the schemas; each line of LIST is NAME yes|no FILE: the schema, whether FILE is valid, and FILE,
a document or JSON Lines. Prints what is not so.
"""

import json
import pathlib
import sys

import jsonschema


def documents(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines()]


def main():
    folder, listing = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    validators = {}
    for path in sorted(folder.glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[path.stem] = jsonschema.Draft202012Validator(schema)
    failures = count = 0
    for line in listing.read_text(encoding="utf-8").splitlines():
        name, wanted, path = line.split(" ", 2)
        for document in documents(path):
            count += 1
            error = jsonschema.exceptions.best_match(validators[name].iter_errors(document))
            if (error is None) != (wanted == "yes"):
                failures += 1
                what = "is valid" if error is None else f"#/{'/'.join(map(str, error.absolute_path))}: {error.message:.300}"
                print(f"FAILED: {path} as {name}: {what}")
    print(f"schema: {count} documents of {len(validators)} schemas")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
