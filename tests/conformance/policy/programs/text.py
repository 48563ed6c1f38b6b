# --- word_count
import re
from collections import Counter

text = """It was the best of times, it was the worst of times,
it was the age of wisdom, it was the age of foolishness"""
words = re.findall(r"[a-z']+", text.lower())
for word, n in Counter(words).most_common(5):
    print(f"{word:<10}{n:>4}")

# --- caesar_cipher
import string


def caesar(text, shift):
    lower, upper = string.ascii_lowercase, string.ascii_uppercase
    table = str.maketrans(
        lower + upper,
        lower[shift:] + lower[:shift] + upper[shift:] + upper[:shift],
    )
    return text.translate(table)


secret = caesar("Meet me at noon", 3)
print(secret)
print(caesar(secret, -3))

# --- palindromes
def is_palindrome(s: str) -> bool:
    cleaned = "".join(ch.lower() for ch in s if ch.isalnum())
    return cleaned == cleaned[::-1]


for phrase in ["A man, a plan, a canal: Panama", "Hello", "No lemon, no melon"]:
    print(repr(phrase), is_palindrome(phrase))

# --- regex_log_parser
import re

LOG = """\
2024-03-01 12:00:01 ERROR [db] connection lost
2024-03-01 12:00:05 INFO [web] request served in 35ms
2024-03-01 12:01:00 WARNING [web] slow request: 1200ms
not a log line
"""
pattern = re.compile(
    r"^(?P<date>\S+) (?P<time>\S+) (?P<level>[A-Z]+) \[(?P<src>\w+)\] (?P<msg>.*)$", re.MULTILINE
)
for match in pattern.finditer(LOG):
    d = match.groupdict()
    print(d["level"], d["src"], "->", d["msg"])
print("durations:", [int(x) for x in re.findall(r"(\d+)ms", LOG)])

# --- anagram_groups
from collections import defaultdict

words = ["listen", "silent", "enlist", "google", "elbow", "below", "cat", "act"]
groups = defaultdict(list)
for w in words:
    groups["".join(sorted(w))].append(w)
for key, members in sorted(groups.items()):
    if len(members) > 1:
        print(key, members)

# --- levenshtein
from functools import lru_cache


def distance(a, b):
    @lru_cache(maxsize=None)
    def d(i, j):
        if i == 0 or j == 0:
            return i + j
        cost = 0 if a[i - 1] == b[j - 1] else 1
        return min(d(i - 1, j) + 1, d(i, j - 1) + 1, d(i - 1, j - 1) + cost)

    return d(len(a), len(b))


print(distance("kitten", "sitting"), distance("flaw", "lawn"))

# --- fuzzy_matching
import difflib

names = ["Alexander", "Alexandra", "Alexis", "Bernard", "Bernadette"]
for query in ("Alexandr", "Bernart", "Zoe"):
    close = difflib.get_close_matches(query, names, n=2, cutoff=0.6)
    print(query, "=>", close or "nothing close")
ratio = difflib.SequenceMatcher(None, "color", "colour").ratio()
print(round(ratio, 3))
print("\n".join(difflib.unified_diff(["a", "b"], ["a", "c"], "old", "new", lineterm="")))

# --- template_letter
from string import Template

letter = Template("Dear $name,\nyour balance is $$${amount}.\nBye")
for name, amount in [("Ann", 12.5), ("Bob", 0)]:
    print(letter.substitute(name=name, amount=f"{amount:.2f}"))
    print("-" * 20)

# --- wrap_and_indent
import textwrap

story = "The quick brown fox jumps over the lazy dog. " * 4
print(textwrap.fill(story, width=40, initial_indent="* ", subsequent_indent="  "))
print(textwrap.shorten(story, width=30, placeholder="..."))
print(textwrap.dedent("""
    indented
      more
""").strip())

# --- unicode_report
import unicodedata

for ch in "aé€😀ß":
    print(f"U+{ord(ch):04X} {unicodedata.name(ch):<40} {unicodedata.category(ch)} {ch.encode('utf-8')!r}")
s = "Ångström café"
plain = "".join(c for c in unicodedata.normalize("NFD", s) if not unicodedata.combining(c))
print(plain)

# --- roman_numerals
NUMERALS = [
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
]


def to_roman(n):
    out = []
    for value, symbol in NUMERALS:
        count, n = divmod(n, value)
        out.append(symbol * count)
    return "".join(out)


def from_roman(s):
    values = dict((sym, val) for val, sym in NUMERALS if len(sym) == 1)
    total = 0
    for cur, nxt in zip(s, s[1:] + " "):
        v = values[cur]
        total += -v if values.get(nxt, 0) > v else v
    return total


for n in (4, 9, 1994, 2024):
    r = to_roman(n)
    print(n, r, from_roman(r))

# --- markdown_table
def table(rows, headers):
    widths = [max(len(str(r[i])) for r in [headers, *rows]) for i in range(len(headers))]
    line = "| " + " | ".join("{:<%d}" % w for w in widths) + " |"
    print(line.format(*headers))
    print("|" + "|".join("-" * (w + 2) for w in widths) + "|")
    for row in rows:
        print(line.format(*map(str, row)))


table([("apple", 3, 1.2), ("kiwi", 12, 0.35)], ("fruit", "n", "price"))

# --- sentence_statistics
import re

paragraph = "Short one. This sentence is a bit longer! Is this a question? Yes."
sentences = [s.strip() for s in re.split(r"(?<=[.!?])\s+", paragraph) if s.strip()]
lengths = [len(s.split()) for s in sentences]
print(f"{len(sentences)} sentences, average {sum(lengths) / len(lengths):.1f} words")
longest = max(sentences, key=len)
print(f"longest: {longest!r}")

# --- csv_from_string
import csv
import io

raw = """name,dept,salary
Ann,IT,5000
Bob,HR,4100
"Cid, Jr.",IT,6100
"""
reader = csv.DictReader(io.StringIO(raw))
by_dept = {}
for row in reader:
    by_dept.setdefault(row["dept"], []).append(float(row["salary"]))
out = io.StringIO()
writer = csv.writer(out, lineterminator="\n")
writer.writerow(["dept", "mean"])
for dept, pay in sorted(by_dept.items()):
    writer.writerow([dept, sum(pay) / len(pay)])
print(out.getvalue())

# --- json_round_trip
import json

doc = '{"users": [{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": []}], "ok": true}'
data = json.loads(doc)
tags = {u["id"]: len(u["tags"]) for u in data["users"]}
print(tags, data["ok"])
print(json.dumps(data, indent=2, sort_keys=True))
try:
    json.loads("{bad json}")
except json.JSONDecodeError as err:
    print("error at", err.lineno, err.colno, err.msg)

# --- json_custom_encoder
import json
from datetime import date
from decimal import Decimal


class Encoder(json.JSONEncoder):
    def default(self, o):
        if isinstance(o, date):
            return o.isoformat()
        if isinstance(o, Decimal):
            return str(o)
        if isinstance(o, set):
            return sorted(o)
        return super().default(o)


print(json.dumps({"d": date(2024, 5, 17), "p": Decimal("1.10"), "s": {3, 1}}, cls=Encoder))

# --- xml_parse
import xml.etree.ElementTree as ET

root = ET.fromstring("<shop><item price='3'>Tea</item><item price='5'>Cake</item></shop>")
total = 0
for item in root.findall("item"):
    total += int(item.get("price"))
    print(item.tag, item.text, item.attrib)
ET.SubElement(root, "total").text = str(total)
print(ET.tostring(root, encoding="unicode"))

# --- html_strip
from html import escape, unescape
from html.parser import HTMLParser


class TextOnly(HTMLParser):
    def __init__(self):
        super().__init__()
        self.parts = []

    def handle_data(self, data):
        self.parts.append(data)


p = TextOnly()
p.feed("<p>Fish &amp; <b>chips</b></p>")
print("".join(p.parts), escape("<a & b>"), unescape("&eacute;"))

# --- url_parts
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlparse

url = "https://example.com:8080/a/b?x=1&y=2&x=3#top"
parts = urlparse(url)
print(parts.scheme, parts.hostname, parts.port, parts.path, parts.fragment)
print(parse_qs(parts.query))
print(urlencode({"q": "a b", "n": 1}), quote("ä/ö"), urljoin(url, "../c"))

# --- base64_and_hash
import base64
import hashlib
import hmac

message = "hello world".encode()
print(hashlib.sha256(message).hexdigest())
print(hashlib.md5(message).hexdigest(), hashlib.new("sha1", message).hexdigest()[:8])
encoded = base64.b64encode(message).decode("ascii")
print(encoded, base64.b64decode(encoded) == message)
print(hmac.new(b"key", message, hashlib.sha256).hexdigest()[:16])

# --- run_length_encoding
from itertools import groupby


def rle(s):
    return "".join(f"{len(list(g))}{k}" for k, g in groupby(s))


def unrle(s):
    import re
    return "".join(int(n) * c for n, c in re.findall(r"(\d+)(\D)", s))


packed = rle("WWWWBBBWWC")
print(packed, unrle(packed))

# --- spell_numbers
ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def spell(n):
    if n < 20:
        return ONES[n]
    if n < 100:
        t, o = divmod(n, 10)
        return TENS[t] + ("-" + ONES[o] if o else "")
    if n < 1000:
        h, rest = divmod(n, 100)
        return ONES[h] + " hundred" + (" and " + spell(rest) if rest else "")
    th, rest = divmod(n, 1000)
    return spell(th) + " thousand" + (" " + spell(rest) if rest else "")


print([spell(n) for n in (0, 13, 42, 100, 999, 12345)])

# --- ngrams
def ngrams(tokens, n):
    return list(zip(*(tokens[i:] for i in range(n))))


tokens = "to be or not to be that is the question".split()
bigrams = ngrams(tokens, 2)
counts = {}
for pair in bigrams:
    counts[pair] = counts.get(pair, 0) + 1
print(max(counts, key=counts.get), counts[max(counts, key=counts.get)])
print(ngrams(tokens, 3)[:2])

# --- password_strength
import re
import secrets
import string

CHECKS = {
    "length": lambda p: len(p) >= 12,
    "digit": lambda p: any(c.isdigit() for c in p),
    "upper": lambda p: any(c.isupper() for c in p),
    "symbol": lambda p: bool(re.search(r"[^A-Za-z0-9]", p)),
}
alphabet = string.ascii_letters + string.digits + "!@#$%"
password = "".join(secrets.choice(alphabet) for _ in range(16))
for candidate in ("secret", "Tr0ub4dor&3xx", password):
    failed = [name for name, ok in CHECKS.items() if not ok(candidate)]
    print("weak: " + ", ".join(failed) if failed else "strong")

# --- config_parser
import configparser

cfg = configparser.ConfigParser()
cfg.read_string("""
[server]
host = localhost
port = 8080
[paths]
base = /srv
data = %(base)s/data
""")
print(cfg.sections(), cfg.getint("server", "port"), cfg["paths"]["data"])
