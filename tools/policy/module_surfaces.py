#!/usr/bin/env python3
"""Writes the public surface of every module that a policy allows into the policy.

    tools/policy/module_surfaces.py [--fresh] config/policies/default.json

The part of the policy between the lines BEGIN and END is replaced. Run it with each interpreter that submissions may
meet, and with each set of libraries: what one of them shows is added to what the policy has; `--fresh` starts from
nothing. review.json beside this file names the modules, and the names that are public but left out.

A module's surface is what it defines itself: the names in its `__all__`, and the public names whose definition
is in the module or its package. What it merely imported (`random._os`, `json.codecs`, `re.enum`) is not part of
it, since through such names a program walks from any module to any other.
"""

import importlib
import json
import sys
import types
import warnings
from pathlib import Path

REVIEW = Path(__file__).resolve().parent / "review.json"
BEGIN = "// BEGIN: written by tools/policy/module_surfaces.py; change review.json there, and run it again."
END = "// END"


def main(arguments):
    paths = [each for each in arguments if each != "--fresh"]
    if len(paths) != 1:
        sys.exit(__doc__.strip())
    policy = Path(paths[0])
    before, old, after = parts(policy.read_text(encoding="utf-8"))
    review = json.loads(REVIEW.read_text(encoding="utf-8"))
    known = {} if "--fresh" in arguments else old
    modules, missing = {}, []
    for name, rules in review["modules"].items():
        seen = surface(name, review["modules"])
        if seen is None and not rules.keys() & {"only", "open"}:
            missing.append(name)
        names = names_of(known.get(name, "*")) | (seen or set())
        modules[name] = reviewed(names, rules, review["leaks"].split())
    policy.write_text(before + written(modules) + after, encoding="utf-8")
    if missing:
        print("not here, left as they were:", ", ".join(missing))


def parts(text):
    """The policy before, in, and after the part that is written here; the middle one as a dictionary."""
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return text[:start], json.loads("{" + text[start:end] + "}"), text[end:]


def names_of(entry):
    names = entry["names"] if isinstance(entry, dict) else entry
    return set() if names == "*" else set(names)


def surface(name, review):
    """The public names of the module, or None if this interpreter does not have it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module = importlib.import_module(review[name].get("is", name))
        except ImportError:
            return None
        names = {each for each in getattr(module, "__all__", ()) if is_public(each)}
        names |= {each for each in dir(module) if is_public(each)}
        listed = set(getattr(module, "__all__", ()))
        kept = {each for each in names if belongs(module, each, each in listed, review)}
    return kept | submodules(name, review)


def is_public(name):
    return not name.startswith("_")


def belongs(module, name, is_listed, review):
    try:
        value = getattr(module, name)
    except (AttributeError, ImportError):
        return False  # Listed in `__all__`, but not there.
    if isinstance(value, types.ModuleType):
        return value.__name__ in review and value.__name__ == module.__name__ + "." + name
    if is_listed:
        return True
    if hasattr(module, "__all__") and is_standard(module):
        return False
    return same_package(module, value)


def same_package(module, value):
    """Whether `value` was defined in the package that `module` is part of."""
    if module.__name__ == "__future__":
        return type(value).__name__ == "_Feature"
    home = getattr(value, "__module__", None)
    if not isinstance(home, str):
        home = type(value).__module__  # An instance: a constant, or a table of the package's own.
        if home == "builtins":
            return True
    root, home = module.__name__.partition(".")[0], home.partition(".")[0]
    if home == "builtins":  # C code calls the classes of its own so.
        return is_builtin(module)
    return home.lstrip("_") == root.lstrip("_")


def is_builtin(module):
    return (getattr(module, "__file__", None) or ".so").endswith(".so")


def is_standard(module):
    names = getattr(sys, "stdlib_module_names", None)  # From Python 3.10.
    return names is None or module.__name__.partition(".")[0] in names


def submodules(name, review):
    """Those that the review names: `numpy.linalg` makes `linalg` a name of numpy."""
    prefix = name + "."
    below = {each[len(prefix) :] for each in review if each.startswith(prefix)}
    return {each for each in below if "." not in each}


def reviewed(names, rules, leaks):
    """The policy's entry for a module."""
    deny = dict(rules.get("deny", {}))
    if rules.get("open"):
        deny = {**{each: "" for each in leaks}, **deny}
        names = "*"
    elif "only" in rules:
        names = rules["only"]
    else:
        names = sorted(names - deny.keys())
    if not deny:
        return names
    return {"names": names, "deny": dict(sorted(deny.items()))}


def written(modules):
    """One module a line."""
    lines = ["      %s: %s" % (json.dumps(name), json.dumps(modules[name])) for name in sorted(modules)]
    return "\n" + ",\n".join(lines) + "\n      "


if __name__ == "__main__":
    main(sys.argv[1:])
