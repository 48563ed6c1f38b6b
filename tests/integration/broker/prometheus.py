"""A strict reader of the Prometheus text format 0.0.4: whatever is not exactly right is an AssertionError."""

import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|\Z)')
LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)\Z")
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}


class Family:
    def __init__(self, name, kind):
        self.name = name
        self.kind = kind
        self.samples = {}  # (suffix, labels as a tuple of pairs) to value


def labels_of(text):
    pairs = []
    while text:
        match = LABEL.match(text)
        assert match, f"not labels: {text!r}"
        value = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), match[2])
        pairs.append((match[1], value))
        text = text[match.end():]
        assert bool(text) == (match[3] == ","), f"labels end in a comma: {text!r}"
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), f"a label twice: {names}"
    return tuple(pairs)


def parse(text):
    """The families by name."""
    assert text.endswith("\n"), "the last line has no end"
    families = {}
    helped = None
    current = None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, _, words = line[7:].partition(" ")
            assert NAME.match(name) and words, line
            assert name not in families, f"{name} comes twice"
            helped = name
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == helped and kind in TYPES, line
            current = families[name] = Family(name, kind)
        else:
            add_sample(current, line)
    for family in families.values():
        check(family)
    return families


def add_sample(family, line):
    match = LINE.match(line)
    assert match and family is not None, f"not a sample: {line!r}"
    name, labels, value = match.groups()
    assert name.startswith(family.name), f"{name} stands in the family {family.name}"
    suffix = name[len(family.name):]
    allowed = {"histogram": {"_bucket", "_sum", "_count"}, "summary": {"_sum", "_count"}}.get(family.kind, {""})
    assert suffix in allowed, line
    key = (suffix, labels_of(labels or ""))
    assert key not in family.samples, f"a series twice: {line!r}"
    assert re.match(r"[+-]?(\d+(\.\d*)?(e[+-]?\d+)?|Inf)\Z|NaN\Z", value), line
    family.samples[key] = float(value)


def check(family):
    if family.kind == "counter":
        assert family.name.endswith("_total"), family.name
    if family.kind in ("counter", "histogram"):
        assert all(value >= 0 for value in family.samples.values()), family.name
    if family.kind != "histogram":
        return
    buckets = {}
    for (suffix, labels), value in family.samples.items():
        if suffix != "_bucket":
            continue
        assert labels[-1][0] == "le", labels
        buckets.setdefault(labels[:-1], []).append((float(labels[-1][1]), value))
    for labels, values in buckets.items():
        bounds = [bound for bound, _ in values]
        counts = [count for _, count in values]
        assert bounds == sorted(set(bounds)) and bounds[-1] == float("inf"), (family.name, bounds)
        assert counts == sorted(counts), (family.name, counts)
        assert family.samples[("_count", labels)] == counts[-1], family.name
        assert ("_sum", labels) in family.samples, family.name


class Metrics:
    """Values by name and labels."""

    def __init__(self, text):
        self.families = parse(text)

    def value(self, name, **labels):
        """The one value of these labels, in any order; 0 for a series that is not there."""
        return self.total(name, exact=True, **labels)

    def total(self, name, exact=False, **labels):
        """The sum over all series that have these labels."""
        for family, suffix in ((self.families.get(name), ""),
                               (self.families.get(name.rpartition("_")[0]), "_" + name.rpartition("_")[2])):
            if family is None:
                continue
            found = [value for (each, pairs), value in family.samples.items()
                     if each == suffix and labels.items() <= dict(pairs).items()
                     and (not exact or len(pairs) == len(labels))]
            return sum(found)
        return 0


def metrics_of(broker):
    """What a broker of the harness shows at /metrics."""
    connection = broker.connect()
    try:
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        assert response.status == 200
        assert response.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
        return Metrics(response.read().decode())
    finally:
        connection.close()
